import time
from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings
from django.utils import timezone

from tests import servers
from tests.factories import HUB, NOON, make_route
from tracking import arrivals
from tracking.arrivals import Circumstances
from tracking.live import positions
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Route, ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, WindowChange
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
SOON = NOON + timedelta(minutes=20)
LATER = NOON + timedelta(minutes=40)

pytestmark = pytest.mark.django_db


def shipments_of(route: Route) -> list[Shipment]:
    return [stop.shipments.get() for stop in route.stops.all()]


def told(shipment: Shipment) -> tuple[datetime, datetime]:
    window = Shipment.objects.get(id=shipment.id).window
    assert window is not None
    assert window.start is not None
    assert window.end is not None
    return window.start, window.end


@pytest.mark.sqlite
def test_every_shopper_on_the_route_is_told_a_window_in_the_order_of_the_stops() -> None:
    route = make_route(DOORS)

    ids = arrivals.estimate_route(route.id, at=NOON)

    shipments = shipments_of(route)
    windows = [told(shipment) for shipment in shipments]
    assert ids == [shipment.id for shipment in shipments]
    assert all(NOON <= start < end for start, end in windows)
    assert windows == sorted(windows)
    assert [change.cause for change in WindowChange.objects.all()] == [Cause.FIRST] * 3


def test_the_same_route_is_estimated_at_most_every_fifteen_seconds_but_on_each_change_of_its_stops() -> None:
    route = make_route(DOORS)

    def estimated_at(seconds: int, change: StopsChange | None = None) -> bool:
        at = NOON + timedelta(seconds=seconds)
        arrivals.estimate_route(route.id, at=at, change=change)
        return Route.objects.get(id=route.id).estimated_at == at

    assert [estimated_at(0), estimated_at(14), estimated_at(15)] == [True, False, True]
    assert estimated_at(16, StopsChange.DONE)


def test_nothing_is_foretold_of_a_route_that_is_not_on_the_road() -> None:
    route = make_route(DOORS, is_active=False)

    assert arrivals.estimate_route(route.id, at=NOON) == []
    assert WindowChange.objects.count() == 0


def test_windows_follow_the_driver_and_their_changes_name_the_cause() -> None:
    route = make_route(DOORS)
    arrivals.estimate_route(route.id, at=NOON)
    last = shipments_of(route)[-1]
    _, first_end = told(last)

    at = NOON + timedelta(hours=1)
    report = RawFix(latitude=HUB[0], longitude=HUB[1], recorded_at=at)
    async_to_sync(positions.accept)(route.shift.driver_id, [report], at=at)
    arrivals.estimate_route(route.id, at=at)

    start, _ = told(last)
    assert first_end < at <= start
    assert WindowChange.objects.filter(shipment=last).latest("at").cause == Cause.BEHIND


def test_a_driver_who_has_not_been_heard_of_widens_the_windows() -> None:
    route = make_route(DOORS)
    report = RawFix(latitude=HUB[0], longitude=HUB[1], recorded_at=NOON)
    async_to_sync(positions.accept)(route.shift.driver_id, [report], at=NOON)
    arrivals.estimate_route(route.id, at=NOON)
    first = shipments_of(route)[0]
    start, end = told(first)

    arrivals.estimate_route(route.id, at=NOON + timedelta(minutes=10))

    new_start, new_end = told(first)
    assert new_end - new_start > end - start
    assert WindowChange.objects.filter(shipment=first).latest("at").cause == Cause.SIGNAL_LOST


def test_a_break_moves_the_windows_and_is_named() -> None:
    route = make_route(DOORS)
    arrivals.estimate_route(route.id, at=NOON)
    rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=NOON)

    arrivals.estimate_route(route.id, at=NOON + timedelta(minutes=1))

    first = shipments_of(route)[0]
    assert WindowChange.objects.filter(shipment=first).latest("at").cause == Cause.BREAK


def test_a_stop_that_is_about_to_be_reached_is_marked_once_and_the_page_hears_of_it() -> None:
    route = make_route([HUB, *DOORS])
    first = shipments_of(route)[0]

    arrivals.estimate_route(route.id, at=NOON)
    version = Shipment.objects.get(id=first.id).version
    arrivals.estimate_route(route.id, at=NOON + timedelta(seconds=15))

    stop = route.stops.get(sequence=1)
    assert stop.approached_at == NOON
    assert Shipment.objects.get(id=first.id).version == version


def test_a_demo_that_runs_faster_drives_and_waits_faster() -> None:
    route, fast_route = make_route(DOORS), make_route(DOORS)
    arrivals.estimate_route(route.id, at=NOON)
    with override_settings(SPEED=10.0):
        arrivals.estimate_route(fast_route.id, at=NOON)

    assert told(shipments_of(fast_route)[-1]) < told(shipments_of(route)[-1])


def test_a_removed_stop_lets_the_rest_come_earlier_and_says_so() -> None:
    far = [(60.1689 + 0.002 * step, 24.9455) for step in range(12)]
    route = make_route(far)
    arrivals.estimate_route(route.id, at=NOON)
    *earlier, last = shipments_of(route)
    for shipment in earlier:
        services.record(shipment, Status.CANCELLED, at=NOON)

    arrivals.estimate_route(route.id, at=NOON + timedelta(seconds=1), change=StopsChange.REMOVED)

    assert WindowChange.objects.filter(shipment=last).latest("at").cause == Cause.STOPS_REMOVED


def test_a_worker_keeps_the_windows_of_active_routes_fresh_by_itself(worker: servers.Server) -> None:
    route = make_route(DOORS, at=timezone.now())
    last = shipments_of(route)[-1]

    deadline = time.monotonic() + 60
    while Shipment.objects.get(id=last.id).window is None and time.monotonic() < deadline:
        time.sleep(0.2)

    assert told(last) > (timezone.now(), timezone.now())


@pytest.mark.parametrize(
    ("told_before", "found", "circumstances", "cause"),
    [
        (None, (SOON, LATER), Circumstances(None, False, False), Cause.FIRST),
        ((NOON, LATER), (NOON, SOON), Circumstances(None, False, False), Cause.NARROWED),
        ((NOON, SOON), (SOON, LATER), Circumstances(None, False, False), Cause.BEHIND),
        ((NOON, SOON), (SOON, LATER), Circumstances(StopsChange.ADDED, False, False), Cause.STOPS_ADDED),
        ((NOON, SOON), (SOON, LATER), Circumstances(None, True, True), Cause.BREAK),
        ((NOON, SOON), (NOON, LATER), Circumstances(None, False, True), Cause.SIGNAL_LOST),
        ((SOON, LATER), (NOON, SOON), Circumstances(None, False, False), Cause.AHEAD),
        ((SOON, LATER), (NOON, SOON), Circumstances(StopsChange.REMOVED, False, False), Cause.STOPS_REMOVED),
        ((NOON, SOON), (SOON, LATER), Circumstances(StopsChange.REORDERED, False, False), Cause.REPLANNED),
        ((SOON, LATER), (NOON, SOON), Circumstances(StopsChange.REORDERED, True, False), Cause.REPLANNED),
    ],
)
def test_each_change_has_its_cause(
    told_before: tuple[datetime, datetime] | None,
    found: tuple[datetime, datetime],
    circumstances: Circumstances,
    cause: Cause,
) -> None:
    def window(bounds: tuple[datetime, datetime]) -> Window:
        return Window(NOON.date(), *bounds)

    before = window(told_before) if told_before else None

    assert arrivals.cause_of(before, window(found), circumstances) == cause
