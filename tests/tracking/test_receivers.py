from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tests.factories import NOON, make_link, make_route, make_shipment
from tracking import connection, receivers
from tracking.links import services as links
from tracking.live import messages
from tracking.live.messages import Kind, Message
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]

pytestmark = pytest.mark.django_db

Said = Callable[[Callable[[], object]], list[Message]]


@pytest.fixture
def said(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Said]:
    """Give a function that does something, commits it, and gives what was said about it on the channel."""
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(connection.CHANNEL)
        channel.get_message(timeout=5)

        def do(something: Callable[[], object]) -> list[Message]:
            with django_capture_on_commit_callbacks(execute=True):
                something()
            found = []
            while (message := channel.get_message(timeout=0.2)) is not None:
                found.append(messages.decode(message["data"]))
            return found

        yield do


def shipments_of(route: Route) -> list[Shipment]:
    return list(Shipment.objects.filter(stop__route=route).order_by("stop__sequence"))


def version_of(shipment: Shipment) -> int:
    return Shipment.objects.get(id=shipment.id).version


def test_a_delivery_hides_the_driver_and_tells_everybody_behind_how_many_stops_are_left(said: Said) -> None:
    route = make_route(DOORS)
    first, second, third = shipments_of(route)
    said(lambda: receivers.tell_shift(driver_id=route.shift.driver_id))

    heard = said(lambda: services.record(first, Status.DELIVERED, at=NOON))

    assert [message for message in heard if message.kind is Kind.HIDDEN] == [
        Message(Kind.HIDDEN, (first.id,), messages.HIDDEN)
    ]
    assert heard.index(Message(Kind.HIDDEN, (first.id,), messages.HIDDEN)) == 0
    assert Message(Kind.STATE, (second.id,), messages.stops(version_of(second), 0)) in heard
    assert Message(Kind.STATE, (third.id,), messages.stops(version_of(third), 1)) in heard
    assert heard[-1] == Message(Kind.STATE, (first.id,), messages.status(version_of(first)))


def test_a_shipment_without_a_route_is_told_its_version(said: Said) -> None:
    shipment = make_shipment()

    heard = said(lambda: services.record(shipment, Status.IN_TRANSIT, at=NOON))

    assert heard == [Message(Kind.STATE, (shipment.id,), messages.status(version_of(shipment)))]


def test_a_promise_is_news_of_the_window(said: Said) -> None:
    shipment = make_shipment()

    heard = said(lambda: services.promise(shipment, start=NOON, end=NOON + timedelta(hours=2), at=NOON))

    assert heard == [Message(Kind.STATE, (shipment.id,), messages.window(version_of(shipment)))]


def test_a_break_hides_the_driver_from_all_who_saw_them(said: Said) -> None:
    route = make_route(DOORS)
    said(lambda: receivers.tell_shift(driver_id=route.shift.driver_id))

    heard = said(lambda: rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=NOON))

    assert heard == [Message(Kind.HIDDEN, tuple(shipment.id for shipment in shipments_of(route)), messages.HIDDEN)]


def test_what_is_planned_and_not_yet_on_the_road_has_no_stops_before_it(said: Said) -> None:
    route = make_route(DOORS[:1], is_active=False)
    planned = make_shipment(status=Status.PLANNED)

    heard = said(lambda: services.assign(planned, route.stops.get(), at=NOON))

    assert Message(Kind.STATE, (planned.id,), messages.stops(version_of(planned), None)) in heard


def test_a_revoked_link_has_its_readers_judged_anew(said: Said) -> None:
    link = make_link()

    heard = said(lambda: links.revoke(link, at=NOON))

    assert heard == [Message(Kind.ANEW, (link.shipment_id,), "")]
    assert said(lambda: links.revoke(link, at=NOON)) == []


@pytest.mark.parametrize("doors", [DOORS, [(60.10 + number / 200, 24.9) for number in range(20)]])
def test_the_number_of_questions_does_not_grow_with_the_route(
    doors: Sequence[tuple[float, float]], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    route = make_route(doors)
    ids = [shipment.id for shipment in shipments_of(route)]
    tellings: list[tuple[Callable[..., None], dict[str, Any], int]] = [
        (receivers.tell_stops, {"route_id": route.id}, 5),
        (receivers.tell_window, {"shipment_ids": ids}, 3),
        (receivers.tell_status, {"shipment_id": ids[0]}, 3),
        (receivers.tell_shift, {"driver_id": route.shift.driver_id}, 2),
    ]

    for tell, about, queries in tellings:
        with django_assert_num_queries(queries):
            tell(sender=None, **about)
