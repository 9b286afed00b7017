"""Trouble with carriers: who was benched, and what nobody can be chosen for."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.models.choices import Bench
from carriers.services import choosing
from desk.attention.matters import Matter, Scope, Trouble
from desk.choosing import listing
from desk.roles import May
from tracking.shipments.models import Shipment

WAITED: Final = timedelta(minutes=15)


def _benched(scope: Scope) -> QuerySet[Any]:
    """Find who is benched, for whoever may see all shipments."""
    benches = Bench.objects.open().select_related("carrier")
    return benches if scope.is_everything else benches.none()


def _bench_of(bench: Bench) -> Trouble:
    return Trouble(None, bench.carrier.name, listing.why(bench), UTC, reverse("desk:carriers"))


def _without_carrier(scope: Scope) -> QuerySet[Any]:
    """Find what came in a while ago for a brand whose carriers are chosen, and has none."""
    waiting = choosing.waiting().filter(created_at__lte=scope.at - WAITED, id__in=scope.shipments.values("id"))
    return waiting.annotate(since=F("created_at"))


def _shipment_of(shipment: Shipment) -> Trouble:
    return Trouble.of(shipment, _("no carrier can have it"))


CARRIERS: Final[Sequence[Matter]] = (
    Matter("benched", gettext_lazy("Carriers benched"), May.LEAD, _benched, _bench_of),
    Matter("without_carrier", gettext_lazy("Shipments nobody can carry"), May.ACT, _without_carrier, _shipment_of),
)
