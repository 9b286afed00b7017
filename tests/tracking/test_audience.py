from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tests.factories import NOON, make_brand, make_driver, make_route
from tracking import connection
from tracking.live import audience, messages
from tracking.live.messages import Kind, Message
from tracking.live.track import Audience, Viewer
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, ShiftState, Stop
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

STREET = [(60.16 + 0.002 * number, 24.94) for number in range(8)]

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Iterator[redis.client.PubSub]:
    """Hear what is published."""
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as subscription:
        subscription.subscribe(connection.CHANNEL)
        assert subscription.get_message(timeout=5) is not None
        yield subscription


def heard_on(channel: redis.client.PubSub) -> list[Message]:
    found = []
    while said := channel.get_message(timeout=0.1):
        found.append(messages.decode(said["data"]))
    return found


def stops_of(route: Route) -> list[Stop]:
    return list(route.stops.order_by("sequence"))


def shipment_at(stop: Stop) -> Shipment:
    return Shipment.objects.get(stop=stop)


def viewer_at(stop: Stop) -> Viewer:
    return Viewer(shipment_at(stop).id, stop.id)


def build(route: Route, minutes: float = 0) -> Audience:
    return audience.build(route.shift.driver_id, at=NOON + timedelta(minutes=minutes))


def in_redis(route: Route) -> Audience | None:
    said: Any = connection.sync_client().hget(audience.key(route.shift.driver_id), "said")
    return audience.decode(said) if said else None


@pytest.mark.sqlite
def test_those_few_stops_away_may_see_the_driver() -> None:
    route = make_route(STREET, brand=make_brand(shows_driver_from_stops=2))
    stops = stops_of(route)

    assert build(route).viewers == tuple(viewer_at(stop) for stop in stops[:3])

    services.record(shipment_at(stops[0]), Status.DELIVERED, at=NOON)

    assert build(route).viewers == tuple(viewer_at(stop) for stop in stops[1:4])


def test_those_whose_window_is_near_may_see_the_driver_too() -> None:
    route = make_route(STREET, brand=make_brand(shows_driver_from_stops=0, shows_driver_from_minutes=20))
    first, *_, last = stops_of(route)
    start = NOON + timedelta(hours=1)
    Shipment.objects.filter(stop=last).update(
        window_date=NOON.date(), window_start=start, window_end=start + timedelta(hours=1)
    )

    assert build(route, minutes=39).viewers == (viewer_at(first),)
    assert build(route, minutes=40).viewers == (viewer_at(first), viewer_at(last))


def test_everybody_behind_one_door_may_see_the_driver() -> None:
    route = make_route(STREET[:1])
    [stop] = stops_of(route)
    [neighbours] = stops_of(make_route(STREET[1:2]))
    services.assign(shipment_at(neighbours), stop, at=NOON)

    assert len(build(route).viewers) == 2
    assert {viewer.stop_id for viewer in build(route).viewers} == {stop.id}


@pytest.mark.parametrize("state", [ShiftState.ON_BREAK, ShiftState.ENDED])
def test_nobody_may_see_a_driver_who_is_not_at_work(state: ShiftState) -> None:
    route = make_route(STREET)

    rounds.move_shift(route.shift, state, at=NOON)

    assert build(route) == Audience()


def test_nobody_may_see_a_driver_whose_route_has_not_set_off_or_is_over() -> None:
    assert build(make_route(STREET, is_active=False)) == Audience()

    route = make_route(STREET[:1])
    services.record(shipment_at(stops_of(route)[0]), Status.DELIVERED, at=NOON)

    assert build(route) == Audience()


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.ATTEMPTED, Status.CANCELLED, Status.AT_HUB])
def test_nobody_may_see_the_driver_who_is_not_waiting_any_more(status: Status) -> None:
    route = make_route(STREET[:2])
    first, second = stops_of(route)

    services.record(shipment_at(first), status, at=NOON)

    assert build(route).viewers == (viewer_at(second),)


@pytest.mark.sqlite
def test_a_door_counts_once_it_was_visited_but_not_once_it_was_removed() -> None:
    route = make_route(STREET[:3])
    done, removed, pending = stops_of(route)

    services.record(shipment_at(done), Status.DELIVERED, at=NOON)
    services.record(shipment_at(removed), Status.CANCELLED, at=NOON)

    assert [door.stop_id for door in build(route).doors] == [done.id, pending.id]


def test_the_doors_of_every_route_that_the_driver_is_on_count() -> None:
    route = make_route(STREET[:2])
    other = rounds.plan_route(
        route.shift, hub=route.hub, departs_at=NOON, stops=[rounds.StopPlan(latitude=60.2, longitude=24.9)]
    )
    services.set_off(other, at=NOON)
    make_route(STREET[2:], driver=make_driver())

    assert {door.stop_id for door in build(route).doors} == {
        *route.stops.values_list("id", flat=True),
        *other.stops.values_list("id", flat=True),
    }


@pytest.mark.parametrize("length", [1, 8])
def test_it_takes_two_queries_however_long_the_round(
    length: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    driver_id = make_route(STREET[:length]).shift.driver_id

    with django_assert_num_queries(2):
        found = audience.build(driver_id, at=NOON)

    assert len(found.doors) == length


def test_an_audience_reads_as_it_was_written() -> None:
    found = build(make_route(STREET))

    assert audience.decode(audience.encode(found)) == found
    assert audience.decode(audience.encode(Audience())) == Audience()


def test_what_was_found_is_kept_for_at_most_30_seconds() -> None:
    route = make_route(STREET)

    audience.renew(route.shift.driver_id, at=NOON)

    assert in_redis(route) == build(route)
    assert connection.sync_client().ttl(audience.key(route.shift.driver_id)) in range(1, 31)


def test_a_revision_differs_where_the_audience_does() -> None:
    route = make_route(STREET)
    revisions = []
    for status in [None, None, Status.DELIVERED]:
        if status:
            services.record(shipment_at(stops_of(route)[0]), status, at=NOON)
        audience.refresh(route.shift.driver_id, at=NOON)
        revisions.append(connection.sync_client().hget(audience.key(route.shift.driver_id), "revision"))

    assert revisions[0] == revisions[1] != revisions[2]


def test_whoever_drops_out_is_told_once(channel: redis.client.PubSub) -> None:
    route = make_route(STREET[:3])
    audience.refresh(route.shift.driver_id, at=NOON)
    dropped = shipment_at(stops_of(route)[0])
    assert heard_on(channel) == []

    services.record(dropped, Status.DELIVERED, at=NOON)
    audience.refresh(route.shift.driver_id, at=NOON)
    audience.refresh(route.shift.driver_id, at=NOON)

    assert heard_on(channel) == [Message(Kind.HIDDEN, (dropped.id,), messages.HIDDEN)]
    assert in_redis(route) == build(route)


def test_whoever_drops_out_is_told_although_what_was_found_has_expired(channel: redis.client.PubSub) -> None:
    route = make_route(STREET[:3])
    audience.refresh(route.shift.driver_id, at=NOON)
    connection.sync_client().delete(audience.key(route.shift.driver_id))

    rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=NOON)
    audience.renew(route.shift.driver_id, at=NOON)

    [message] = heard_on(channel)
    assert message == Message(Kind.HIDDEN, tuple(shipment_at(stop).id for stop in stops_of(route)), messages.HIDDEN)


def test_what_was_read_before_a_change_is_not_written_down_after_it() -> None:
    route = make_route(STREET[:3])
    driver_id = route.shift.driver_id
    audience.refresh(driver_id, at=NOON)
    stale = build(route)
    turn: Any = connection.sync_client().get(f"{audience.key(driver_id)}:turn")

    services.record(shipment_at(stops_of(route)[0]), Status.DELIVERED, at=NOON)
    audience.refresh(driver_id, at=NOON)
    audience._put(driver_id, stale, turn=turn)

    assert in_redis(route) == build(route) != stale


def test_a_change_while_redis_is_away_is_no_error(settings: Settings) -> None:
    route = make_route(STREET)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    audience.refresh(route.shift.driver_id, at=NOON)

    with pytest.raises(connection.Away):
        audience.renew(route.shift.driver_id, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_after_the_delivery_the_shopper_is_told_within_a_second(channel: redis.client.PubSub) -> None:
    route = make_route(STREET[:3], at=timezone.now())
    dropped = shipment_at(stops_of(route)[0])
    heard_on(channel)

    before = timezone.now()
    services.record(dropped, Status.DELIVERED, at=before)
    hidden = next(message for message in heard_on(channel) if message.kind is Kind.HIDDEN)

    assert hidden.shipment_ids == (dropped.id,)
    assert timezone.now() - before < timedelta(seconds=1)
    assert dropped.id not in {viewer.shipment_id for viewer in (in_redis(route) or Audience()).viewers}
