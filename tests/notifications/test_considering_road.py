"""What nearness calls for."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Cancelled, Notification, State
from notifications.services import considering
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_browser, make_driver, make_route, make_rule
from tracking.live import positions
from tracking.models import Brand, Route, Shipment
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.window import Cause, Window

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DOORS = [(60.1689 + number / 100, 24.9455) for number in range(6)]
A_HUNDRED_METRES = 0.0009
"""In degrees of latitude."""

pytestmark = pytest.mark.django_db


def make_telling_brand(trigger: Trigger, **nearness: int) -> Brand:
    """Make a brand that tells one kind of news by SMS, and nothing else of the road."""
    brand = make_brand()
    make_rule(brand, trigger, Channel.SMS, **nearness)
    if trigger != Trigger.ARRIVING_SOON:
        make_rule(brand, Trigger.ARRIVING_SOON, Channel.SMS, is_on=False)
    return brand


def shipments_of(route: Route) -> list[Shipment]:
    return list(Shipment.objects.filter(stop__route=route).order_by("stop__sequence"))


def estimate(shipment: Shipment, *, start: int, end: int) -> None:
    """Tell a window that begins and ends so many minutes after noon."""
    window = Window(NOON.date(), NOON + start * MINUTE, NOON + end * MINUTE)
    services.estimate(shipment, window, cause=Cause.ON_THE_ROAD, at=NOON)


def see(route: Route, latitude: float, longitude: float, *, seconds_ago: int = 5) -> None:
    """Let the driver of a route have been seen somewhere."""
    fix = RawFix(latitude, longitude, NOON - seconds_ago * SECOND)
    async_to_sync(positions.accept)(route.shift.driver_id, [fix], at=NOON)


def told(*fields: str) -> list[tuple[Any, ...]]:
    rows = Notification.objects.order_by("shipment__stop__sequence", "id")
    return list(rows.values_list("shipment__stop__sequence", "trigger", *fields))


@pytest.mark.sqlite
def test_those_with_few_stops_before_them_are_told_how_many() -> None:
    make_route(DOORS, brand=make_telling_brand(Trigger.STOPS_AWAY, stops=2))

    assert considering.road(at=NOON) == {Channel.SMS}

    assert told("details", "version", "priority") == [
        (1, Trigger.STOPS_AWAY, {"stops": 0}, 1, 0),
        (2, Trigger.STOPS_AWAY, {"stops": 1}, 1, 0),
        (3, Trigger.STOPS_AWAY, {"stops": 2}, 1, 0),
    ]
    row = Notification.objects.latest("id")
    assert (row.due_at, row.expires_at) == (NOON, NOON + 10 * MINUTE)


@pytest.mark.sqlite
def test_each_is_told_once_as_the_driver_comes_nearer() -> None:
    route = make_route(DOORS, brand=make_telling_brand(Trigger.STOPS_AWAY, stops=1))
    considering.road(at=NOON)
    assert considering.road(at=NOON + SECOND) == frozenset()

    services.record(shipments_of(route)[0], Status.DELIVERED, at=NOON + MINUTE)
    considering.road(at=NOON + MINUTE, route_id=route.id)

    assert told("created_at") == [
        (1, Trigger.STOPS_AWAY, NOON),
        (2, Trigger.STOPS_AWAY, NOON),
        (3, Trigger.STOPS_AWAY, NOON + MINUTE),
    ]


def test_each_channel_has_its_own_nearness() -> None:
    brand = make_telling_brand(Trigger.STOPS_AWAY, stops=0)
    make_rule(brand, Trigger.STOPS_AWAY, Channel.EMAIL, stops=1)
    make_route(DOORS, brand=brand)

    considering.road(at=NOON)

    assert told("channel") == [
        (1, Trigger.STOPS_AWAY, Channel.SMS),
        (1, Trigger.STOPS_AWAY, Channel.EMAIL),
        (2, Trigger.STOPS_AWAY, Channel.EMAIL),
    ]


def test_by_default_stops_are_told_to_browsers() -> None:
    route = make_route(DOORS)
    fourth, fifth = shipments_of(route)[3:5]
    make_browser(fourth)
    make_browser(fifth)

    considering.road(at=NOON)

    assert told("channel") == [(4, Trigger.STOPS_AWAY, Channel.PUSH)]


def test_a_route_that_has_not_set_off_is_not_near() -> None:
    make_route(DOORS, brand=make_telling_brand(Trigger.STOPS_AWAY), is_active=False)

    considering.road(at=NOON)

    assert told() == []


def test_one_route_is_considered_without_the_others() -> None:
    brand = make_telling_brand(Trigger.STOPS_AWAY)
    route, other = make_route(DOORS[:1], brand=brand), make_route(DOORS[:1], brand=brand)

    considering.road(at=NOON, route_id=route.id)

    assert [row.shipment for row in Notification.objects.all()] == shipments_of(route)
    assert shipments_of(other) != shipments_of(route)


def test_what_was_called_off_because_stops_were_added_is_told_when_they_are_few_again() -> None:
    make_route(DOORS[:1], brand=make_telling_brand(Trigger.STOPS_AWAY))
    considering.road(at=NOON)
    Notification.objects.update(state=State.CANCELLED, reason=Cancelled.UNTRUE)

    considering.road(at=NOON + HOUR)

    row = Notification.objects.get()
    assert (row.state, row.due_at, row.expires_at) == (State.PENDING, NOON + HOUR, NOON + HOUR + 10 * MINUTE)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("start", "end", "minutes"), [(15, 25, 15), (11, 25, 15), (10, 20, 10), (1, 11, 5), (-5, 5, 5)]
)
def test_a_window_that_is_about_to_begin_is_told_with_its_minutes(start: int, end: int, minutes: int) -> None:
    route = make_route(DOORS[:1])
    estimate(shipments_of(route)[0], start=start, end=end)

    considering.road(at=NOON)

    assert told("channel", "details") == [(1, Trigger.ARRIVING_SOON, Channel.SMS, {"minutes": minutes})]


@pytest.mark.parametrize(("start", "end"), [(16, 26), (-20, 0), (-20, -5)])
def test_a_window_that_is_far_or_over_is_not(start: int, end: int) -> None:
    route = make_route(DOORS[:1])
    estimate(shipments_of(route)[0], start=start, end=end)

    considering.road(at=NOON)

    assert told() == []


def test_a_brand_may_tell_of_the_window_earlier() -> None:
    route = make_route(DOORS[:1], brand=make_telling_brand(Trigger.ARRIVING_SOON, minutes=60))
    estimate(shipments_of(route)[0], start=60, end=80)

    considering.road(at=NOON)

    assert told("details") == [(1, Trigger.ARRIVING_SOON, {"minutes": 60})]


@pytest.mark.sqlite
def test_a_driver_who_says_so_is_at_the_door() -> None:
    route = make_route(DOORS[:2], brand=make_telling_brand(Trigger.ARRIVED))
    rounds.arrive(route.stops.get(sequence=1), at=NOON)

    considering.road(at=NOON)

    assert told("details") == [(1, Trigger.ARRIVED, {})]


@pytest.mark.parametrize(("metres", "is_told"), [(110, True), (90, False)])
def test_a_driver_who_is_seen_near_the_next_door_is_there(metres: int, is_told: bool) -> None:
    route = make_route(DOORS[:1], brand=make_telling_brand(Trigger.ARRIVED, metres=metres))
    see(route, DOORS[0][0] + A_HUNDRED_METRES, DOORS[0][1])

    considering.road(at=NOON)

    assert told() == ([(1, Trigger.ARRIVED)] if is_told else [])


def test_a_driver_who_passes_a_later_door_is_not_there() -> None:
    route = make_route(DOORS[:2], brand=make_telling_brand(Trigger.ARRIVED))
    see(route, *DOORS[1])

    considering.road(at=NOON)

    assert told() == []


def test_where_a_driver_was_a_while_ago_says_nothing() -> None:
    route = make_route(DOORS[:1], brand=make_telling_brand(Trigger.ARRIVED))
    see(route, *DOORS[0], seconds_ago=61)

    considering.road(at=NOON)

    assert told() == []


def test_a_driver_who_has_a_break_near_the_door_is_not_there() -> None:
    route = make_route(DOORS[:1], brand=make_telling_brand(Trigger.ARRIVED))
    see(route, *DOORS[0])
    rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=NOON)

    considering.road(at=NOON)

    assert told() == []


def test_who_stands_at_the_door_is_not_a_few_stops_away_and_not_soon_there() -> None:
    route = make_route(DOORS[:1])
    (shipment,) = shipments_of(route)
    make_browser(shipment)
    estimate(shipment, start=1, end=11)
    rounds.arrive(route.stops.get(), at=NOON)

    considering.road(at=NOON)

    assert told("channel") == [(1, Trigger.ARRIVED, Channel.PUSH)]


def test_a_second_round_is_told_again() -> None:
    brand, driver = make_telling_brand(Trigger.STOPS_AWAY), make_driver()
    route = make_route(DOORS[:2], brand=brand, driver=driver)
    considering.road(at=NOON)
    first = shipments_of(route)[0]

    services.record(first, Status.ATTEMPTED, at=NOON)
    services.record(first, Status.OUT_FOR_DELIVERY, at=NOON + HOUR)
    rounds.move_shift(route.shift, ShiftState.ENDED, at=NOON + HOUR)
    tomorrow = make_route(DOORS[2:3], brand=brand, driver=driver, at=NOON + HOUR)
    services.assign(first, tomorrow.stops.get(), at=NOON + HOUR)
    considering.road(at=NOON + HOUR)

    of_first = Notification.objects.filter(shipment=first).order_by("id")
    assert list(of_first.values_list("trigger", "version")) == [(Trigger.STOPS_AWAY, 1), (Trigger.STOPS_AWAY, 2)]


@pytest.mark.parametrize("doors", [DOORS[:1], DOORS])
def test_the_number_of_queries_does_not_grow_with_the_road(doors: Collection[tuple[float, float]]) -> None:
    brand = make_telling_brand(Trigger.STOPS_AWAY, stops=9)
    for _ in doors:
        make_route([*doors], brand=brand)

    with CaptureQueriesContext(connection) as queries:
        considering.road(at=NOON)

    assert Notification.objects.count() == len(doors) ** 2
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 13
