"""What it costs to take positions in, by phones and by the API, against a view that does nothing.

The server runs on one core; the phones, Redis and the task that writes breadcrumbs down run on the other. Everything
is on: keys are looked up, fixes judged, the rule of doors held for twenty watchers a driver, tracks, breadcrumbs and
messages written. All peers take their turns in one run, and each figure is the median of several windows. After that
two hundred phones with bad habits drive for a minute.
"""

import asyncio
import itertools
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import redis.asyncio

from benchmarks.fanout import pinned
from benchmarks.intake import phones
from benchmarks.intake.phones import Phone, Program, Tally
from tests import servers
from tracking import connection
from tracking.live import messages
from tracking.live.messages import Kind

DEVICES: Final = 200
RUSH_DEVICES: Final = 300
"""For the throughput, enough that none is too fast for its limit."""

BATCH: Final = 20
"""Positions that a program has collected before it reports them."""

RUSH_AT_ONCE: Final = 20
WINDOWS: Final = 5
WINDOW_SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 5
"""Not counted in the answers' times: a server that has just started knows no driver yet."""

DRIVE_SECONDS: Final = int(os.environ.get("INGEST_SECONDS", "60"))
LATE_SHARE: Final = 0.10
LATEST_SECONDS: Final = 2 * 60 * 60
DOUBLE_SHARE: Final = 0.05
FLUSHED_WITHIN_SECONDS: Final = 30
OURS: Final = "config.asgi:application"
SHELL: Final = ("shell", "-v", "0", "--no-imports", "-c")


@dataclass(frozen=True)
class Peer:
    """A server that runs."""

    port: int
    process: psutil.Process


@dataclass(frozen=True)
class Crowd:
    """Who asks a server, all in the same way; made when there is a tally for what they are answered."""

    peer: Peer
    make: Callable[[Tally], Sequence[Phone]]


class Refused(Exception):
    """A peer answered something else than 200, so that its figures say nothing."""


def main() -> None:
    """Set everything up, measure under both servers, and print a line for each figure."""
    pinned.pin(pinned.CLIENT_CORE)
    with tempfile.TemporaryDirectory(prefix="doorstep-") as name, servers.redis_server() as redis_url:
        folder = Path(name)
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"sqlite:///{folder / 'doorstep.sqlite3'}",
            "REDIS_URL": redis_url,
            "API_REQUESTS_A_MINUTE": "1000000",
        }
        servers.manage("migrate", "-v", "0", environment={})
        keys = json.loads(_ask(f"from benchmarks.intake import scene; print(scene.lay_out({3 * RUSH_DEVICES}))"))
        secret, drivers = json.loads(_ask("from benchmarks.intake import scene; print(scene.let_in())"))
        with _flushing():
            for kind in ("daphne", "uvicorn"):
                _compare(kind, keys[:RUSH_DEVICES], (secret, drivers[RUSH_DEVICES:]), folder)
                _drive(kind, keys[:DEVICES], folder, redis_url)


def _compare(kind: str, keys: list[str], fleet: tuple[str, list[int]], folder: Path) -> None:
    """Let all peers take turns under one kind of server, each for drivers of its own, of whom as much is known."""
    secret, drivers = fleet
    with (
        _server(kind, "benchmarks.intake.empty:application", folder / "empty") as empty,
        _server(kind, OURS, folder / "ours") as ours,
    ):
        crowds = [
            Crowd(empty, lambda tally: [Phone(key, tally) for key in keys]),
            Crowd(ours, lambda tally: [Phone(key, tally) for key in keys]),
            Crowd(ours, lambda tally: [Program(secret, driver, tally, at_once=1) for driver in drivers[::2]]),
            Crowd(ours, lambda tally: [Program(secret, driver, tally, at_once=BATCH) for driver in drivers[1::2]]),
        ]
        nothing, by_phone, api, batches = asyncio.run(_rush(crowds))
    _say(f"empty_requests_per_cpu_second_{kind}", nothing)
    _say(f"positions_per_cpu_second_{kind}", by_phone)
    _say(f"positions_to_empty_requests_{kind}", by_phone / nothing)
    _say(f"positions_by_api_per_cpu_second_{kind}", api)
    _say(f"positions_by_api_to_by_phones_{kind}", api / by_phone)
    _say(f"positions_by_api_in_{BATCH}s_per_cpu_second_{kind}", batches * BATCH)


async def _rush(crowds: Sequence[Crowd]) -> list[float]:
    """Let each crowd ask as fast as it is answered, in turns; gives the answers a second of its server's time."""
    tallies = [Tally() for _ in crowds]
    asking = [
        itertools.cycle(await phones.connect(crowd.peer.port, crowd.make(tally)))
        for crowd, tally in zip(crowds, tallies, strict=True)
    ]
    rates: list[list[float]] = [[] for _ in crowds]
    for number in range(WINDOWS + 1):
        for crowd, turns, tally, found in zip(crowds, asking, tallies, rates, strict=True):
            answered, cpu = tally.answers, pinned.cpu_seconds(crowd.peer.process)
            await _ask_around(turns, until=time.monotonic() + WINDOW_SECONDS)
            if number:
                found.append((tally.answers - answered) / (pinned.cpu_seconds(crowd.peer.process) - cpu))
    for crowd, tally in zip(crowds, tallies, strict=True):
        if set(tally.statuses) != {200}:
            raise Refused(f"{crowd.peer.port} answered {tally.statuses}.")
    return [statistics.median(found) for found in rates]


async def _ask_around(turns: Iterator[Phone], *, until: float) -> None:
    async def ask() -> None:
        while time.monotonic() < until:
            await next(turns).report(time.time())

    async with asyncio.TaskGroup() as asking:
        for _ in range(RUSH_AT_ONCE):
            asking.create_task(ask())


def _drive(kind: str, keys: list[str], folder: Path, redis_url: str) -> None:
    """Let two hundred phones report once a second, late and twice now and then, and count what is left of it."""
    before = _count_stored()
    with _server(kind, OURS, folder / "drive") as peer:
        tally, sent, steps_back = asyncio.run(_report_all(peer, keys, redis_url))
    deadline = time.monotonic() + FLUSHED_WITHIN_SECONDS
    while (stored := _count_stored() - before) < sent and time.monotonic() < deadline:
        time.sleep(1)
    _say(f"answers_that_were_no_200_{kind}", tally.answers - tally.statuses[200])
    _say(f"p99_ms_of_{len(keys)}_devices_at_1_hz_{kind}", statistics.quantiles(tally.delays, n=100)[98] * 1000)
    _say(f"unique_fixes_sent_{kind}", sent)
    _say(f"fixes_stored_{kind}", stored)
    _say(f"markers_that_moved_back_{kind}", steps_back)


async def _report_all(peer: Peer, keys: list[str], redis_url: str) -> tuple[Tally, int, int]:
    """Let all phones report; gives the answers, the number of different fixes, and how often a marker moved back."""
    tally, moments = Tally(), [set[int]() for _ in keys]
    async with redis.asyncio.Redis.from_url(redis_url, socket_timeout=None) as client, client.pubsub() as channel:
        await channel.subscribe(connection.CHANNEL)
        watching = asyncio.create_task(_count_steps_back(channel))
        crowd = await phones.connect(peer.port, [Phone(key, tally) for key in keys])
        async with asyncio.TaskGroup() as driving:
            for phone, sent in zip(crowd, moments, strict=True):
                driving.create_task(_report_each_second(phone, sent))
            await asyncio.sleep(WARM_UP_SECONDS)
            tally.delays.clear()
        await channel.unsubscribe()
        return tally, sum(map(len, moments)), await watching


async def _report_each_second(phone: Phone, sent: set[int]) -> None:
    await asyncio.sleep(random.random())
    began = time.monotonic()
    for second in range(DRIVE_SECONDS):
        await asyncio.sleep(began + second - time.monotonic())
        late = random.uniform(60, LATEST_SECONDS) if random.random() < LATE_SHARE else 0.0
        moment = time.time() - late
        sent.add(round(moment * 1000))
        await phone.report(moment)
        if random.random() < DOUBLE_SHARE:
            await phone.report(moment)


async def _count_steps_back(channel: redis.asyncio.client.PubSub) -> int:
    """Count positions that are older than the one before them to the same readers, until the channel is left."""
    newest: dict[tuple[int, ...], str] = {}
    steps_back = 0
    async for said in channel.listen():
        if said["type"] == "unsubscribe":
            break
        if said["type"] == "message" and (message := messages.decode(said["data"])).kind is Kind.POSITION:
            recorded_at = json.loads(message.frame)["recorded_at"]
            steps_back += recorded_at <= newest.get(message.shipment_ids, "")
            newest[message.shipment_ids] = recorded_at
    return steps_back


@contextmanager
def _server(kind: str, application: str, log: Path) -> Iterator[Peer]:
    port = pinned.free_port()
    options = {
        "daphne": ["config.daphne", "-p", str(port)],
        "uvicorn": ["uvicorn", "--log-level", "warning", "--timeout-keep-alive", "120", "--port", str(port)],
    }
    with pinned.server(pinned.python(*options[kind], application), port=port, environment={}, log=log) as process:
        yield Peer(port, process)


@contextmanager
def _flushing() -> Iterator[None]:
    """Write breadcrumbs down every two seconds, as the worker does between its other tasks."""
    program = "import time; from tracking import tasks\nwhile True: tasks.flush_breadcrumbs(); time.sleep(2)"
    with subprocess.Popen([sys.executable, "manage.py", *SHELL, program], cwd=servers.ROOT) as process:
        try:
            yield
        finally:
            process.terminate()


def _count_stored() -> int:
    return int(_ask("from tracking.rounds.models import Position; print(Position.objects.count())"))


def _ask(program: str) -> str:
    return servers.manage(*SHELL, program, environment={})


def _say(figure: str, value: float) -> None:
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
