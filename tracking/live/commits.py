"""The way of a judged position into Redis: everything that waits goes in one round trip.

While one batch is under way the next one gathers, so that a busy server sends larger batches, and not more of them, and
never waits for a connection.
"""

import asyncio
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import redis

from tracking import connection

SCRIPT: Final = Path(__file__).with_name("commit.lua").read_text()
DIGEST: Final = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
KEYS: Final = 4
MOST_AT_ONCE: Final = 64

Arguments = Sequence[str | bytes | int]
Answer = list[Any]


class Commits:
    """The commits of one event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Arguments, asyncio.Future[Answer]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def run(self, arguments: Arguments) -> Answer:
        """Run the script with these keys and arguments; gives its answer. Twice is harmless: the second is stale.

        Raises ``connection.Away``.
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((arguments, answered))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all(), name="commits")
        return await answered

    async def _send_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            answers = await _send([arguments for arguments, _ in batch])
            for (_, answered), answer in zip(batch, answers, strict=True):
                if answered.done():
                    continue
                if isinstance(answer, Exception):
                    answered.set_exception(answer)
                else:
                    answered.set_result(answer)
        self._sending = None


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Commits] = WeakKeyDictionary()


def current() -> Commits:
    """Give the commits of the running event loop."""
    return _of_loop.setdefault(asyncio.get_running_loop(), Commits())


async def _send(batch: Sequence[Arguments]) -> list[Answer | Exception]:
    """Run the script once for each; gives the answers, or what went wrong with each."""
    client = connection.async_client()
    try:
        answers = await _execute(client, batch)
        if any(isinstance(answer, redis.exceptions.NoScriptError) for answer in answers):
            await client.script_load(SCRIPT)
            answers = await _execute(client, batch)
    except redis.RedisError as error:
        return [error] * len(batch)
    return answers


async def _execute(client: redis.asyncio.Redis, batch: Sequence[Arguments]) -> list[Answer | Exception]:
    async with client.pipeline(transaction=False) as pipeline:
        for arguments in batch:
            pipeline.evalsha(DIGEST, KEYS, *arguments)
        answers: list[Answer | Exception] = await pipeline.execute(raise_on_error=False)
    return answers
