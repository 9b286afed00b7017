"""The version of a shipment: one more with each transaction that changes a fact, never two, never fewer."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest

from tests.factories import NOON, make_route, make_shipment
from tracking.rounds.models import Route
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300), (60.1620, 24.9200)]
SOON = Window(date(2026, 11, 22), NOON + timedelta(minutes=10), NOON + timedelta(minutes=40))

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def shipments_of(route: Route) -> list[Shipment]:
    return [stop.shipments.get() for stop in route.stops.all()]


def versions(shipments: list[Shipment]) -> list[int]:
    return [Shipment.objects.get(id=shipment.id).version for shipment in shipments]


def test_each_change_is_one_more_for_those_who_can_see_it_and_none_for_the_others() -> None:
    route = make_route(DOORS, is_active=False)
    first, second, third, fourth = shipments_of(route)
    everybody = [first, second, third, fourth, make_shipment()]
    next_stop = route.stops.get(sequence=1)
    windows = {first.id: (SOON, Cause.ON_THE_ROAD)}
    news = Report("carrier", "1", NOON, None)
    changes: list[tuple[Callable[[], object], list[int]]] = [
        (partial(services.set_off, route, at=NOON), [1, 1, 1, 1, 0]),
        (partial(services.promise, second, start=NOON, end=NOON + timedelta(hours=1), at=NOON), [0, 1, 0, 0, 0]),
        (partial(services.estimate_all, windows, route_id=route.id, at=NOON), [1, 0, 0, 0, 0]),
        (partial(services.estimate_all, windows, route_id=route.id, at=NOON), [0, 0, 0, 0, 0]),
        (partial(services.approach, next_stop, at=NOON), [1, 0, 0, 0, 0]),
        (partial(services.approach, next_stop, at=NOON), [0, 0, 0, 0, 0]),
        (partial(services.record, first, Status.DELIVERED, at=NOON), [1, 1, 1, 1, 0]),
        (partial(services.withdraw, third, at=NOON), [0, 0, 1, 1, 0]),
        (partial(services.withdraw, third, at=NOON), [0, 0, 0, 0, 0]),
        (partial(services.ingest, fourth, news, at=NOON), [0, 0, 0, 1, 0]),
        (partial(services.ingest, fourth, news, at=NOON), [0, 0, 0, 0, 0]),
    ]

    for change, growth in changes:
        before = versions(everybody)
        change()
        assert [after - old for after, old in zip(versions(everybody), before, strict=True)] == growth, change


def test_a_shipment_moved_back_on_its_own_route_grows_by_one_as_do_those_it_leaves_behind() -> None:
    route = make_route(DOORS)
    shipments = shipments_of(route)
    before = versions(shipments)

    services.assign(shipments[0], route.stops.get(sequence=3), at=NOON)

    assert versions(shipments) == [version + 1 for version in before]


def test_a_delivery_to_one_of_two_at_a_door_is_news_to_that_one_alone() -> None:
    route = make_route(DOORS)
    shipments = shipments_of(route)
    twin = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.assign(twin, route.stops.get(sequence=1), at=NOON)
    before = versions([*shipments, twin])

    services.record(twin, Status.DELIVERED, at=NOON)

    assert versions([*shipments, twin]) == [*before[:-1], before[-1] + 1]
