"""How many pages are open on shipments: each process tells Redis of its own, so that any can add them up.

What a process has told lasts as long as it repeats it, so that the pages of one that was killed are soon forgotten. A
page without a live connection, which asks now and then or has no scripts, is not counted.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

from tracking import connection

PROCESSES: Final = "doorstep:watched"
"""The sorted set of the processes that have told, each by when it did last."""

TELL_EVERY_SECONDS: Final = 2.0
LASTS_SECONDS: Final = 20


class Tally:
    """Counts the open pages of one event loop, and tells of them every other second while there are any."""

    def __init__(self) -> None:
        self._name = secrets.token_hex(8)
        self._counts: Counter[int] = Counter()
        self._changed: set[int] = set()
        self._telling: asyncio.Task[None] | None = None

    def come(self, shipment_id: int) -> None:
        """Count one more page."""
        self._count(shipment_id, 1)
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_on(), name="live tally")

    def go(self, shipment_id: int) -> None:
        """Count one page less."""
        self._count(shipment_id, -1)

    async def rest(self) -> None:
        """Stop telling, because the last page has gone; what was told is taken back."""
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()
            await asyncio.wait([telling])
            with suppress(*connection.Away):
                await connection.async_client().delete(_key(self._name))

    def _count(self, shipment_id: int, more: int) -> None:
        self._counts[shipment_id] += more
        self._changed.add(shipment_id)
        if not self._counts[shipment_id]:
            del self._counts[shipment_id]

    async def _tell_on(self) -> None:
        while True:
            changed, self._changed = self._changed, set()
            try:
                is_known = await self._tell(changed)
            except connection.Away:
                self._changed |= changed
                is_known = False
            if not is_known:
                self._changed.update(self._counts)
            await asyncio.sleep(TELL_EVERY_SECONDS)

    async def _tell(self, changed: Collection[int]) -> bool:
        """Tell what has changed. Says whether what was told before is still known."""
        open_pages = {each: self._counts[each] for each in changed if each in self._counts}
        gone = [str(each) for each in changed if each not in self._counts]
        now = time.time()
        async with connection.async_client().pipeline(transaction=False) as pipeline:
            pipeline.expire(_key(self._name), LASTS_SECONDS)
            if open_pages:
                pipeline.hset(_key(self._name), mapping={str(each): pages for each, pages in open_pages.items()})
            if gone:
                pipeline.hdel(_key(self._name), *gone)
            pipeline.expire(_key(self._name), LASTS_SECONDS)
            pipeline.zadd(PROCESSES, {self._name: now})
            pipeline.zremrangebyscore(PROCESSES, "-inf", now - LASTS_SECONDS)
            return bool((await pipeline.execute())[0])


def count(shipment_ids: Collection[int]) -> int:
    """Add up the open pages of these shipments.

    Raises ``connection.Away``.
    """
    client: Any = connection.sync_client()
    names = client.zrangebyscore(PROCESSES, time.time() - LASTS_SECONDS, "+inf") if shipment_ids else []
    with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hmget(_key(name.decode()), [str(shipment_id) for shipment_id in shipment_ids])
        return sum(int(said) for told in pipeline.execute() for said in told if said)


def _key(name: str) -> str:
    return f"{PROCESSES}:{name}"
