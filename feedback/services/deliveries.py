"""Deliveries for the reports: written when a shipment is delivered, corrected with it, found by a sweep if missed."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import h3
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery

from feedback.insight import visits
from feedback.insight.visits import Visits
from feedback.models import Delivery
from notifications.models import Notification, State
from notifications.services.considering import cursors
from notifications.triggers import Trigger
from tracking.figures.services import BLOCK_RESOLUTION
from tracking.models import Shipment, StatusEvent, Stop
from tracking.shipments.lifecycle import Status

AREA_RESOLUTION: Final = 8
"""Of H3: hexagons of three quarters of a square kilometre, a quarter of a town."""

CURSOR: Final = "deliveries"
SHIPMENTS_AT_ONCE: Final = 500
EVENTS_AT_ONCE: Final = 50_000
ASKED_WITHIN: Final = timedelta(days=14)
"""Who has not been asked by then is not asked any more."""

FIELDS: Final = [
    "brand",
    "carrier",
    "driver",
    "hub",
    "area",
    "block",
    "delivered_at",
    "day",
    "weekday",
    "hour",
    "promised_start",
    "promised_end",
    "lateness_minutes",
    "attempts",
    "is_first_attempt",
    "stop_seconds",
    "asked_at",
]
"""All that is written anew when a delivery is corrected."""


class Visitor(NamedTuple):
    """Who came to a door, for whom, and for how many seconds, as far as that is known."""

    driver_id: int | None = None
    carrier_id: int | None = None
    stop_seconds: int | None = None


@transaction.atomic
def record(shipment_ids: Collection[int]) -> None:
    """Write down how these shipments were delivered, as their events have it now; those that were not have no row.

    Locks them, so that of two at once the later one knows all that the earlier one knew. Twice is harmless. What is
    known of a visit stays when its route has been deleted. The number of queries does not grow with the shipments.
    """
    shipments = list(
        Shipment.objects.filter(id__in=shipment_ids)
        .select_for_update(of=("self",))
        .select_related("stop__route__shift__driver")
        .prefetch_related("events", "parcels")
        .order_by("id")
    )
    known = Delivery.objects.in_bulk([shipment.id for shipment in shipments], field_name="shipment_id")
    asked = dict(_asked().filter(shipment__in=shipments).values_list("shipment").annotate(Min("sent_at")))
    rows, undone = [], []
    for shipment in shipments:
        found = _read(shipment)
        if found is None:
            undone.append(shipment.id)
        else:
            rows.append(_row(shipment, found, known, asked_at=asked.get(shipment.id)))
    Delivery.objects.filter(shipment__in=undone).delete()
    Delivery.objects.bulk_create(rows, update_conflicts=True, unique_fields=["shipment"], update_fields=FIELDS)


def sweep(*, at: datetime) -> None:
    """Write down the deliveries whose nudge was lost, and who has been asked meanwhile. Twice is harmless.

    The first time it goes through all there is, so many events a call.
    """
    position = cursors.position(CURSOR, begin=lambda: 0, at=at)
    unread = StatusEvent.objects.filter(id__gt=position).order_by("id")
    last = unread.values_list("id", flat=True)[EVENTS_AT_ONCE : EVENTS_AT_ONCE + 1].first()
    passed = StatusEvent.objects.filter(id__lt=last) if last else StatusEvent.objects.all()
    telling = passed.filter(Q(status=Status.DELIVERED) | ~Q(voids=""), id__gt=position)
    shipment_ids = list(telling.order_by("shipment").values_list("shipment", flat=True).distinct())
    for first in range(0, len(shipment_ids), SHIPMENTS_AT_ONCE):
        record(shipment_ids[first : first + SHIPMENTS_AT_ONCE])
    cursors.advance(CURSOR, passed, at=at)
    _note_asked(at=at)


def _read(shipment: Shipment) -> Visits | None:
    parcel_ids = [parcel.id for parcel in shipment.parcels.all()]
    return visits.read(shipment.events.all(), parcel_ids=parcel_ids, handover=shipment.handover)


def _row(shipment: Shipment, found: Visits, known: Mapping[int, Delivery], *, asked_at: datetime | None) -> Delivery:
    here = found.delivered_at.astimezone(shipment.zone)
    visitor = _visitor(shipment, known.get(shipment.id))
    end = shipment.promised_end
    return Delivery(
        shipment=shipment,
        brand_id=shipment.brand_id,
        carrier_id=shipment.carrier_id or visitor.carrier_id,
        driver_id=visitor.driver_id,
        hub_id=shipment.hub_id,
        area=_cell(shipment, AREA_RESOLUTION),
        block=_cell(shipment, BLOCK_RESOLUTION),
        delivered_at=found.delivered_at,
        day=here.date(),
        weekday=here.isoweekday(),
        hour=here.hour,
        promised_start=shipment.promised_start,
        promised_end=end,
        lateness_minutes=None if end is None else visits.lateness_minutes(found.delivered_at, end),
        attempts=found.attempts,
        is_first_attempt=found.is_first_attempt,
        stop_seconds=visitor.stop_seconds,
        asked_at=asked_at,
    )


def _visitor(shipment: Shipment, known: Delivery | None) -> Visitor:
    """Say who brought a shipment; as it was known before where its stop is gone."""
    if shipment.stop is None:
        return Visitor(known.driver_id, known.carrier_id, known.stop_seconds) if known else Visitor()
    driver = shipment.stop.route.shift.driver
    return Visitor(driver.id, driver.carrier_id, _seconds(shipment.stop))


def _seconds(stop: Stop) -> int | None:
    if stop.arrived_at is None or stop.done_at is None or stop.done_at < stop.arrived_at:
        return None
    return round((stop.done_at - stop.arrived_at).total_seconds())


def _cell(shipment: Shipment, resolution: int) -> str:
    if shipment.latitude is None or shipment.longitude is None:
        return ""
    cell: str = h3.latlng_to_cell(shipment.latitude, shipment.longitude, resolution)
    return cell


def _asked() -> QuerySet[Notification]:
    """Find the questions how it was that went out."""
    return Notification.objects.filter(
        trigger=Trigger.SURVEY, state__in=[State.SENT, State.DELIVERED], sent_at__isnull=False
    ).order_by()


def _note_asked(*, at: datetime) -> None:
    first = _asked().filter(shipment=OuterRef("shipment")).order_by("sent_at").values("sent_at")
    unasked = Delivery.objects.filter(asked_at=None, delivered_at__gt=at - ASKED_WITHIN)
    unasked.filter(Exists(first)).update(asked_at=Subquery(first[:1]))
