"""How often a key may ask: so many times in each minute of the clock. While Redis is away nobody counts."""

from datetime import datetime
from typing import Final

from tracking import connection

MINUTE_SECONDS: Final = 60


def spend(key_id: int, *, most: int, at: datetime) -> int:
    """Count one request of a key; gives the seconds until it may ask again, 0 where it may now."""
    minute = int(at.timestamp()) // MINUTE_SECONDS
    name = f"doorstep:api:{key_id}:{minute}"
    try:
        with connection.sync_client().pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 2 * MINUTE_SECONDS)
            asked = int(pipeline.execute()[0])
    except connection.Away:
        return 0
    return MINUTE_SECONDS - int(at.timestamp()) % MINUTE_SECONDS if asked > most else 0
