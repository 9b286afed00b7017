"""What many ask for at once, done together: while one batch is under way the next one gathers.

A busy process so does larger batches and not more of them, and nobody waits for a connection of their own. Where a
batch costs much, whatever is in it, it may also be waited for a little while it gathers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Doing = Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]]
"""Does a batch; gives for each item its answer, or what went wrong with it."""


class Batches(Generic[Item, Answer]):
    """Batches of one kind, of ``most`` items and gathered for so many seconds; each event loop has its own."""

    def __init__(self, do: Doing[Item, Answer], *, most: int, gathers_seconds: float = 0) -> None:
        self._do = do
        self._most = most
        self._gathers_seconds = gathers_seconds
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gathering[Item, Answer]] = WeakKeyDictionary()

    async def ask(self, item: Item) -> Answer:
        """Have something done with the next batch; gives its answer, or raises what went wrong with it.

        It is done even if whoever asked goes away meanwhile.
        """
        loop = asyncio.get_running_loop()
        gathering = self._of_loop.setdefault(loop, _Gathering(self._do, self._most, self._gathers_seconds))
        return await gathering.ask(item)


class _Gathering(Generic[Item, Answer]):
    def __init__(self, do: Doing[Item, Answer], most: int, gathers_seconds: float) -> None:
        self._do = do
        self._most = most
        self._gathers_seconds = gathers_seconds
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._doing: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Answer:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answered))
        if self._doing is None:
            # In no request's context, since it outlives the one that begins it.
            self._doing = asyncio.create_task(self._do_all(), name="batches", context=Context())
        return await answered

    async def _do_all(self) -> None:
        while self._waiting:
            if self._gathers_seconds:
                await asyncio.sleep(self._gathers_seconds)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            for (_, answered), answer in zip(batch, await self._answers(batch), strict=True):
                if answered.done():
                    continue
                if isinstance(answer, BaseException):
                    answered.set_exception(answer)
                else:
                    answered.set_result(answer)
        self._doing = None

    async def _answers(self, batch: Sequence[tuple[Item, object]]) -> Sequence[Answer | BaseException]:
        [done] = await asyncio.gather(self._do([item for item, _ in batch]), return_exceptions=True)
        return [done] * len(batch) if isinstance(done, BaseException) else done
