"""Deliveries that are made up: one in every status and in every condition that a page knows. No table knows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.rules import calling
from notifications.triggers import Trigger
from tracking.facts import Facts, gathering
from tracking.facts.gathering import Record
from tracking.rounds.models import Driver, Place, Route, RouteState, Shift, ShiftState, Stop, Vehicle
from tracking.shipments.lifecycle import FINISHED, Handover, Status
from tracking.shipments.models import Brand, Parcel, Shipment, StatusEvent
from tracking.shipments.window import Cause
from tracking.visibility import Fix

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
REFERENCE: Final = "DS-10482"
NORTH: Final = 0.0036
"""In degrees: 400 m, where the driver is; the other doors lie further off."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A delivery to show: what has been reported of it, how many stops come before it, and what is sent because of it.

    ``trigger`` is ``None`` where nothing is sent.
    """

    label: str | Promise
    status: Status
    trigger: Trigger | None
    stops_before: int = 3
    is_late: bool = False
    is_near: bool = False
    seen_minutes_ago: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A made-up shipment, and what may be known of it."""

    shipment: Shipment
    facts: Facts


_SENT: Final = {**calling.BY_STATUS, Status.PLANNED: Trigger.PLANNED}

_ON_ITS_WAY: Final = Status.OUT_FOR_DELIVERY

SCENES: Final[dict[str, Scene]] = {
    **{status.value: Scene(status.label, status, _SENT.get(status)) for status in Status},
    "delayed": Scene(_("Delayed"), _ON_ITS_WAY, Trigger.DELAYED, is_late=True),
    "next": Scene(_("Next"), _ON_ITS_WAY, Trigger.STOPS_AWAY, stops_before=0),
    "arriving": Scene(_("Arriving"), _ON_ITS_WAY, Trigger.ARRIVED, stops_before=0, is_near=True),
    "stale": Scene(_("Not heard of for minutes"), _ON_ITS_WAY, None, seen_minutes_ago=3),
}
"""By the names of CONTRACT: every status, then every condition."""

_BEFORE: Final[dict[Status, Sequence[Status]]] = {
    Status.CREATED: [],
    Status.IN_TRANSIT: [],
    Status.AT_HUB: [Status.IN_TRANSIT],
    Status.READY_FOR_PICKUP: [Status.IN_TRANSIT, Status.AT_HUB],
    Status.CANCELLED: [],
    Status.LOST: [Status.IN_TRANSIT],
    Status.DELIVERED: [Status.IN_TRANSIT, Status.AT_HUB, _ON_ITS_WAY],
    Status.ATTEMPTED: [Status.IN_TRANSIT, Status.AT_HUB, _ON_ITS_WAY],
    Status.RETURNED: [Status.IN_TRANSIT, Status.AT_HUB, Status.RETURNING],
}
_USUALLY_BEFORE: Final = (Status.IN_TRANSIT, Status.AT_HUB)


def play(scene: Scene, brand: Brand, *, near: Place | None, timezone: str, at: datetime) -> Shown:
    """Make a delivery of a brand up, not far from a place, as it stands at a moment. No query, and no row."""
    latitude, longitude = (near.latitude, near.longitude) if near else (None, None)
    start = at + (15 + 5 * scene.stops_before) * MINUTE + (2 * HOUR if scene.is_late else timedelta())
    shipment = Shipment(
        brand=brand,
        reference=REFERENCE,
        recipient_name="Maija Meikäläinen",
        timezone=timezone,
        latitude=latitude,
        longitude=longitude,
        status=scene.status,
        handover=Handover.RECIPIENT if scene.status == Status.DELIVERED else "",
        finished_at=at if scene.status in FINISHED else None,
        changed_at=at,
        created_at=at - 30 * HOUR,
        window_start=start,
        window_end=start + 20 * MINUTE,
        window_cause=Cause.BEHIND if scene.is_late else Cause.ON_THE_ROAD,
    )
    shipment.window_date = start.astimezone(shipment.zone).date()
    if scene.is_late:
        shipment.promised_start, shipment.promised_end = at - HOUR, at
    round_stops = _round(scene, at=at) if shipment.is_out_for_delivery else []
    if round_stops:
        shipment.stop = round_stops[-1]
    parcels = [Parcel(shipment=shipment, number=f"{REFERENCE}-1", status=scene.status)]
    record = Record(shipment, parcels, _events(shipment, at=at), round_stops)
    fix = Fix((latitude or 0) + NORTH, longitude or 0, 180.0, at - scene.seen_minutes_ago * MINUTE)
    return Shown(shipment, gathering.read(record, fix=fix if round_stops and near else None, at=at))


def _round(scene: Scene, *, at: datetime) -> list[Stop]:
    """Make up a driver's stops, the shown one last."""
    driver = Driver(given_name="Aino", family_name="Virtanen", vehicle=Vehicle.VAN)
    shift = Shift(driver=driver, state=ShiftState.WORKING, starts_at=at - HOUR, ends_at=at + 6 * HOUR)
    route = Route(shift=shift, state=RouteState.ACTIVE, departs_at=at - HOUR, started_at=at - HOUR)
    approached_at = at if scene.is_near else None
    before = [Stop(route=route, sequence=number, latitude=0, longitude=0) for number in range(scene.stops_before)]
    return [*before, Stop(route=route, sequence=len(before), latitude=0, longitude=0, approached_at=approached_at)]


def _events(shipment: Shipment, *, at: datetime) -> list[StatusEvent]:
    """Make up the history that leads to a shipment's status, the last of it a quarter of an hour ago."""
    status = Status(shipment.status)
    way = [Status.CREATED, *_BEFORE.get(status, _USUALLY_BEFORE), *([] if status is Status.CREATED else [status])]
    return [
        StatusEvent(
            id=number,
            shipment=shipment,
            status=step,
            occurred_at=(moment := at - 15 * MINUTE - (len(way) - 1 - number) * 3 * HOUR),
            received_at=moment,
            source="desk",
            external_id=str(number),
        )
        for number, step in enumerate(way)
    ]
