"""How many pages are open: every process tells of its own, and forgets none that is still there."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
import redis
from asgiref.sync import sync_to_async
from pytest_django import Settings

from tests.factories import NOON, make_route
from tests.tracking.test_hub import Page
from tracking import connection
from tracking.live import audience, watchers
from tracking.live.hub import Hub
from tracking.live.watchers import Tally
from tracking.shipments.models import Shipment

PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
async def _no_connection_is_left(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(watchers, "TELL_EVERY_SECONDS", 0.02)
    yield
    await connection.close()


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a fact, beside the event loop."""

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, "It never came about."
            time.sleep(0.01)

    await sync_to_async(wait)()


async def test_the_pages_of_all_processes_are_added_up_and_taken_off_again() -> None:
    one, other = Tally(), Tally()
    for tally, shipment_id in ((one, 1), (one, 1), (one, 2), (other, 1), (other, 3)):
        tally.come(shipment_id)
    await until(lambda: watchers.count([1, 3]) == 4)
    await until(lambda: watchers.count([2]) == 1)

    one.go(1)
    await until(lambda: watchers.count([1]) == 2)
    one.go(1)
    one.go(2)
    await until(lambda: watchers.count([1, 2]) == 1)

    await asyncio.gather(one.rest(), other.rest())
    assert await sync_to_async(watchers.count)([1, 2, 3]) == 0


async def test_the_pages_of_a_process_that_was_killed_are_forgotten() -> None:
    killed = Tally()
    killed.come(1)
    await until(lambda: watchers.count([1]) == 1)
    client: redis.Redis = connection.sync_client()
    killed_tells = killed._telling
    assert killed_tells is not None
    killed_tells.cancel()
    await asyncio.wait([killed_tells])

    assert 0 < client.ttl(f"{watchers.PROCESSES}:{killed._name}") <= watchers.LASTS_SECONDS
    client.zadd(watchers.PROCESSES, {killed._name: time.time() - watchers.LASTS_SECONDS - 1})

    assert await sync_to_async(watchers.count)([1]) == 0


async def test_what_redis_has_forgotten_is_told_anew() -> None:
    tally = Tally()
    tally.come(1)
    await until(lambda: watchers.count([1]) == 1)

    await connection.async_client().flushdb()

    await until(lambda: watchers.count([1]) == 1)
    await tally.rest()


async def test_while_redis_is_away_pages_are_counted_and_told_of_later(settings: Settings) -> None:
    there, tally = settings.REDIS_URL, Tally()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    tally.come(1)
    await asyncio.sleep(0)
    with pytest.raises(connection.Away):
        await sync_to_async(watchers.count)([1])

    await connection.close()
    settings.REDIS_URL = there

    await until(lambda: watchers.count([1]) == 1)
    await tally.rest()


@pytest.mark.django_db(transaction=True)
async def test_a_driver_is_told_of_the_open_pages_that_may_show_them() -> None:
    def lay_out() -> tuple[int, list[int]]:
        route = make_route([(60.16 + 0.002 * number, 24.94) for number in range(8)])
        audience.refresh(route.shift.driver_id, at=NOON)
        waiting = Shipment.objects.filter(stop__route=route).order_by("stop__sequence")
        return route.shift.driver_id, [*waiting.values_list("id", flat=True)]

    driver_id, shipments = await sync_to_async(lay_out)()
    hub = Hub()

    # The last one is too far away to see the driver.
    async with (
        hub.watching(shipments[0], Page()),
        hub.watching(shipments[0], Page()),
        hub.watching(shipments[-1], Page()),
    ):
        await until(lambda: watchers.count(shipments) == 3)
        assert await sync_to_async(audience.count)(driver_id) == 2

    assert await sync_to_async(audience.count)(driver_id) == 0
