"""One open page, and the little that may wait to be sent to it."""

import asyncio
from math import inf
from time import monotonic
from typing import Final, Protocol

from tracking.live.messages import Kind, Message

MOST_WAITING: Final = 32
"""Frames that may wait for one reader. One that falls further behind is told everything anew instead."""

STUCK_SECONDS: Final = 30.0
"""How long a reader may hold up one frame."""


class Page(Protocol):
    """What a viewer needs of its socket. No method minds that the reader has left."""

    async def snapshot(self) -> str | None:
        """Frame everything this page may know; ``None`` where that is nothing any more."""

    async def show(self, frame: str) -> None:
        """Send a frame; takes as long as the reader does."""

    def hang_up(self) -> None:
        """End the visit of a reader who does not read."""


class Viewer:
    """One open page as the hub sees it. Of the positions that wait for it only the newest is kept."""

    __slots__ = ("_has_turn", "_is_behind", "_page", "_servant", "_showing_since", "_waiting")

    def __init__(self, page: Page) -> None:
        self._page = page
        self._waiting: dict[str, str] = {}
        self._is_behind = True
        self._has_turn = False
        self._servant: asyncio.Task[None] | None = None
        self._showing_since = inf

    def start(self) -> bool:
        """Have this page told everything, if that has not begun; says the same as ``take``."""
        return self._is_behind and self._takes_turn()

    def take(self, message: Message) -> bool:
        """Keep a message for this page. Says whether it is to be given a turn to be served, because it has none."""
        if message.kind is Kind.POSITION:
            self._keep(Kind.POSITION, message.frame)
        elif message.kind is Kind.ANEW:
            self._is_behind = True
        else:
            if message.kind is Kind.HIDDEN:
                self._waiting.pop(Kind.POSITION, None)
            self._keep(message.frame, message.frame)
        return self._takes_turn()

    def fall_behind(self) -> bool:
        """Have this page told everything anew, instead of what waits for it; says the same as ``take``."""
        self._is_behind = True
        return self._takes_turn()

    async def serve(self, servant: asyncio.Task[None]) -> None:
        """Send what waits until nothing does; ``servant`` is the task that runs this."""
        self._servant = servant
        try:
            while self._is_behind or self._waiting:
                frame = await self._snapshot() if self._is_behind else self._waiting.pop(next(iter(self._waiting)))
                if frame is not None:
                    self._showing_since = monotonic()
                    await self._page.show(frame)
        finally:
            self._servant = None
            self._has_turn = False

    def judge(self) -> None:
        """Hang up if the reader has held up the same frame for too long. Called while ``serve`` has to wait."""
        if monotonic() - self._showing_since > STUCK_SECONDS:
            self._page.hang_up()

    async def leave(self) -> None:
        """Keep nothing more for this page, and let go whoever is serving it."""
        self._is_behind = False
        self._waiting.clear()
        if self._servant is not None:
            self._servant.cancel()
            await asyncio.wait([self._servant])

    async def _snapshot(self) -> str | None:
        self._is_behind = False
        self._waiting.clear()
        self._showing_since = inf
        return await self._page.snapshot()

    def _keep(self, key: str, frame: str) -> None:
        """Put a frame at the end, in place of an earlier one with the same key."""
        self._waiting.pop(key, None)
        self._waiting[key] = frame
        if len(self._waiting) > MOST_WAITING:
            self._is_behind = True
            self._waiting.clear()

    def _takes_turn(self) -> bool:
        had_turn, self._has_turn = self._has_turn, True
        return not had_turn
