"""The way of a judged position into Redis: everything that waits goes in one round trip."""

from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any, Final

import redis

from tracking import connection
from tracking.batches import Batches

SCRIPT: Final = Path(__file__).with_name("commit.lua").read_text()
DIGEST: Final = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
KEYS: Final = 4
MOST_AT_ONCE: Final = 64

Arguments = Sequence[str | bytes | int]
Answer = list[Any]


async def run(arguments: Arguments) -> Answer:
    """Run the script with these keys and arguments; gives its answer. Twice is harmless: the second is stale.

    Raises ``connection.Away``.
    """
    return await _commits.ask(arguments)


async def _send(batch: Sequence[Arguments]) -> list[Answer | Exception]:
    """Run the script once for each; gives the answers, or what went wrong with each."""
    client = connection.async_client()
    answers = await _execute(client, batch)
    if any(isinstance(answer, redis.exceptions.NoScriptError) for answer in answers):
        await client.script_load(SCRIPT)
        answers = await _execute(client, batch)
    return answers


async def _execute(client: redis.asyncio.Redis, batch: Sequence[Arguments]) -> list[Answer | Exception]:
    async with client.pipeline(transaction=False) as pipeline:
        for arguments in batch:
            pipeline.evalsha(DIGEST, KEYS, *arguments)
        answers: list[Answer | Exception] = await pipeline.execute(raise_on_error=False)
    return answers


_commits: Final = Batches(_send, most=MOST_AT_ONCE)
