"""The tours of a day, one shape for both: as they stand on the routes now, and as a plan would have them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from django.db.models import Prefetch

from dispatch import weather
from dispatch.models import Duty, Hub, Plan, PlannedVisit
from tracking.live import positions
from tracking.rounds.models import Driver, Place, Route, RouteState, Stop, StopState
from tracking.shipments.models import Shipment
from tracking.visibility import Fix

COLOURS: Final = 8
"""So many tours can be told apart by colour; all of them have a number too."""


class Door(NamedTuple):
    """When somebody is at a door, or was, or is expected there."""

    begins_at: datetime
    leaves_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A shipment on a tour: at the how-manieth door, when, and by when at the latest."""

    shipment: Shipment
    place: int
    latitude: float
    longitude: float
    door: Door | None
    latest: datetime | None
    is_done: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class Tour:
    """What one driver does in one shift, whose id is the tour's. ``fix`` is where they were last heard."""

    id: int
    number: int
    driver: Driver
    hub: Place
    departs_at: datetime
    returns_at: datetime
    pause_at: datetime | None
    calls: Sequence[Call]
    duty_id: int | None = None
    is_under_way: bool = False
    fix: Fix | None = None

    @property
    def colour(self) -> int:
        return (self.number - 1) % COLOURS + 1

    @property
    def doors(self) -> list[list[Call]]:
        """The calls at each door, in order."""
        return [list(calls) for _, calls in groupby(self.calls, key=attrgetter("place"))]

    @property
    def late(self) -> int:
        return sum(call.is_late for call in self.calls)

    @property
    def left(self) -> int:
        return sum(not call.is_done for call in self.calls)


def of_plan(plan: Plan) -> list[Tour]:
    """Read the tours of a plan. Late is who would be served after what they were told, or after what was asked for."""
    visits = PlannedVisit.objects.select_related("shipment__demand", "place").order_by("sequence", "shipment_id")
    tours = plan.tours.select_related("duty__shift__driver", "duty__vehicle_type", "duty__hub__place")
    return [
        Tour(
            id=tour.duty.shift_id,
            number=number,
            driver=tour.duty.shift.driver,
            hub=tour.duty.hub.place,
            departs_at=tour.departs_at,
            returns_at=tour.returns_at,
            pause_at=tour.pause_at,
            calls=[call for visit in tour.visits.all() if (call := _planned(visit))],
            duty_id=tour.duty_id,
        )
        for number, tour in enumerate(
            tours.prefetch_related(Prefetch("visits", visits)).order_by("departs_at", "pk"), start=1
        )
    ]


def standing(day: date, hubs: Sequence[Hub], *, at: datetime) -> list[Tour]:
    """Read the tours of a day off the routes, with where each driver is. Late is who is expected after the promise."""
    if not hubs:
        return []
    begins, ends = (weather.midnight(hubs[0], day + timedelta(days=days)) for days in (0, 1))
    of_day = Route.objects.filter(departs_at__gte=begins, departs_at__lt=ends, hub__in=[hub.place_id for hub in hubs])
    stops = Stop.objects.kept().prefetch_related("shipments__demand").order_by("sequence")
    routes = of_day.select_related("shift__driver", "hub").prefetch_related(Prefetch("stops", stops))
    found = list(routes.order_by("departs_at", "id"))
    duties = dict(Duty.objects.filter(shift__in=[route.shift_id for route in found]).values_list("shift_id", "pk"))
    return [_on_the_road(route, number, duties, at=at) for number, route in enumerate(found, start=1)]


def _planned(visit: PlannedVisit) -> Call | None:
    """Read a visit; ``None`` where nobody knows any more where it is."""
    point, span = visit.place or visit.shipment, visit.call
    if visit.sequence is None or span is None or point.latitude is None or point.longitude is None:
        return None
    told = visit.shipment.window.span if visit.shipment.window else None
    latest = told[1] if told else visit.shipment.demand.latest
    return Call(
        shipment=visit.shipment,
        place=visit.sequence,
        latitude=point.latitude,
        longitude=point.longitude,
        door=Door(span.begins_at, span.leaves_at),
        latest=latest,
        is_done=False,
        is_late=span.begins_at > latest,
    )


def _on_the_road(route: Route, number: int, duties: Mapping[int, int], *, at: datetime) -> Tour:
    calls = [call for place, stop in enumerate(route.stops.all(), start=1) for call in _calls(stop, place, at=at)]
    ends = [call.door.leaves_at for call in calls if call.door]
    return Tour(
        id=route.shift_id,
        number=number,
        driver=route.shift.driver,
        hub=route.hub,
        departs_at=route.started_at or route.departs_at,
        returns_at=route.finished_at or max([route.departs_at, *ends]),
        pause_at=None,
        calls=calls,
        duty_id=duties.get(route.shift_id),
        is_under_way=route.state == RouteState.ACTIVE,
        # The desk may see every driver at work; what shoppers may see is narrower, and said elsewhere.
        fix=positions.last_raw_fix(route.shift.driver_id) if route.state == RouteState.ACTIVE else None,
    )


def _calls(stop: Stop, place: int, *, at: datetime) -> Iterator[Call]:
    for shipment in stop.shipments.all():
        told = shipment.window.span if shipment.window else None
        latest = shipment.promised_end or (told[1] if told else None)
        expected = stop.done_at or (told[1] if told else at)
        yield Call(
            shipment=shipment,
            place=place,
            latitude=stop.latitude,
            longitude=stop.longitude,
            door=_door(stop, told),
            latest=latest,
            is_done=stop.state == StopState.DONE,
            is_late=latest is not None and max(expected, stop.done_at or at) > latest,
        )


def _door(stop: Stop, told: tuple[datetime, datetime] | None) -> Door | None:
    """Say when somebody was at a stop, or is expected there: as was told last, or else as was planned."""
    expected = told[0] + (told[1] - told[0]) / 2 if told else stop.planned_at
    begins_at = stop.arrived_at or stop.done_at or expected
    if begins_at is None:
        return None
    return Door(begins_at, stop.done_at or begins_at + timedelta(seconds=stop.service_seconds))
