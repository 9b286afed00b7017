"""An installation to break: Redis, web, beat and workers, each a process that may be killed and comes back."""

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import redis

from tests import servers
from tests.chaos import scene
from tests.chaos.sizes import Size
from tests.servers import Program

LOOK_SECONDS = 0.1
READY_SECONDS = 60
BREAKER = "doorstep:breaker:twilio:sms"
PATIENCE_SECONDS = 5
WORKER = ("worker", "--pool", "solo", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
ALOUD = ("--include", "tests.chaos.dials", "--hostname")
TASK = re.compile(r"(begins|ends) ([0-9a-f-]{36})")

FAST = {"TWILIO_SEGMENTS_PER_SECOND": "5000", "TEXTS_AN_HOUR": "1000000"}
STEADY = {**FAST, "TWILIO_SEGMENTS_PER_SECOND": "100"}
PACED = {**FAST, "TWILIO_SEGMENTS_PER_SECOND": "10"}


class Unfinished(Exception):
    """What a test waited for has not come about in time; the message ends with what the workers said last."""


@dataclass
class Redis:
    """A Redis that keeps what it knows in a file, on a socket that stays when it goes."""

    path: Path
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"unix://{self.path}?db=0"

    def start(self) -> None:
        self._running.enter_context(servers.redis_server(self.path, "--appendonly", "yes"))

    def kill(self, *, and_forget: bool = False) -> None:
        """Kill it; ``and_forget`` takes its file too."""
        with redis.Redis.from_url(self.url) as client:
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
        self.stop()
        if and_forget:
            for kept in self.path.parent.glob("appendonly*"):
                shutil.rmtree(kept) if kept.is_dir() else kept.unlink()

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def is_breaker_open(self) -> bool:
        """Say whether Twilio is left alone for its failures."""
        with redis.Redis.from_url(self.url) as client:
            return bool(client.hexists(BREAKER, "shut_at"))

    def let_a_minute_pass(self) -> None:
        """Let Twilio have been left alone for a minute longer."""
        with redis.Redis.from_url(self.url) as client:
            for moment in ("shut_at", "shut_until"):
                client.hincrbyfloat(BREAKER, moment, -60_000)

    def cut(self) -> None:
        """Close every connection but the one that says so."""
        with redis.Redis.from_url(self.url) as client:
            for kind in ("normal", "pubsub"):
                client.client_kill_filter(_type=kind, skipme=True)

    def stop(self) -> None:
        self._running.close()


@dataclass
class Keeper:
    """A program that is started again whenever it has ended, as a supervisor would."""

    start: Callable[[], AbstractContextManager[Program]]
    starts: int = 0
    last_words: str = ""
    _program: Program | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def log(self) -> str:
        return self._program.log.read_text(errors="replace") if self._program else ""

    @property
    def story(self) -> str:
        """What is known of it, for who has to find out why it does not do what it should."""
        return f"start {self.starts}; before: {self.last_words[-3000:]}\nnow: {self.log[-3000:]}"

    @property
    def tasks(self) -> int:
        """How many tasks it has begun since it was started."""
        return sum(1 for what, _ in TASK.findall(self.log) if what == "begins")

    @property
    def is_busy(self) -> bool:
        """Whether it has begun a task and not ended it."""
        told = TASK.findall(self.log)
        return bool(told) and told[-1][0] == "begins"

    def keep(self) -> None:
        """Start it unless it runs."""
        if self._program is None or not self._program.is_running:
            self.last_words = self._program.end if self._program else ""
            self._running.close()
            self._program = self._running.enter_context(self.start())
            self.starts += 1

    def send(self, what: signal.Signals) -> None:
        if self._program is not None:
            self._program.send(what)

    def kill(self) -> None:
        if self._program is not None:
            self._program.kill()

    def stop(self) -> None:
        self.kill()
        self._running.close()
        self._program = None


@dataclass
class Fleet:
    """The processes of one installation. ``environment`` is what they share, ``site`` where its web process answers."""

    environment: Mapping[str, str]
    site: str
    redis: Redis
    folder: Path
    workers: list[Keeper] = field(default_factory=list)
    beat: Keeper | None = None
    _variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, size: Size, variables: Mapping[str, str] = FAST) -> None:
        """See to it that as many workers as a test needs run with these variables, and beat; returns when all do."""
        wanted = {**variables, "SWEEP_SECONDS": str(size.sweep_seconds)}
        if len(self.workers) != size.workers or self._variables != wanted:
            self.stop()
            self._variables = wanted
            self.workers = [Keeper(partial(self._celery, *WORKER, *ALOUD, f"worker-{n}")) for n in range(size.workers)]
        if self.beat is None:
            self.beat = Keeper(partial(self._celery, "beat", "--schedule", str(self.folder / "beat")))
        self.beat.send(signal.SIGCONT)
        self.until(self.is_ready, seconds=READY_SECONDS, what="ready")

    def is_ready(self) -> bool:
        """Say whether every worker has taken up its work."""
        return all(" ready." in worker.log for worker in self.workers)

    def tend(self) -> None:
        """Start again what has ended."""
        for keeper in self._keepers():
            keeper.keep()

    def kill(self) -> None:
        """Kill every worker, and beat with them."""
        for keeper in self._keepers():
            keeper.kill()

    @contextmanager
    def standstill(self) -> Iterator[None]:
        """Let every worker stand still meanwhile, so that work piles up."""
        for worker in self.workers:
            worker.send(signal.SIGSTOP)
        yield
        for worker in self.workers:
            worker.send(signal.SIGCONT)

    def until(self, is_done: Callable[[], object], *, seconds: float, what: str) -> float:
        """Tend the processes until something has come about; says how many seconds that took.

        Raises ``Unfinished`` where it took too long.
        """
        begun_at = time.monotonic()
        while not is_done():
            if time.monotonic() - begun_at > seconds:
                said = "\n".join(worker.story for worker in self.workers)
                raise Unfinished(f"not {what} within {seconds} s:\n{said}")
            self.tend()
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - begun_at

    def until_heard(self) -> float:
        """Tend the processes until every worker has had another task; says how many seconds that took."""
        before = {id(worker): (worker.starts, worker.tasks) for worker in self.workers}

        def is_heard(worker: Keeper) -> bool:
            starts, tasks = before[id(worker)]
            return worker.tasks > (tasks if worker.starts == starts else 0)

        return self.until(lambda: all(map(is_heard, self.workers)), seconds=60, what="heard of every worker")

    def until_settled(self, count: int, *, seconds: float = 300) -> float:
        """Tend the processes until of so many messages nothing more is to be done; says how many seconds that took."""
        return self.until(lambda: scene.settled() >= count, seconds=seconds, what=f"{count} messages settled")

    def rest(self) -> None:
        """Let what is being done come to its end and nothing new begin, so that nobody uses the database."""
        if self.beat is not None:
            self.beat.send(signal.SIGSTOP)
        self.redis.flush()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(worker.is_busy for worker in self.workers):
            if time.monotonic() > deadline:
                self.stop()
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Kill everything."""
        for keeper in self._keepers():
            keeper.stop()
        self.workers, self.beat = [], None

    def drive(self, way: str, shipment_ids: Sequence[int], **options: float) -> AbstractContextManager[Program]:
        """Change the status of shipments in another process of this installation, in one of the ways of ``driver``."""
        given = "".join(f", {name}={value!r}" for name, value in options.items())
        code = f"from tests.chaos import driver; driver.{way}({list(shipment_ids)}{given})"
        return self._program("manage", "shell", "-v", "0", "--no-imports", "-c", code)

    def pile_up(self, shipment_ids: Sequence[int]) -> None:
        """Change the status of shipments while the workers stand still."""
        with self.standstill(), self.drive("record", shipment_ids) as driver:
            self.until(lambda: not driver.is_running, seconds=600, what="recorded")

    def _celery(self, *words: str) -> AbstractContextManager[Program]:
        return self._program("celery", "-A", "tests.chaos.told", *words)

    def _program(self, *words: str) -> AbstractContextManager[Program]:
        return servers.program(*words, environment={**self.environment, **self._variables})

    def _keepers(self) -> list[Keeper]:
        return [*self.workers, *([self.beat] if self.beat else [])]
