from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from atlas import projection
from atlas.areas import Area
from demo.driving.courier import Courier
from demo.driving.habits import Habits
from driving.forms import ActionForm
from driving.models import DriveLink, Kind
from driving.services import actions, links
from tests.factories import HUB, NOON, make_route
from tracking.rounds import services as rounds
from tracking.rounds.models import Driver, Route, RouteState, Shift, ShiftState, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent

DOORS = [(60.1755, 24.9500), (60.1680, 24.9420), (60.1740, 24.9390)]
LATER = NOON + timedelta(hours=1)

pytestmark = pytest.mark.django_db


def make_courier(route: Route, *, seed: int = 3) -> Courier:
    """Make the driver of a route; with no other work they plan an empty tour for the day after."""

    def find_work(driver: Driver, at: datetime) -> Route:
        return rounds.plan_route(route.shift, hub=route.hub, departs_at=at + timedelta(days=1), stops=[])

    area = Area.load(settings.MAP_AREAS[0])
    return Courier(
        route.shift.driver, streets=area.streets, habits=Habits(seed), page=PageAtHand(), find_work=find_work
    )


class PageAtHand:
    """A driver's page without a network: what is told arrives at the moment it is told."""

    def tell(self, shift: Shift, kind: Kind, *, at: datetime, **said: object) -> None:
        """Tell that something was done at a moment."""
        link = DriveLink.objects.filter(shift=shift).first() or links.issue(shift, at=shift.starts_at)
        if not link.is_bound:
            links.bind(link, at=shift.starts_at)
        form = ActionForm({"key": uuid4(), "kind": kind, "occurred_at": at, **said})
        assert form.is_valid(), form.errors
        actions.take(link, form.said(at=at), at=at)


def metres_from(point: tuple[float, float], place: tuple[float, float]) -> float:
    return float(projection.distance_m(*point, *place))


def seed_where(is_so: Callable[[Habits], bool]) -> int:
    return next(seed for seed in range(1000) if is_so(Habits(seed)))


def everybody_is_home(habits: Habits) -> bool:
    """Say whether all who wait open their doors; who finds nobody waits by the clock on the wall, at any speed."""
    return all(habits.outcome(shipment.reference).handover for shipment in Shipment.objects.all())


def lasted(route: Route) -> timedelta:
    finished_at = Route.objects.get(id=route.id).finished_at
    assert finished_at is not None
    return finished_at - NOON


@pytest.mark.sqlite
def test_a_driver_visits_every_door_in_order_and_goes_home() -> None:
    route = make_route(DOORS)
    courier = make_courier(route)

    courier.begin(at=NOON)
    courier.advance(at=LATER)

    stops = list(route.stops.all())
    arrivals = [stop.arrived_at for stop in stops if stop.arrived_at]
    assert arrivals == sorted(arrivals)
    assert {stop.state for stop in stops} == {StopState.DONE}
    assert Route.objects.get(id=route.id).state == RouteState.FINISHED
    assert set(Shipment.objects.values_list("status", flat=True)) <= {Status.DELIVERED, Status.ATTEMPTED}
    assert metres_from(courier.point(at=LATER), HUB) < 100
    assert courier.stop_id is None


def test_what_happened_between_two_looks_has_its_own_time() -> None:
    route = make_route(DOORS)
    courier = make_courier(route)

    courier.begin(at=NOON)
    courier.advance(at=LATER)

    ends = (
        StatusEvent.objects.filter(occurred_at__gt=NOON).order_by("occurred_at").values_list("occurred_at", flat=True)
    )
    assert [stop.done_at for stop in route.stops.all()] == list(ends)
    assert all(NOON < end < LATER for end in ends)


def test_a_driver_moves_along_the_street_and_stands_at_the_door() -> None:
    route = make_route(DOORS)
    courier = make_courier(route)
    courier.begin(at=NOON)

    before, after = (courier.point(at=NOON + timedelta(seconds=second)) for second in (30, 31))
    assert 0 < metres_from(before, after) < 20

    courier.advance(at=LATER)
    arrived_at = route.stops.all()[0].arrived_at
    assert arrived_at is not None
    visitor = make_courier(make_route(DOORS))
    visitor.begin(at=NOON)
    visitor.advance(at=arrived_at)
    assert metres_from(visitor.point(at=arrived_at), DOORS[0]) < 100
    assert visitor.point(at=arrived_at) == visitor.point(at=arrived_at + timedelta(seconds=10))


def test_a_simulator_that_starts_anew_goes_on_where_it_was() -> None:
    route = make_route(DOORS)
    courier, successor = make_courier(route), make_courier(route)
    courier.begin(at=NOON)
    middle = NOON + timedelta(minutes=7)
    courier.advance(at=middle)

    successor.begin(at=middle)

    assert successor.stop_id == courier.stop_id
    assert metres_from(successor.point(at=middle), courier.point(at=middle)) < 5


def test_a_stop_that_was_called_off_is_not_driven_to() -> None:
    route = make_route(DOORS)
    courier = make_courier(route)
    courier.begin(at=NOON)
    first, second, _ = route.stops.all()
    half_a_minute = NOON + timedelta(seconds=30)
    here = courier.point(at=half_a_minute)

    services.record(first.shipments.get(), Status.CANCELLED, at=half_a_minute)
    courier.turn(at=half_a_minute)

    assert courier.stop_id == second.id
    assert metres_from(courier.point(at=half_a_minute), here) < 30


@override_settings(SPEED=10)
def test_at_ten_times_the_speed_a_tour_takes_a_tenth_of_the_time() -> None:
    slow, fast = make_route(DOORS), make_route(DOORS)
    seed = seed_where(everybody_is_home)
    courier = make_courier(fast, seed=seed)

    courier.begin(at=NOON)
    courier.advance(at=LATER)

    with override_settings(SPEED=1):
        other = make_courier(slow, seed=seed)
        other.begin(at=NOON)
        other.advance(at=LATER)
    assert lasted(slow) / lasted(fast) == pytest.approx(10, rel=0.001)


def test_a_break_ends_and_the_tour_goes_on() -> None:
    route = make_route(DOORS)
    rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=NOON)
    courier = make_courier(route)

    courier.begin(at=NOON)
    assert courier.point(at=NOON) == HUB
    courier.advance(at=NOON + timedelta(minutes=5))

    route.shift.refresh_from_db()
    assert route.shift.state == ShiftState.WORKING
    assert courier.stop_id == route.stops.all()[0].id


def test_a_driver_may_take_a_break_half_way() -> None:
    route = make_route(DOORS)
    courier = make_courier(route, seed=seed_where(lambda habits: habits.has_break_after(DOORS[1], is_halfway=True)))
    courier.begin(at=NOON)
    courier.advance(at=LATER)

    _, second, third = route.stops.all()

    assert second.done_at is not None
    assert third.arrived_at is not None
    assert third.arrived_at - second.done_at > timedelta(minutes=4)


def test_somebody_further_on_may_call_a_delivery_off() -> None:
    doors = [*DOORS, (60.1745, 24.9520)]
    route = make_route(doors)
    courier = make_courier(route, seed=seed_where(lambda habits: habits.somebody_cancels_during(doors[0])))

    courier.begin(at=NOON)
    courier.advance(at=LATER)

    states = [stop.state for stop in route.stops.all()]
    assert states == [StopState.DONE, StopState.DONE, StopState.DONE, StopState.REMOVED]
