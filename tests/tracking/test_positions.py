import asyncio
import json
import random
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings as installed
from django.utils import timezone
from pytest_django import Settings

from tests import servers
from tests.factories import make_driver, make_route
from tracking import connection
from tracking.live import audience, breadcrumbs, messages, positions
from tracking.live.messages import Kind, Message
from tracking.live.positions import TooFast
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix, Verdict
from tracking.rounds.models import Position, Route, ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.visibility import Fix

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
METRE = 1 / 111_195
"""In degrees of latitude."""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _no_connection_is_left() -> AsyncIterator[None]:
    yield
    await connection.close()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def route(now: datetime) -> Route:
    return make_route(DOORS, at=now)


@pytest.fixture
def driver_id(route: Route) -> int:
    return route.shift.driver_id


@pytest.fixture
def shipments(route: Route) -> list[Shipment]:
    return list(Shipment.objects.filter(stop__route=route).order_by("stop__sequence"))


@pytest.fixture
def channel(route: Route) -> Iterator[redis.client.PubSub]:
    """Hear what is published once the route is on the road."""
    with redis.Redis.from_url(installed.REDIS_URL) as client, client.pubsub() as subscription:
        subscription.subscribe(connection.CHANNEL)
        assert subscription.get_message(timeout=5) is not None
        yield subscription


def heard_on(channel: redis.client.PubSub) -> list[Message]:
    found = []
    while said := channel.get_message(timeout=0.05):
        found.append(messages.decode(said["data"]))
    return found


def positions_on(channel: redis.client.PubSub) -> list[tuple[tuple[int, ...], dict[str, Any]]]:
    heard = [message for message in heard_on(channel) if message.kind is Kind.POSITION]
    return [(message.shipment_ids, json.loads(message.frame)) for message in heard]


def seen(at: datetime, north_m: float = 0.0, **known: float) -> RawFix:
    """A fix so many metres north of a place that is near no door."""
    return RawFix(60.1750 + north_m * METRE, 24.9500, at, **known)


def drive(start: datetime, count: int) -> list[RawFix]:
    """A drive to the north at 15 m/s, a fix a second, to the microsecond."""
    return [seen(start + timedelta(seconds=number), 15 * number) for number in range(count)]


def forget() -> None:
    """Be a process that has not yet heard of any driver."""
    positions._known.clear()


def stored(driver_id: int) -> list[datetime]:
    breadcrumbs.flush()
    return list(Position.objects.filter(driver=driver_id).order_by("recorded_at").values_list("recorded_at", flat=True))


async def test_a_fix_reaches_those_who_may_see_the_driver(
    driver_id: int, shipments: list[Shipment], channel: redis.client.PubSub, now: datetime
) -> None:
    verdicts = await positions.accept(driver_id, [seen(now, heading=91.4, speed_mps=12.5)], at=now)

    assert verdicts == [Verdict.NEWEST]
    [message] = heard_on(channel)
    assert message.shipment_ids == tuple(shipment.id for shipment in shipments)
    assert len(message.frame.encode()) <= 300
    assert json.loads(message.frame) == {
        "type": "position",
        "t": int(now.timestamp() * 1_000_000),
        "recorded_at": now.isoformat(),
        "lat": 60.175,
        "lon": 24.95,
        "heading": 91.0,
    }


async def test_a_snapshot_shows_what_was_published_and_a_forecast_what_is_known(
    driver_id: int, shipments: list[Shipment], now: datetime
) -> None:
    at_a_door = RawFix(*DOORS[0], now + timedelta(seconds=60))
    first, second, _ = [await Shipment.objects.with_round().aget(id=shipment.id) for shipment in shipments]
    for raw_fix in (seen(now), at_a_door):
        await positions.accept(driver_id, [raw_fix], at=raw_fix.recorded_at)

    assert positions.last_fix_for(first) == Fix(*DOORS[0], None, now + timedelta(seconds=60))
    assert positions.last_fix_for(second) == Fix(60.175, 24.95, None, now)
    assert positions.last_raw_fix(driver_id) == Fix(*DOORS[0], None, now + timedelta(seconds=60))


def test_of_a_driver_who_was_never_heard_of_nothing_is_known(driver_id: int, shipments: list[Shipment]) -> None:
    assert positions.last_raw_fix(driver_id) is None
    assert positions.last_fix_for(Shipment.objects.with_round().get(id=shipments[0].id)) is None


def test_a_shipment_that_nobody_drives_has_no_position(shipments: list[Shipment], now: datetime) -> None:
    services.withdraw(shipments[0], at=now)

    assert positions.last_fix_for(Shipment.objects.with_round().get(id=shipments[0].id)) is None


async def test_no_fixes_are_no_work(driver_id: int, now: datetime) -> None:
    assert await positions.accept(driver_id, [], at=now) == []


async def test_a_fix_from_the_future_is_refused_and_nothing_is_kept(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    verdicts = await positions.accept(driver_id, [seen(now + timedelta(minutes=6))], at=now)

    assert verdicts == [Verdict.REFUSED]
    assert heard_on(channel) == []
    assert await sync_to_async(stored)(driver_id) == []


async def test_of_a_batch_all_are_kept_and_the_newest_is_shown(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now - timedelta(seconds=500), 500)
    batch = random.Random(7).sample(path, len(path))

    assert await positions.accept(driver_id, batch, at=now) == [Verdict.NEWEST] * 500
    assert [frame["recorded_at"] for _, frame in positions_on(channel)] == [path[-1].recorded_at.isoformat()]
    assert await sync_to_async(stored)(driver_id) == [raw_fix.recorded_at for raw_fix in path]


async def test_late_double_and_held_fixes_are_kept_and_not_shown(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now, 4)
    forged = seen(now + timedelta(seconds=3.5), 50_000)
    verdicts = []
    for raw_fix in (path[0], path[2], path[1], path[2], forged, path[3]):
        verdicts += await positions.accept(driver_id, [raw_fix], at=now + timedelta(seconds=4))

    assert verdicts == [
        Verdict.NEWEST, Verdict.NEWEST, Verdict.LATE, Verdict.LATE, Verdict.HELD, Verdict.NEWEST,
    ]  # fmt: skip
    assert [frame["recorded_at"] for _, frame in positions_on(channel)] == [
        path[number].recorded_at.isoformat() for number in (0, 2, 3)
    ]
    assert await sync_to_async(stored)(driver_id) == [raw_fix.recorded_at for raw_fix in (*path, forged)]


async def test_after_a_tunnel_the_driver_is_live_again_within_three_seconds(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    await positions.accept(driver_id, [seen(now)], at=now)
    for second in (20, 21, 22):
        at = now + timedelta(seconds=second)
        await positions.accept(driver_id, [seen(at, 3000 + second)], at=at)

    assert [frame["recorded_at"] for _, frame in positions_on(channel)] == [
        (now + timedelta(seconds=second)).isoformat() for second in (0, 22)
    ]


async def test_another_process_goes_on_where_this_one_stood(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now, 6)
    verdicts = []
    for number in (0, 1, 3, 2, 4, 5):
        forget()
        verdicts += await positions.accept(driver_id, [path[number]], at=now + timedelta(seconds=6))

    assert verdicts == [Verdict.NEWEST] * 3 + [Verdict.LATE] + [Verdict.NEWEST] * 2
    assert len(positions_on(channel)) == 5


async def test_what_this_process_knows_is_worth_nothing_once_another_has_written(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now, 4)
    await positions.accept(driver_id, path[:1], at=now)
    before = dict(positions._known)
    await positions.accept(driver_id, path[2:3], at=now + timedelta(seconds=2))

    positions._known.clear()
    positions._known.update(before)
    verdicts = await positions.accept(driver_id, path[1:2], at=now + timedelta(seconds=3))

    assert verdicts == [Verdict.LATE]
    assert len(positions_on(channel)) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_fixes_that_come_in_all_at_once_never_move_the_marker_back(
    seed: int, driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    chance = random.Random(seed)
    path = drive(now - timedelta(seconds=20), 20)
    arrivals = path + chance.sample(path, 4)
    chance.shuffle(arrivals)

    async def arrive(raw_fix: RawFix) -> Verdict:
        await asyncio.sleep(chance.random() / 20)
        forget()
        return (await positions.accept(driver_id, [raw_fix], at=now))[0]

    async with asyncio.TaskGroup() as arriving:
        for raw_fix in arrivals:
            arriving.create_task(arrive(raw_fix))

    shown = [frame["recorded_at"] for _, frame in positions_on(channel)]
    assert all(before < after for before, after in pairwise(shown))
    last = await sync_to_async(positions.last_raw_fix)(driver_id)
    assert last is not None
    assert last.recorded_at == path[-1].recorded_at
    assert await sync_to_async(stored)(driver_id) == [raw_fix.recorded_at for raw_fix in path]


async def test_once_the_parcel_is_delivered_no_position_follows(
    driver_id: int, shipments: list[Shipment], channel: redis.client.PubSub, now: datetime
) -> None:
    delivered, *others = (shipment.id for shipment in shipments)

    async def report(number: int) -> None:
        await positions.accept(driver_id, [drive(now, 40)[number]], at=now + timedelta(seconds=number))

    async def deliver() -> None:
        await asyncio.sleep(0.02)
        await sync_to_async(services.record)(shipments[0], Status.DELIVERED, at=now)

    async with asyncio.TaskGroup() as happening:
        happening.create_task(deliver())
        for number in range(20):
            await report(number)
            await asyncio.sleep(0.005)
    await report(25)

    heard = heard_on(channel)
    hidden = next(place for place, message in enumerate(heard) if message.kind is Kind.HIDDEN)
    assert heard[hidden].shipment_ids == (delivered,)
    after = [message.shipment_ids for message in heard[hidden:] if message.kind is Kind.POSITION]
    assert after
    assert set(after) == {tuple(others)}


async def test_on_a_break_no_position_is_sent(
    driver_id: int, route: Route, channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now, 3)
    await positions.accept(driver_id, path[:1], at=now)
    await sync_to_async(rounds.move_shift)(route.shift, ShiftState.ON_BREAK, at=now)
    await positions.accept(driver_id, path[1:2], at=now + timedelta(seconds=1))
    await sync_to_async(rounds.move_shift)(route.shift, ShiftState.WORKING, at=now)
    await positions.accept(driver_id, path[2:], at=now + timedelta(seconds=2))

    assert [frame["recorded_at"] for _, frame in positions_on(channel)] == [
        path[number].recorded_at.isoformat() for number in (0, 2)
    ]
    assert len(await sync_to_async(stored)(driver_id)) == 3


async def test_a_change_that_nobody_told_of_is_seen_when_the_audience_expires(
    driver_id: int, shipments: list[Shipment], channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now, 2)
    await positions.accept(driver_id, path[:1], at=now)
    await Shipment.objects.filter(id=shipments[0].id).aupdate(stop=None)
    await connection.async_client().delete(audience.key(driver_id))

    await positions.accept(driver_id, path[1:], at=now + timedelta(seconds=1))

    assert [ids for ids, _ in positions_on(channel)] == [
        tuple(shipment.id for shipment in shipments),
        tuple(shipment.id for shipment in shipments[1:]),
    ]


async def test_a_driver_on_no_route_is_heard_and_shown_to_nobody(
    driver_id: int, shipments: list[Shipment], channel: redis.client.PubSub, now: datetime
) -> None:
    for shipment in shipments:
        await sync_to_async(services.record)(shipment, Status.ATTEMPTED, at=now)
    heard_on(channel)

    assert await positions.accept(driver_id, [seen(now)], at=now) == [Verdict.NEWEST]
    assert positions_on(channel) == []
    assert await sync_to_async(stored)(driver_id) == [now]


@pytest.fixture
def socket(settings: Settings) -> Iterator[Path]:
    """Say where a Redis shall be that a test may start and stop; there is none yet."""
    with tempfile.TemporaryDirectory(prefix="doorstep-", dir="/tmp") as folder:
        path = Path(folder) / "redis.sock"
        settings.REDIS_URL = f"unix://{path}?db=0"
        yield path


async def test_while_redis_is_away_nothing_is_lost_and_nothing_is_shown(
    driver_id: int, shipments: list[Shipment], now: datetime, socket: Path
) -> None:
    future = seen(now + timedelta(hours=1))

    assert await positions.accept(driver_id, [*drive(now, 3), future], at=now) == [Verdict.NEWEST] * 3 + [
        Verdict.REFUSED
    ]
    assert await positions.accept(driver_id, drive(now, 3), at=now) == [Verdict.NEWEST] * 3

    recorded = Position.objects.filter(driver=driver_id).order_by("recorded_at")
    assert [position.recorded_at async for position in recorded] == [raw_fix.recorded_at for raw_fix in drive(now, 3)]
    assert positions.last_raw_fix(driver_id) is None
    first = await Shipment.objects.with_round().aget(id=shipments[0].id)
    assert positions.last_fix_for(first) is None


async def test_when_redis_comes_back_empty_positions_go_on(driver_id: int, now: datetime, socket: Path) -> None:
    path, later = drive(now, 9), now + timedelta(seconds=9)
    with servers.redis_server(socket):
        await positions.accept(driver_id, path[:3], at=later)
    await connection.close()
    await positions.accept(driver_id, path[3:6], at=later)
    with servers.redis_server(socket):
        await positions.accept(driver_id, path[6:], at=later)
        last = await sync_to_async(positions.last_raw_fix)(driver_id)
        recorded = await sync_to_async(stored)(driver_id)

    assert last is not None
    assert last.recorded_at == path[8].recorded_at
    # What had been taken in and not yet written down went with that Redis, which kept nothing on disk.
    assert recorded == [raw_fix.recorded_at for raw_fix in path[3:]]


async def test_a_redis_that_has_forgotten_the_script_is_told_it_again(
    driver_id: int, channel: redis.client.PubSub, now: datetime
) -> None:
    path = drive(now, 2)
    await positions.accept(driver_id, path[:1], at=now)
    await connection.async_client().script_flush()

    await positions.accept(driver_id, path[1:], at=now + timedelta(seconds=1))

    assert len(positions_on(channel)) == 2


async def test_a_request_that_is_given_up_holds_up_nobody(driver_id: int, now: datetime) -> None:
    path = drive(now, 3)
    given_up = asyncio.create_task(positions.accept(driver_id, path[:1], at=now))
    others = [asyncio.create_task(positions.accept(driver_id, [raw_fix], at=now)) for raw_fix in path[1:]]
    await asyncio.sleep(0)
    given_up.cancel()

    assert await asyncio.gather(*others) == [[Verdict.NEWEST], [Verdict.NEWEST]]
    assert given_up.cancelled()


async def test_more_requests_at_once_than_one_batch_holds_are_all_answered(now: datetime) -> None:
    drivers = [await sync_to_async(make_driver)() for _ in range(100)]

    verdicts = await asyncio.gather(*(positions.accept(driver.id, [seen(now)], at=now) for driver in drivers))

    assert verdicts == [[Verdict.NEWEST]] * 100
    assert await sync_to_async(lambda: [stored(driver.id) for driver in drivers])() == [[now]] * 100


async def try_all(driver_id: int, raw_fixes: Sequence[RawFix], *, at: datetime) -> list[int]:
    """Send fixes one by one at one moment; gives the seconds that those had to wait who were too fast."""
    waits = []
    for raw_fix in raw_fixes:
        try:
            await positions.accept(driver_id, [raw_fix], at=at)
        except TooFast as haste:
            waits.append(haste.retry_after_seconds)
    return waits


async def test_five_a_second_are_enough(driver_id: int, now: datetime) -> None:
    path = [seen(now + timedelta(milliseconds=10 * number), number / 10) for number in range(200)]

    assert await try_all(driver_id, path[:30], at=now) == [1] * 5
    assert await try_all(driver_id, path[30:36], at=now + timedelta(seconds=1)) == [1]
    assert await try_all(driver_id, path[36:66], at=now + timedelta(seconds=60)) == [1] * 5
    assert len(await sync_to_async(stored)(driver_id)) == 55


async def test_what_a_phone_collected_out_of_reach_gets_through_one_by_one(driver_id: int, now: datetime) -> None:
    assert await try_all(driver_id, drive(now - timedelta(hours=2), 300), at=now) == []
    assert await try_all(driver_id, drive(now, 25), at=now) == []


async def test_what_a_phone_collected_out_of_reach_gets_through_in_batches_but_not_for_ever(
    driver_id: int, now: datetime
) -> None:
    collected = drive(now - timedelta(hours=2), 7200)
    for start in range(0, 7000, 1000):
        await positions.accept(driver_id, collected[start : start + 1000], at=now)

    with pytest.raises(TooFast) as haste:
        await positions.accept(driver_id, collected[:1000], at=now)

    assert haste.value.retry_after_seconds == 160
    await positions.accept(driver_id, collected[7000:], at=now)
    assert len(await sync_to_async(stored)(driver_id)) == 7200


async def test_one_driver_in_haste_does_not_slow_another(driver_id: int, now: datetime) -> None:
    other_driver = await sync_to_async(make_driver)()

    assert len(await try_all(driver_id, drive(now, 40), at=now + timedelta(seconds=40))) == 15
    assert await try_all(other_driver.id, drive(now, 20), at=now + timedelta(seconds=20)) == []


def test_a_track_is_forgotten_after_a_day(driver_id: int, now: datetime) -> None:
    asyncio.run(_accept_one(driver_id, now))

    lasts: Any = connection.sync_client().ttl(positions._key(driver_id))
    assert 86_000 < lasts <= 86_400


async def _accept_one(driver_id: int, now: datetime) -> None:
    await positions.accept(driver_id, [seen(now)], at=now)
    await connection.close()
