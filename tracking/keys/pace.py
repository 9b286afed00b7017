"""How often a key may ask: so many times in each minute of the clock. While Redis is away nobody counts."""

from datetime import datetime
from typing import Any, Final

from tracking import connection

MINUTE_SECONDS: Final = 60


def spend(key_id: int, *, most: int, at: datetime) -> int:
    """Count one request of a key; gives the seconds until it may ask again, 0 where it may now."""
    try:
        with connection.sync_client().pipeline(transaction=False) as pipeline:
            _count(pipeline, key_id, at=at)
            asked = int(pipeline.execute()[0])
    except connection.Away:
        return 0
    return _wait(asked, most=most, at=at)


async def spend_on_a_loop(key_id: int, *, most: int, at: datetime) -> int:
    """Do the same without a thread."""
    try:
        async with connection.async_client().pipeline(transaction=False) as pipeline:
            _count(pipeline, key_id, at=at)
            asked = int((await pipeline.execute())[0])
    except connection.Away:
        return 0
    return _wait(asked, most=most, at=at)


def _count(pipeline: Any, key_id: int, *, at: datetime) -> None:
    """Put the counting of one request into a pipeline, of whichever kind of client."""
    name = f"doorstep:api:{key_id}:{int(at.timestamp()) // MINUTE_SECONDS}"
    pipeline.incr(name)
    pipeline.expire(name, 2 * MINUTE_SECONDS)


def _wait(asked: int, *, most: int, at: datetime) -> int:
    return MINUTE_SECONDS - int(at.timestamp()) % MINUTE_SECONDS if asked > most else 0
