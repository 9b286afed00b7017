"""Trouble with crowds: what they are to bring, and nobody has taken."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.models.crowd import Offered
from desk.attention.matters import Matter, Scope, Trouble
from desk.roles import May
from tracking.rounds.models import CarrierKind
from tracking.shipments.models import Shipment
from tracking.shipments.services.laying import MAY_BE_LAID

WAITED: Final = timedelta(minutes=2)


def _untaken(scope: Scope) -> QuerySet[Any]:
    """Find what crowds with terms carry, and nobody is asked about or has: no more, or not at all."""
    offered = Offered.objects.filter(shipment=OuterRef("id"), until=None)
    theirs = scope.shipments.filter(carrier__kind=CarrierKind.CROWD, carrier__terms__isnull=False)
    waiting = theirs.filter(~Exists(offered), finished_at=None, stop=None, status__in=MAY_BE_LAID)
    return waiting.annotate(since=Coalesce(Max("offered__until"), "created_at")).filter(since__lt=scope.at - WAITED)


def _shipment_of(shipment: Shipment) -> Trouble:
    return Trouble.of(shipment, _("no courier has taken it"))


CROWDS: Final[Sequence[Matter]] = (
    Matter("untaken", gettext_lazy("Shipments no courier has taken"), May.ACT, _untaken, _shipment_of),
)
