"""What is measured of a peer, and how."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import psutil

from benchmarks.fanout import pinned, viewers
from benchmarks.fanout.peers import Peer
from benchmarks.fanout.plan import DRIVERS, VIEWERS_PER_DRIVER
from benchmarks.fanout.viewers import Tally, Viewer
from benchmarks.intake import phones
from benchmarks.intake.phones import Phone
from tracking.live import messages
from tracking.live.messages import Kind
from tracking.visibility import Fix

WINDOW_SECONDS: Final = 2.5
STATE_EVERY: Final = 5
"""Of so many messages about a driver, one is a state."""

STALLED_ROOM_BYTES: Final = 4096
STALLING_POSITIONS: Final = 1000
STALLING_PAUSE_SECONDS: Final = 0.005

QUIET_SECONDS: Final = 5
LOOK_SECONDS: Final = 0.2


class Session:
    """A peer with everybody connected, and what they have been told so far."""

    def __init__(self, peer: Peer, process: psutil.Process) -> None:
        self.peer = peer
        self.bytes_per_viewer = 0.0
        self.rates: list[float] = []
        self.tally = Tally()
        self._process = process
        self._viewers: list[Viewer] = []
        self._stalled: list[Viewer] = []
        self._moments = [0] * DRIVERS
        self._versions: list[list[int]] = [[] for _ in range(DRIVERS)]
        self._said = 0

    async def connect(self) -> None:
        """Let everybody in, and see what they cost while nothing happens."""
        before = self._process.memory_info().rss
        self._viewers = await viewers.connect(self.peer.port, self.peer.paths, self.tally, greets=self.peer.greets)
        self.bytes_per_viewer = (self._process.memory_info().rss - before) / len(self._viewers)

    async def talk(self) -> None:
        """Tell everybody about their drivers for a while, and note the deliveries per second of processor time."""
        cpu, heard = pinned.cpu_seconds(self._process), self.tally.heard
        began = time.monotonic()
        for number in range(int(self.peer.positions_per_second * WINDOW_SECONDS)):
            await asyncio.sleep(max(0.0, began + number / self.peer.positions_per_second - time.monotonic()))
            await self._say(self._said)
            self._said += 1
        await self._until_quiet()
        self.rates.append((self.tally.heard - heard) / (pinned.cpu_seconds(self._process) - cpu))

    async def post(self, keys: Sequence[str], *, seconds: int) -> float:
        """Let each driver report once a second; gives the 99th percentile of the seconds from there to the viewers."""
        told = phones.Tally()
        crowd = await phones.connect(self.peer.port, [Phone(key, told) for key in keys])
        self.tally.delays.clear()
        async with asyncio.TaskGroup() as driving:
            for number, phone in enumerate(crowd):
                driving.create_task(_drive(phone, start=number / len(crowd), seconds=seconds))
        await asyncio.sleep(LOOK_SECONDS)
        for phone in crowd:
            phone.transport.close()
        return p99(self.tally.delays)

    async def stall(self, paths: Sequence[str]) -> float:
        """Let more viewers of the first driver in who never read, and talk until that matters; gives the bytes.

        They stay until everybody is let go.
        """
        before = self._process.memory_info().rss
        self._stalled = await viewers.connect(self.peer.port, paths, Tally(), room_bytes=STALLED_ROOM_BYTES)
        for viewer in self._stalled:
            viewer.transport.pause_reading()
        for _ in range(STALLING_POSITIONS):
            await self._see(0)
            await asyncio.sleep(STALLING_PAUSE_SECONDS)
        await self._until_quiet()
        return float(self._process.memory_info().rss - before)

    def p99_seconds(self) -> float:
        """Give what 99 of 100 positions took at most while we talked."""
        return p99(self.tally.delays)

    async def _until_quiet(self) -> None:
        """Wait until everybody is up to date, or nothing has arrived for a while."""
        heard_at, heard = time.monotonic(), self.tally.heard
        while self.behind() and time.monotonic() - heard_at < QUIET_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            if self.tally.heard != heard:
                heard_at, heard = time.monotonic(), self.tally.heard

    def refused(self) -> int:
        """Count those who were not let in, or not kept."""
        return sum(not viewer.is_open for viewer in self._viewers)

    def behind(self) -> int:
        """Count those who did not end on the last position, or did not hear every state in order."""
        return sum(not self._is_up_to_date(number, viewer) for number, viewer in enumerate(self._viewers))

    def hang_up(self) -> None:
        """Let everybody go."""
        for viewer in self._viewers + self._stalled:
            viewer.transport.abort()

    async def _say(self, number: int) -> None:
        driver = number % DRIVERS
        if number // DRIVERS % STATE_EVERY == STATE_EVERY - 1:
            self._versions[driver].append(len(self._versions[driver]) + 2)
            await self.peer.publish(driver, Kind.STATE, messages.status(self._versions[driver][-1]))
            return
        await self._see(driver)

    async def _see(self, driver: int) -> None:
        now = datetime.now(UTC)
        self._moments[driver] = int(now.timestamp() * 1_000_000)
        fix = Fix(60.16952 + driver / 1000, 24.93545, 91.0, now)
        await self.peer.publish(driver, Kind.POSITION, messages.position(fix, at=now))

    def _is_up_to_date(self, number: int, viewer: Viewer) -> bool:
        driver = number // VIEWERS_PER_DRIVER
        return viewer.is_open and viewer.last == self._moments[driver] and viewer.versions == self._versions[driver]


async def _drive(phone: Phone, *, start: float, seconds: int) -> None:
    began = time.monotonic() + start
    for second in range(seconds):
        await asyncio.sleep(began + second - time.monotonic())
        await phone.report(time.time())


def p99(delays: Sequence[float]) -> float:
    """Give what 99 of 100 stay below."""
    return statistics.quantiles(delays, n=100)[98]
