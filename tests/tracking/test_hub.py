import asyncio
import logging
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from tests import servers
from tracking.live import connection, hub, messages
from tracking.live.hub import Hub, Viewer
from tracking.live.messages import Kind, Message


@pytest.fixture(autouse=True)
async def _no_connection_is_left() -> AsyncIterator[None]:
    yield
    await connection.close()


def make_viewer() -> Viewer:
    viewer = Viewer(17)
    viewer.catch_up()
    return viewer


def take(viewer: Viewer, *kinds_and_frames: tuple[Kind, str]) -> None:
    for kind, frame in kinds_and_frames:
        viewer.take(Message(kind, (17,), frame))


async def frames_of(viewer: Viewer) -> list[str | None]:
    frames = []
    try:
        async with asyncio.timeout(0.01):
            while not viewer.is_behind:
                frames.append(await viewer.next_frame())
    except TimeoutError:
        pass
    return frames


async def publish(kind: Kind, shipment_ids: list[int], frame: str = "") -> None:
    await connection.async_client().publish(connection.CHANNEL, messages.encode(kind, shipment_ids, frame))


async def hear(viewer: Viewer) -> str | None:
    async with asyncio.timeout(5):
        return await viewer.next_frame()


async def test_of_the_positions_that_wait_only_the_newest_is_kept() -> None:
    viewer = make_viewer()

    take(viewer, *((Kind.POSITION, f"position {number}") for number in range(1000)))

    assert await frames_of(viewer) == ["position 999"]


async def test_states_are_all_kept_and_the_position_takes_its_place_behind_the_latest() -> None:
    viewer = make_viewer()

    take(viewer, (Kind.POSITION, "early"), (Kind.STATE, "17"), (Kind.POSITION, "late"), (Kind.STATE, "18"))

    assert await frames_of(viewer) == ["17", "late", "18"]


async def test_a_position_does_not_outlive_the_news_that_there_is_none_to_show() -> None:
    viewer = make_viewer()

    take(viewer, (Kind.POSITION, "seen"), (Kind.STATE, "17"), (Kind.HIDDEN, "hidden"))

    assert await frames_of(viewer) == ["17", "hidden"]


async def test_a_position_after_the_news_that_there_is_none_is_shown() -> None:
    viewer = make_viewer()

    take(viewer, (Kind.HIDDEN, "hidden"), (Kind.POSITION, "seen"), (Kind.HIDDEN, "hidden"), (Kind.POSITION, "again"))

    assert await frames_of(viewer) == ["hidden", "again"]


async def test_a_reader_for_whom_too_much_waits_is_behind_and_keeps_nothing() -> None:
    viewer = make_viewer()

    take(viewer, *((Kind.STATE, str(number)) for number in range(hub.MOST_WAITING)))
    frames = await frames_of(viewer)
    take(viewer, *((Kind.STATE, str(number)) for number in range(hub.MOST_WAITING + 1)))

    assert frames == [str(number) for number in range(hub.MOST_WAITING)]
    assert await hear(viewer) is None
    viewer.catch_up()
    assert await frames_of(viewer) == []


async def test_whoever_is_to_be_told_anew_is_behind() -> None:
    viewer = make_viewer()

    take(viewer, (Kind.POSITION, "seen"), (Kind.ANEW, ""))

    assert viewer.is_behind


async def test_a_reader_who_waits_is_woken() -> None:
    viewer = make_viewer()
    hearing = asyncio.create_task(hear(viewer))
    await asyncio.sleep(0)

    take(viewer, (Kind.STATE, "17"))

    assert await hearing == "17"


async def test_a_message_reaches_the_viewers_it_names_and_nobody_else() -> None:
    desk = Hub()
    async with desk.viewer(1) as one, desk.viewer(1) as twin, desk.viewer(2) as two, desk.viewer(3) as three:
        for viewer in (one, twin, two, three):
            viewer.catch_up()

        await publish(Kind.POSITION, [1, 2], "seen")
        await publish(Kind.STATE, [1, 2, 3], "last")

        assert [await hear(one), await hear(one)] == ["seen", "last"]
        assert [await hear(twin), await hear(twin)] == ["seen", "last"]
        assert [await hear(two), await hear(two)] == ["seen", "last"]
        assert await hear(three) == "last"


async def test_what_is_not_ours_is_passed_over() -> None:
    async with Hub().viewer(1) as viewer:
        viewer.catch_up()

        await connection.async_client().publish(connection.CHANNEL, b"\xff\xfe")
        await publish(Kind.STATE, [1], "ours")

        assert await hear(viewer) == "ours"


async def test_there_is_one_subscription_and_only_while_somebody_is_watching() -> None:
    desk = Hub()

    async def subscribers() -> int:
        return dict(await connection.async_client().pubsub_numsub(connection.CHANNEL))[connection.CHANNEL.encode()]

    async with desk.viewer(1), desk.viewer(2):
        assert await subscribers() == 1
    assert await subscribers() == 0
    async with desk.viewer(1):
        assert await subscribers() == 1
    assert [task.get_name() for task in asyncio.all_tasks()].count("live hub") == 0


@pytest.fixture
def socket(settings: Settings) -> Iterator[Path]:
    """Say where a Redis shall be that a test may start and stop; there is none yet."""
    with tempfile.TemporaryDirectory(prefix="doorstep-", dir="/tmp") as folder:
        path = Path(folder) / "redis.sock"
        settings.REDIS_URL = f"unix://{path}?db=0"
        yield path


async def test_when_redis_comes_back_empty_everybody_is_told_anew_and_hears_again(
    socket: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with servers.redis_server(socket):
        context = Hub().viewer(1)
        viewer = await context.__aenter__()
        viewer.catch_up()
    await asyncio.sleep(0.5)
    with servers.redis_server(socket):
        assert await hear(viewer) is None
        viewer.catch_up()
        await publish(Kind.STATE, [1], "after")
        assert await hear(viewer) == "after"
        await context.__aexit__(None, None, None)

    assert [record.levelno for record in caplog.records if record.name == hub.__name__] == [logging.WARNING] * 2


async def test_a_page_opens_though_redis_is_away_and_hears_once_it_is_there(socket: Path) -> None:
    began = time.monotonic()
    async with Hub().viewer(1) as viewer:
        assert time.monotonic() - began < 1.5
        viewer.catch_up()
        with servers.redis_server(socket):
            assert await hear(viewer) is None
            viewer.catch_up()
            await publish(Kind.STATE, [1], "after")
            assert await hear(viewer) == "after"


async def test_a_redis_that_falls_silent_counts_as_away(
    socket: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "PULSE_SECONDS", 0.2)
    with servers.redis_server(socket) as url:
        async with Hub().viewer(1) as viewer:
            with redis.Redis.from_url(url) as client:
                pid = client.info()["process_id"]
            viewer.catch_up()
            await asyncio.sleep(1)
            assert not viewer.is_behind, "an answered ping is no reason to start over"

            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(1)
            os.kill(pid, signal.SIGCONT)

            assert await hear(viewer) is None
