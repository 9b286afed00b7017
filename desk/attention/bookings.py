"""Trouble with handing over: what nobody takes, what no partner answers to, and what one does not let go of."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.models import BookingState, BookingTry, PartnerBooking, TryState
from desk.attention.matters import Matter, Scope, Trouble
from desk.roles import May

ANSWERED_WITHIN: Final = timedelta(minutes=15)
SPOKEN_WITH_WITHIN: Final = timedelta(days=3)
"""For so long it is shown that a partner keeps what was called off: nothing that we hear of tells when that is over."""


def _not_handed_over(scope: Scope) -> QuerySet[Any]:
    """Find the bookings that somebody has to do something about, of which no later one is under way."""
    later = PartnerBooking.objects.filter(shipment=OuterRef("shipment"), id__gt=OuterRef("id"))
    kept = BookingTry.objects.filter(
        Q(state=TryState.KEPT) | Q(state=TryState.UNWANTED, booked_at__lt=scope.at - ANSWERED_WITHIN),
        booking=OuterRef("pk"),
    )
    is_nobodys = Q(state=BookingState.NOBODY, shipment__finished_at=None) & ~Exists(later)
    is_stuck = Q(state=BookingState.OPEN, asked_at__lt=scope.at - ANSWERED_WITHIN)
    is_kept = Q(Exists(kept), asked_at__gt=scope.at - SPOKEN_WITH_WITHIN)
    found = PartnerBooking.objects.filter(is_nobodys | is_stuck | is_kept, shipment__in=scope.shipments)
    return found.select_related("shipment").annotate(since=Coalesce("ended_at", "asked_at"))


def _what_of(booking: PartnerBooking) -> str:
    if booking.state == BookingState.NOBODY:
        return _("no partner takes it")
    if booking.state == BookingState.OPEN:
        return _("no partner has answered")
    return _("a partner keeps it although it was called off")


BOOKINGS: Final[Sequence[Matter]] = (
    Matter(
        "bookings",
        gettext_lazy("Not handed over"),
        May.ACT,
        _not_handed_over,
        lambda booking: Trouble.of(booking.shipment, _what_of(booking)),
    ),
)
