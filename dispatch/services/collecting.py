"""Collecting at a hub: from when to when somebody hands a parcel over there, and which ones are ready for it."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet

from dispatch import holidays, slots
from dispatch.models import Demand, Hub
from dispatch.models.plans import Way
from tracking.rounds.models import StopState
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

AT_HAND: Final = frozenset({Status.AT_HUB, Status.PLANNED})
"""Statuses in which a parcel lies at its hub, and nobody is going to decide anything about it."""

DAYS_TRIED: Final = 3
QUARTER: Final = timedelta(minutes=15)
ZERO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Collection(NamedTuple):
    """On which day something is to be had at a hub: from when, until when that day, and how long it is kept."""

    start: datetime
    end: datetime
    kept_until: datetime


def collection(hub: Hub, *, since: datetime) -> Collection | None:
    """Say when something can first be collected at a hub, not before ``since``; ``None`` where nobody hands it over."""
    if hub.hands_over_from is None or hub.hands_over_until is None:
        return None
    law = {"country": hub.country, "subdivision": hub.subdivision}
    soonest = _next_quarter(since)
    for days in range(DAYS_TRIED):
        day = holidays.working_days_after(soonest.astimezone(hub.zone).date(), days, **law)
        span = slots.span(day, hub.hands_over_from, hub.hands_over_until, zone=hub.zone)
        if span and soonest < span[1]:
            last = holidays.working_days_after(day, hub.keeps_days, **law)
            kept_until = slots.moment(last, hub.hands_over_until, zone=hub.zone, is_end=True)
            return Collection(max(soonest, span[0]), span[1], kept_until)
    return None


def make_ready(*, at: datetime) -> list[int]:
    """Record what is to be collected at the hub where it lies, and now can be; gives the shipments. Twice is harmless.

    Whoever listens tells its shopper.
    """
    return [shipment_id for shipment_id in _due(at=at).values_list("shipment_id", flat=True) if _ready(shipment_id, at)]


def _due(*, at: datetime) -> QuerySet[Demand]:
    return Demand.objects.filter(
        Q(shipment__hub=None) | Q(shipment__hub=F("pickup_point")),
        Q(shipment__stop=None) | ~Q(shipment__stop__state=StopState.PENDING),
        way=Way.COLLECT,
        earliest__lte=at,
        shipment__status__in=AT_HAND,
    )


@transaction.atomic
def _ready(shipment_id: int, at: datetime) -> bool:
    """Record it, unless its shopper has thought again or another worker was first."""
    shipment = Shipment.objects.select_for_update(of=("self",)).get(id=shipment_id)
    demand = _due(at=at).select_related("pickup_point").filter(shipment=shipment).first()
    if demand is None or demand.pickup_point is None:
        return False
    shipments.record(shipment, Status.READY_FOR_PICKUP, place=demand.pickup_point.name, at=at)
    return True


def _next_quarter(moment: datetime) -> datetime:
    return moment + (ZERO - moment) % QUARTER
