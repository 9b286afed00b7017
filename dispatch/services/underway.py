"""What is on the road: where each van is now, what it has with it, and which of that stays as it is. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from dispatch.doors import Door, Point
from dispatch.models import Demand, Duty
from dispatch.services import demands
from tracking import arrivals
from tracking.live import positions
from tracking.rounds.models import Place, Route, ShiftState, Stop, StopState
from tracking.shipments.models import Shipment

FROZEN: Final = 2
"""The stop a driver is at or drives to, and the one after: for those a new plan comes too late."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A route on the road: its driver is at ``point`` and goes on from there at ``since``. ``doors`` are to come."""

    duty: Duty
    route: Route
    point: Point
    since: datetime
    doors: Sequence[Door]
    has_paused: bool

    @property
    def frozen(self) -> Sequence[Door]:
        """The doors whose turn does not change."""
        return self.doors[:FROZEN]


def of(duties: Iterable[Duty], *, at: datetime) -> list[Begun]:
    """Find the routes that these duties have on the road, at most one each."""
    by_shift = {duty.shift_id: duty for duty in duties}
    routes = Route.objects.active().filter(shift__in=by_shift).select_related("shift", "hub").order_by("id")
    return [
        _begun(by_shift[route.shift_id], route, at=at) for route in {route.shift_id: route for route in routes}.values()
    ]


def _begun(duty: Duty, route: Route, *, at: datetime) -> Begun:
    pending = list(route.stops.pending().prefetch_related("shipments__demand__skills", "shipments__parcels"))
    is_on_break = route.shift.state == ShiftState.ON_BREAK
    return Begun(
        duty=duty,
        route=route,
        point=_point(route),
        since=at + timedelta(seconds=arrivals.BREAK_SECONDS / settings.SPEED) if is_on_break else at,
        doors=[door for stop in pending if (door := _door(stop, at=at))],
        has_paused=is_on_break or duty.pause_until is None or duty.pause_until <= at,
    )


def _point(route: Route) -> Point:
    """Say where the driver is: as was last heard, or else at the last door, or at the hub."""
    fix = positions.last_raw_fix(route.shift.driver_id)
    if fix is not None:
        return fix.latitude, fix.longitude
    done = route.stops.filter(state=StopState.DONE).order_by("-done_at").first()
    place: Stop | Place = done or route.hub
    return place.latitude, place.longitude


def _door(stop: Stop, *, at: datetime) -> Door | None:
    """Read what is to be done at a stop, when everybody there was told, as far as there is such a time."""
    waiting = [shipment for shipment in stop.shipments.all() if shipment.is_out_for_delivery]
    asked = tuple(_demand(shipment, at=at) for shipment in sorted(waiting, key=lambda shipment: shipment.id))
    if not asked:
        return None
    spans = [_told(demand) for demand in asked]
    earliest, latest = max(span[0] for span in spans), min(span[1] for span in spans)
    if earliest >= latest:
        earliest, latest = spans[0]
    return Door(asked, (stop.latitude, stop.longitude), earliest, latest, stop=stop)


def _told(demand: Demand) -> tuple[datetime, datetime]:
    told = demand.shipment.window
    return (told.span if told else None) or (demand.earliest, demand.latest)


def _demand(shipment: Shipment, *, at: datetime) -> Demand:
    known: Demand | None = getattr(shipment, "demand", None)
    return known or demands.assume(shipment, None, at=at)
