"""One driver's work, activity after activity: load, drive, hand over, rest, go home, begin again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.db import transaction

from atlas.streets.graph import Point
from atlas.streets.route import Route as Way
from atlas.streets.routing import Streets
from demo.driving.habits import Habits
from demo.driving.page import Page
from driving.models import Kind
from tracking.proof import pins
from tracking.rounds.models import Driver, Place, Route, ShiftState, Stop, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment
from tracking.shipments.reasons import Reason

BREAK_SECONDS: Final = 240.0
ATTEMPT_SECONDS: Final = 75.0
CANCELS_AHEAD: Final = 3
"""How many stops ahead somebody calls a delivery off; those before it are left in peace."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a driver does until ``ends_at``, and what comes ``then``.

    They move along ``way`` at an even share of its time; a way that is one point is a place to stand. ``stop`` is the
    one they drive to or stand at.
    """

    way: Way
    began_at: datetime
    ends_at: datetime
    then: Callable[[datetime], "Activity"]
    stop: Stop | None = None

    def point(self, at: datetime) -> Point:
        """Say where the driver truly is."""
        lasts = (self.ends_at - self.began_at).total_seconds()
        share = (at - self.began_at).total_seconds() / lasts if lasts > 0 else 1.0
        return self.way.point_at(share * self.way.duration_seconds)


class Courier:
    """One driver at work.

    What they do, they tell their ``page``. ``find_work`` gives the next planned route of a driver who has none on the
    road; its hub is where they wait for it.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        streets: Streets,
        habits: Habits,
        page: Page,
        find_work: Callable[[Driver, datetime], Route],
    ) -> None:
        self._driver = driver
        self._streets = streets
        self._habits = habits
        self._page = page
        self._find_work = find_work

    @property
    def stop_id(self) -> int | None:
        """The stop this driver is driving to or standing at."""
        return self._activity.stop.id if self._activity.stop else None

    def begin(self, *, at: datetime) -> None:
        """Go on from where the database says the driver is."""
        self._activity = self._resume(at)

    def advance(self, *, at: datetime) -> None:
        """Do what was to be done until ``at``, each thing at its own time."""
        while self._activity.ends_at <= at:
            self._activity = self._activity.then(self._activity.ends_at)

    def turn(self, *, at: datetime) -> None:
        """Leave the stop alone, which somebody has taken off the route, and go on to the next."""
        if self._activity.stop is not None:
            self._activity = self._depart(self._activity.stop, at)

    def point(self, *, at: datetime) -> Point:
        """Say where the driver truly is."""
        return self._activity.point(at)

    def _resume(self, at: datetime) -> Activity:
        stop = Stop.objects.pending().of_driver(self._driver.id).select_related("route__hub", "route__shift").first()
        if stop is None:
            return self._wait_for_work(at)
        done = Stop.objects.filter(route=stop.route, state=StopState.DONE).order_by("done_at").last()
        origin, since = (_point(done), done.done_at) if done else (_point(stop.route.hub), stop.route.started_at)
        if stop.route.shift.state == ShiftState.ON_BREAK:
            return self._stand(origin, at, seconds=BREAK_SECONDS, then=partial(self._end_break, stop.route))
        if stop.arrived_at is not None:
            return self._serve(stop, _point(stop), stop.arrived_at)
        return self._move(origin, stop, since or at)

    def _wait_for_work(self, at: datetime) -> Activity:
        with transaction.atomic():
            route = self._find_work(self._driver, at)
        seconds = max((route.departs_at - at).total_seconds() * settings.SPEED, 0.0)
        return self._stand(_point(route.hub), at, seconds=seconds, then=partial(self._load, route))

    def _load(self, route: Route, at: datetime) -> Activity:
        """Scan the parcels into the vehicle and set off."""
        planned = Parcel.objects.filter(shipment__stop__route=route, shipment__status=Status.PLANNED)
        for number in planned.order_by("id").values_list("number", flat=True):
            self._page.tell(route.shift, Kind.SCAN, at=at, number=number)
        self._page.tell(route.shift, Kind.SET_OFF, at=at)
        return self._go_on(_point(route.hub), route, at)

    def _go_on(self, origin: Point, route: Route, at: datetime) -> Activity:
        """Drive to the next stop of a route, or to the hub after the last one."""
        stop = Stop.objects.pending().filter(route=route).select_related("route__hub", "route__shift").first()
        if stop is not None:
            return self._move(origin, stop, at)
        way = self._streets.route(origin, _point(route.hub))
        return self._follow(way, at, seconds=way.duration_seconds, then=self._wait_for_work)

    def _move(self, origin: Point, stop: Stop, at: datetime) -> Activity:
        way = self._streets.route(origin, _point(stop))
        seconds = way.duration_seconds * self._habits.delay(_point(stop))
        return self._follow(way, at, seconds=seconds, then=partial(self._arrive, stop), stop=stop)

    def _arrive(self, stop: Stop, at: datetime) -> Activity:
        for shipment in stop.shipments.order_by("id")[:1]:
            self._page.tell(stop.route.shift, Kind.ARRIVE, at=at, shipment=shipment.id)
        return self._serve(stop, self.point(at=at), at)

    def _serve(self, stop: Stop, point: Point, at: datetime) -> Activity:
        seconds = self._habits.service_seconds(_point(stop))
        if any(self._habits.outcome(shipment.reference).handover is None for shipment in stop.shipments.all()):
            # Whoever finds nobody waits, by the clock on the wall: that is how an attempt is judged.
            seconds = max(seconds, ATTEMPT_SECONDS * settings.SPEED)
        return self._stand(point, at, seconds=seconds, then=partial(self._hand_over, stop), stop=stop)

    def _hand_over(self, stop: Stop, at: datetime) -> Activity:
        """Bring the visit to its end for everybody at this door, then leave, or rest first."""
        waiting = stop.shipments.filter(status=Status.OUT_FOR_DELIVERY).select_related("brand")
        for shipment in waiting.order_by("id"):
            self._end_visit(stop, shipment, at=at)
        if self._habits.somebody_cancels_during(_point(stop)):
            _call_off(stop, at)
        if self._habits.has_break_after(_point(stop), is_halfway=_is_halfway(stop)):
            self._page.tell(stop.route.shift, Kind.PAUSE, at=at)
            then = partial(self._end_break, stop.route)
            return self._stand(self.point(at=at), at, seconds=BREAK_SECONDS, then=then)
        return self._depart(stop, at)

    def _end_visit(self, stop: Stop, shipment: Shipment, *, at: datetime) -> None:
        """Hand a shipment over, with the PIN that its shopper tells if one is asked for, or note that nobody came."""
        handover = self._habits.outcome(shipment.reference).handover
        tell = partial(self._page.tell, stop.route.shift, at=at, shipment=shipment.id)
        if handover is None:
            tell(Kind.ATTEMPT, reason=Reason.NOBODY)
        else:
            tell(Kind.DELIVER, handover=handover, pin=pins.shown(shipment, at=at))

    def _depart(self, stop: Stop, at: datetime) -> Activity:
        return self._go_on(self.point(at=at), stop.route, at)

    def _end_break(self, route: Route, at: datetime) -> Activity:
        self._page.tell(route.shift, Kind.RESUME, at=at)
        return self._go_on(self.point(at=at), route, at)

    def _stand(
        self,
        point: Point,
        at: datetime,
        *,
        seconds: float,
        then: Callable[[datetime], Activity],
        stop: Stop | None = None,
    ) -> Activity:
        return self._follow(Way((point,), (0.0,), (), 0.0), at, seconds=seconds, then=then, stop=stop)

    def _follow(
        self,
        way: Way,
        at: datetime,
        *,
        seconds: float,
        then: Callable[[datetime], Activity],
        stop: Stop | None = None,
    ) -> Activity:
        """Begin an activity of so many simulated seconds."""
        return Activity(way, at, at + timedelta(seconds=seconds / settings.SPEED), then, stop)


def _is_halfway(stop: Stop) -> bool:
    kept = Stop.objects.kept().filter(route=stop.route)
    return kept.filter(sequence__lt=stop.sequence).count() == kept.count() // 2


def _call_off(stop: Stop, at: datetime) -> None:
    """Have somebody some stops further on cancel their delivery."""
    further = Stop.objects.pending().filter(route=stop.route, sequence__gte=stop.sequence + CANCELS_AHEAD)
    called_off = further.first()
    if called_off is not None:
        for shipment in called_off.shipments.filter(status=Status.OUT_FOR_DELIVERY).order_by("id"):
            services.record(shipment, Status.CANCELLED, at=at)


def _point(place: Stop | Place) -> Point:
    return place.latitude, place.longitude
