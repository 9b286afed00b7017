"""One subscription for all open pages of this process, handed out here.

A reader that cannot keep up costs a few frames of memory and nobody's time. Whoever waits is served in turn by one
task, and only when it has to wait for a reader does another go on with the rest: a task for each of two thousand pages
would cost more than the sending (decision 0060).
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from weakref import WeakKeyDictionary

import redis
from redis.backoff import ExponentialWithJitterBackoff

from tracking import connection
from tracking.live import messages
from tracking.live.messages import Unreadable
from tracking.live.viewer import Page, Viewer
from tracking.live.watchers import Tally

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between two tries to subscribe, less what chance takes off, so that processes do not come back all at once."""

LOOK_SECONDS: Final = 10.0
"""How often a task that waits for a reader is looked after."""

SUBSCRIPTION_PATIENCE_SECONDS: Final = 1.0
"""How long a new page waits for the first subscription before it starts without."""

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, "Hub"] = WeakKeyDictionary()


def current() -> "Hub":
    """Give the hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


class Service:
    """Serves the viewers whose turn it is, one after the other, and lets none of them hold up the next."""

    def __init__(self) -> None:
        self._turns: deque[Viewer] = deque()
        self._servant: asyncio.Task[None] | None = None
        self._viewer: Viewer | None = None

    def give_turn(self, viewer: Viewer) -> None:
        """Have a viewer served soon."""
        self._turns.append(viewer)
        if self._servant is None:
            self._go_on()

    def _go_on(self) -> None:
        if self._turns:
            self._servant = asyncio.create_task(self._serve(), name="live service")
            # Called right after the first step of the task, which lasts until it is done or has to wait for a reader.
            asyncio.get_running_loop().call_soon(self._relieve, self._servant)

    async def _serve(self) -> None:
        servant = self._servant
        try:
            while servant is not None and servant is self._servant and self._turns:
                self._viewer = self._turns.popleft()
                await self._viewer.serve(servant)
        finally:
            if servant is self._servant:
                self._servant = None
                self._go_on()

    def _relieve(self, servant: asyncio.Task[None]) -> None:
        """Let another go on with the turns, if this one has to wait for a reader."""
        if servant is self._servant and self._viewer is not None:
            self._servant = None
            self._look_after(servant, self._viewer)
            self._go_on()

    def _look_after(self, servant: asyncio.Task[None], viewer: Viewer) -> None:
        """See from time to time whether the reader still holds up the servant."""
        if not servant.done():
            viewer.judge()
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_after, servant, viewer)


class Hub:
    """The subscription of one event loop. It lasts as long as anybody is watching."""

    def __init__(self) -> None:
        self._viewers: defaultdict[int, set[Viewer]] = defaultdict(set)
        self._service = Service()
        self._tally = Tally()
        self._subscription: asyncio.Task[None] | None = None
        self._is_subscribed = asyncio.Event()

    @asynccontextmanager
    async def watching(self, shipment_id: int, page: Page) -> AsyncIterator[None]:
        """Keep a page on a shipment up to date for as long as the context lasts; it is told everything first.

        It hears every message from before it is told, so that what it knows is never older than what it has missed.
        While Redis is away it opens nevertheless.
        """
        viewer = Viewer(page)
        self._viewers[shipment_id].add(viewer)
        self._tally.come(shipment_id)
        try:
            await self._wait_for_subscription()
            if viewer.start():
                self._service.give_turn(viewer)
            yield
        finally:
            await self._leave(shipment_id, viewer)

    async def _wait_for_subscription(self) -> None:
        if self._subscription is None:
            self._subscription = asyncio.create_task(self._subscribe(), name="live hub")
        with suppress(TimeoutError):
            async with asyncio.timeout(SUBSCRIPTION_PATIENCE_SECONDS):
                await self._is_subscribed.wait()

    async def _leave(self, shipment_id: int, viewer: Viewer) -> None:
        self._viewers[shipment_id].discard(viewer)
        self._tally.go(shipment_id)
        if not self._viewers[shipment_id]:
            del self._viewers[shipment_id]
        await viewer.leave()
        if not self._viewers and self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            self._is_subscribed.clear()
            subscription.cancel()
            await asyncio.wait([subscription])
        if not self._viewers:
            await self._tally.rest()

    async def _subscribe(self) -> None:
        """Listen until cancelled. After each subscription all are told anew, since what was said before is lost."""
        backoff = ExponentialWithJitterBackoff(base=FIRST_PAUSE_SECONDS, cap=LONGEST_PAUSE_SECONDS)
        failures = 0
        while True:
            try:
                async with connection.subscription() as incoming:
                    if failures:
                        logger.warning("Redis is back: live updates go on.")
                    failures = 0
                    self._start_over()
                    async for message in incoming:
                        self._hand_out(message)
            except redis.RedisError as error:
                self._is_subscribed.clear()
                failures += 1
                if failures == 1:
                    logger.warning("Redis is away (%s): no live updates.", type(error).__name__)
            await asyncio.sleep(backoff.compute(failures))

    def _start_over(self) -> None:
        self._is_subscribed.set()
        for viewers in self._viewers.values():
            for viewer in viewers:
                if viewer.fall_behind():
                    self._service.give_turn(viewer)

    def _hand_out(self, encoded: bytes) -> None:
        try:
            message = messages.decode(encoded)
        except Unreadable:
            logger.exception("Something that is not ours is on the channel.")
            return
        for shipment_id in message.shipment_ids:
            for viewer in self._viewers.get(shipment_id, ()):
                if viewer.take(message):
                    self._service.give_turn(viewer)
