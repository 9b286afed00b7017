import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import servers
from tracking import connection
from tracking.live import hub, messages, viewer
from tracking.live.hub import Hub
from tracking.live.messages import Kind

SNAPSHOT = "snapshot"


class Page:
    """A page whose reader reads only while ``is_reading`` is set."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self.was_hung_up = False
        self._news = asyncio.Event()

    async def snapshot(self) -> str:
        return SNAPSHOT

    async def show(self, frame: str) -> None:
        await self.is_reading.wait()
        self.read.append(frame)
        self._news.set()

    def hang_up(self) -> None:
        self.was_hung_up = True

    async def reads(self, *frames: str) -> None:
        """Wait until the last frames read are these."""
        async with asyncio.timeout(5):
            while self.read[-len(frames) :] != [*frames]:
                self._news.clear()
                await self._news.wait()


@pytest.fixture(autouse=True)
async def _no_connection_is_left() -> AsyncIterator[None]:
    yield
    await connection.close()


@pytest.fixture
def socket(settings: Settings) -> Iterator[Path]:
    """Say where a Redis shall be that a test may start and stop; there is none yet."""
    with tempfile.TemporaryDirectory(prefix="doorstep-") as folder:
        path = Path(folder) / "redis.sock"
        settings.REDIS_URL = f"unix://{path}?db=0"
        yield path


async def publish(kind: Kind, shipment_ids: list[int], frame: str = "") -> None:
    await connection.async_client().publish(connection.CHANNEL, messages.encode(kind, shipment_ids, frame))


async def subscribers() -> int:
    found = await connection.async_client().pubsub_numsub(connection.CHANNEL)
    return int(dict(found)[connection.CHANNEL.encode()])


async def test_a_page_is_told_everything_first_and_then_what_names_its_shipment() -> None:
    desk, one, twin, two, three = Hub(), Page(), Page(), Page(), Page()
    async with desk.watching(1, one), desk.watching(1, twin), desk.watching(2, two), desk.watching(3, three):
        for page in (one, twin, two, three):
            await page.reads(SNAPSHOT)

        await publish(Kind.POSITION, [1, 2], "seen")
        await two.reads("seen")
        await publish(Kind.STATE, [1, 2, 3], "last")
        await three.reads("last")

    assert one.read == twin.read == two.read == [SNAPSHOT, "seen", "last"]
    assert three.read == [SNAPSHOT, "last"]


async def test_of_the_positions_that_wait_for_a_slow_reader_only_the_newest_is_kept() -> None:
    slow, quick = Page(), Page()
    desk = Hub()
    async with desk.watching(1, slow), desk.watching(1, quick):
        await slow.reads(SNAPSHOT)
        slow.is_reading.clear()
        for number in range(1000):
            await publish(Kind.POSITION, [1], f"position {number}")
        await quick.reads("position 999")

        slow.is_reading.set()
        await slow.reads("position 999")

    assert slow.read == [SNAPSHOT, "position 0", "position 999"]


async def test_a_slow_reader_misses_no_state_and_gets_the_position_after_the_states_before_it() -> None:
    slow, quick = Page(), Page()
    desk = Hub()
    async with desk.watching(1, slow), desk.watching(1, quick):
        await slow.reads(SNAPSHOT)
        slow.is_reading.clear()
        await publish(Kind.STATE, [1], "16")
        for kind, frame in ((Kind.POSITION, "early"), (Kind.STATE, "17"), (Kind.POSITION, "late"), (Kind.STATE, "18")):
            await publish(kind, [1], frame)
        await quick.reads("18")

        slow.is_reading.set()
        await slow.reads("18")

    assert slow.read == [SNAPSHOT, "16", "17", "late", "18"]


async def test_a_position_does_not_outlive_the_news_that_there_is_none_to_show() -> None:
    slow, quick = Page(), Page()
    desk = Hub()
    async with desk.watching(1, slow), desk.watching(1, quick):
        await slow.reads(SNAPSHOT)
        slow.is_reading.clear()
        await publish(Kind.STATE, [1], "16")
        for kind, frame in ((Kind.POSITION, "seen"), (Kind.STATE, "17"), (Kind.HIDDEN, "hidden")):
            await publish(kind, [1], frame)
        await quick.reads("hidden")

        slow.is_reading.set()
        await slow.reads("hidden")
        await publish(Kind.POSITION, [1], "again")
        await slow.reads("again")

    assert slow.read == [SNAPSHOT, "16", "17", "hidden", "again"]


async def test_a_reader_for_whom_too_much_waits_is_told_everything_anew_instead() -> None:
    slow, quick = Page(), Page()
    desk = Hub()
    async with desk.watching(1, slow), desk.watching(1, quick):
        await slow.reads(SNAPSHOT)
        slow.is_reading.clear()
        await publish(Kind.STATE, [1], "first")
        for number in range(viewer.MOST_WAITING + 1):
            await publish(Kind.STATE, [1], str(number))
        await quick.reads(str(viewer.MOST_WAITING))

        slow.is_reading.set()
        await slow.reads("first", SNAPSHOT)

    assert slow.read == [SNAPSHOT, "first", SNAPSHOT]


async def test_whoever_is_to_be_told_anew_is() -> None:
    named, other = Page(), Page()
    desk = Hub()
    async with desk.watching(1, named), desk.watching(2, other):
        await other.reads(SNAPSHOT)

        await publish(Kind.ANEW, [1])
        await named.reads(SNAPSHOT, SNAPSHOT)

    assert other.read == [SNAPSHOT]


async def test_readers_who_do_not_read_hold_up_nobody_and_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(viewer, "STUCK_SECONDS", 0.2)
    stalled, quick = [Page() for _ in range(100)], Page()
    desk = Hub()
    contexts = [desk.watching(1, page) for page in [*stalled, quick]]
    for context in contexts:
        await context.__aenter__()
    for page in stalled:
        await page.reads(SNAPSHOT)
        page.is_reading.clear()

    began = time.monotonic()
    await publish(Kind.POSITION, [1], "seen")
    await quick.reads("seen")
    took = time.monotonic() - began
    await asyncio.sleep(0.5)
    for context in contexts:
        await context.__aexit__(None, None, None)

    assert took < 0.1
    assert all(page.was_hung_up for page in stalled)
    assert not quick.was_hung_up
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("live")] == []


async def test_what_is_not_ours_is_passed_over() -> None:
    page = Page()
    async with Hub().watching(1, page):
        await connection.async_client().publish(connection.CHANNEL, b"\xff\xfe")
        await publish(Kind.STATE, [1], "ours")

        await page.reads(SNAPSHOT, "ours")


async def test_there_is_one_subscription_and_only_while_somebody_is_watching() -> None:
    desk = Hub()

    async with desk.watching(1, Page()), desk.watching(2, Page()):
        assert await subscribers() == 1
    assert await subscribers() == 0
    async with desk.watching(1, Page()):
        assert await subscribers() == 1


async def test_when_redis_comes_back_empty_everybody_is_told_anew_and_hears_again(
    socket: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = Page()
    with servers.redis_server(socket):
        context = Hub().watching(1, page)
        await context.__aenter__()
        await page.reads(SNAPSHOT)
    await asyncio.sleep(0.5)
    with servers.redis_server(socket):
        await page.reads(SNAPSHOT, SNAPSHOT)
        await publish(Kind.STATE, [1], "after")
        await page.reads(SNAPSHOT, SNAPSHOT, "after")
        await context.__aexit__(None, None, None)

    assert [record.levelno for record in caplog.records if record.name == hub.__name__] == [logging.WARNING] * 2


async def test_a_page_opens_though_redis_is_away_and_hears_once_it_is_there(socket: Path) -> None:
    page = Page()
    began = time.monotonic()
    async with Hub().watching(1, page):
        await page.reads(SNAPSHOT)
        assert time.monotonic() - began < 2
        with servers.redis_server(socket):
            await page.reads(SNAPSHOT, SNAPSHOT)
            await publish(Kind.STATE, [1], "after")
            await page.reads("after")
