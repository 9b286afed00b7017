"""One subscription for all open pages of this process, handed out here.

A reader that cannot keep up costs a few frames of memory and nobody's time: of the positions that wait for it only the
newest is kept, and when too many states wait, or some may have been missed, it is to be told everything anew.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final
from weakref import WeakKeyDictionary

import redis
from redis.backoff import ExponentialWithJitterBackoff

from tracking.live import connection, messages
from tracking.live.messages import Kind, Message, Unreadable

logger = logging.getLogger(__name__)

MOST_WAITING: Final = 32
"""Frames that may wait for one reader."""

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between two tries to subscribe, less what chance takes off, so that processes do not come back all at once."""

SUBSCRIPTION_PATIENCE_SECONDS: Final = 1.0
"""How long a new page waits for the first subscription before it starts without."""


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, "Hub"] = WeakKeyDictionary()


def current() -> "Hub":
    """Give the hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


class Viewer:
    """One open page, and what waits to be sent to it.

    ``is_behind`` at first, and whenever messages may have been missed: the reader is to be told everything anew.
    """

    __slots__ = ("_waiter", "_waiting", "is_behind", "shipment_id")

    def __init__(self, shipment_id: int) -> None:
        self.shipment_id = shipment_id
        self.is_behind = True
        self._waiting: dict[str, str] = {}
        self._waiter: asyncio.Future[None] | None = None

    def take(self, message: Message) -> None:
        """Keep a message until the reader is ready for it."""
        match message.kind:
            case Kind.POSITION:
                self._keep(Kind.POSITION, message.frame)
            case Kind.STATE:
                self._keep(message.frame, message.frame)
            case Kind.HIDDEN:
                self._waiting.pop(Kind.POSITION, None)
                self._keep(message.frame, message.frame)
            case Kind.ANEW:
                self.fall_behind()

    def fall_behind(self) -> None:
        """Note that the reader is to be told everything anew, instead of what waits for it."""
        self._waiting.clear()
        self.is_behind = True
        self._wake()

    def catch_up(self) -> None:
        """Note that everything is being read for this reader now; messages from here on come after it."""
        self._waiting.clear()
        self.is_behind = False

    async def next_frame(self) -> str | None:
        """Give the next frame, once there is one; ``None`` when the reader is behind."""
        while not (self._waiting or self.is_behind):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.is_behind:
            return None
        return self._waiting.pop(next(iter(self._waiting)))

    def _keep(self, key: str, frame: str) -> None:
        """Put a frame at the end, in place of an earlier one with the same key."""
        self._waiting.pop(key, None)
        self._waiting[key] = frame
        if len(self._waiting) > MOST_WAITING:
            self.fall_behind()
        else:
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """The subscription of one event loop. It lasts as long as anybody is watching."""

    def __init__(self) -> None:
        self._viewers: defaultdict[int, set[Viewer]] = defaultdict(set)
        self._subscription: asyncio.Task[None] | None = None
        self._is_subscribed = asyncio.Event()

    @asynccontextmanager
    async def viewer(self, shipment_id: int) -> AsyncIterator[Viewer]:
        """Open a page on a shipment, for as long as the context lasts.

        Entered, it hears every message from then on, so that what is read afterwards is never older than what it
        heard. While Redis is away it opens nevertheless.
        """
        viewer = Viewer(shipment_id)
        self._viewers[shipment_id].add(viewer)
        try:
            await self._wait_for_subscription()
            yield viewer
        finally:
            await self._leave(viewer)

    async def _wait_for_subscription(self) -> None:
        if self._subscription is None:
            self._subscription = asyncio.create_task(self._subscribe(), name="live hub")
        with suppress(TimeoutError):
            async with asyncio.timeout(SUBSCRIPTION_PATIENCE_SECONDS):
                await self._is_subscribed.wait()

    async def _leave(self, viewer: Viewer) -> None:
        self._viewers[viewer.shipment_id].discard(viewer)
        if not self._viewers[viewer.shipment_id]:
            del self._viewers[viewer.shipment_id]
        if not self._viewers and self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            self._is_subscribed.clear()
            subscription.cancel()
            await asyncio.wait([subscription])

    async def _subscribe(self) -> None:
        """Listen until cancelled. After each subscription all are told anew, since what was said before is lost."""
        backoff = ExponentialWithJitterBackoff(base=FIRST_PAUSE_SECONDS, cap=LONGEST_PAUSE_SECONDS)
        failures = 0
        while True:
            try:
                async with connection.subscription() as incoming:
                    self._start_over(is_late=failures > 0)
                    failures = 0
                    async for message in incoming:
                        self._hand_out(message)
            except redis.RedisError as error:
                self._is_subscribed.clear()
                failures += 1
                if failures == 1:
                    logger.warning("Redis is away (%s): no live updates.", type(error).__name__)
            await asyncio.sleep(backoff.compute(failures))

    def _start_over(self, *, is_late: bool) -> None:
        if is_late:
            logger.warning("Redis is back: live updates go on.")
        self._is_subscribed.set()
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.fall_behind()

    def _hand_out(self, encoded: bytes) -> None:
        try:
            message = messages.decode(encoded)
        except Unreadable:
            logger.exception("Something that is not ours is on the channel.")
            return
        for viewer in self._readers(message.shipment_ids):
            viewer.take(message)

    def _readers(self, shipment_ids: Iterable[int]) -> Iterable[Viewer]:
        for shipment_id in shipment_ids:
            yield from self._viewers.get(shipment_id, ())
