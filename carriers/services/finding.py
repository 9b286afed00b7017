"""Which of our parcels a partner means by a tracking number, and by which number it knows a parcel.

The one place that knows where these numbers are kept: with the parcel, or with what a partner has booked.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Upper

from carriers.models import Account, Followed, TrackingNumber, TryState
from tracking.shipments.lifecycle import FINISHED
from tracking.shipments.models import Parcel


def find(account: Account, numbers: Collection[str]) -> dict[str, Parcel]:
    """Find the parcels that a partner may speak of by number, in capitals; with their shipments. One query, or two.

    Carriers use numbers again after a year or two: of several parcels it is the one that was sent last.
    """
    wanted = {spell(number) for number in numbers}
    parcels = Parcel.objects.annotate(known_as=Upper("number")).select_related("shipment").order_by("id")
    found = parcels.filter(known_as__in=wanted, shipment__carrier__accounts=account)
    known: dict[str, Parcel] = {spell(parcel.number): parcel for parcel in found}
    if missing := wanted.difference(known):
        booked = _booked(account).annotate(known_as=Upper("number")).filter(known_as__in=missing)
        rows = booked.select_related("parcel__shipment").order_by("id")
        known |= {spell(row.number): row.parcel for row in rows if row.parcel is not None}
    return known


def unheard(account: Account, *, since: datetime, limit: int) -> list[Parcel]:
    """Find live parcels of a partner that it has said nothing of for a while, and was not asked for; longest first."""
    followed = Followed.objects.filter(account=account, parcel=OuterRef("pk"))
    recent = followed.filter(Q(heard_at__gt=since) | Q(asked_at__gt=since))
    live = Parcel.objects.filter(shipment__carrier__accounts=account).exclude(shipment__status__in=FINISHED)
    waiting = live.exclude(status__in=FINISHED).filter(~Exists(recent)).select_related("shipment__carrier")
    asked_at = Subquery(followed.values("asked_at")[:1])
    return list(waiting.annotate(asked_at=asked_at).order_by(F("asked_at").asc(nulls_first=True), "id")[:limit])


def numbers(account: Account, parcels: Sequence[Parcel]) -> dict[int, str]:
    """Give the numbers by which a partner knows parcels, by parcel."""
    booked = dict(_booked(account).filter(parcel__in=parcels).order_by("id").values_list("parcel", "number"))
    return {parcel.id: booked.get(parcel.id, parcel.number) for parcel in parcels}


def spell(number: str) -> str:
    """Write a tracking number in the way in which all are compared."""
    return number.upper()


def _booked(account: Account) -> QuerySet[TrackingNumber]:
    """Find the numbers of what was booked with a partner, and still is."""
    return TrackingNumber.objects.filter(booking_try__contract__account=account, booking_try__state=TryState.BOOKED)
