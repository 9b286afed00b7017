"""The way to Redis: clients that would rather give up than keep a shopper or a driver waiting.

Redis holds nothing that cannot be found again in the database, so whoever uses these clients catches ``Away`` and
goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings
from redis import retry as threaded
from redis.asyncio import retry as looped
from redis.backoff import NoBackoff

CHANNEL: Final = "doorstep:live"
MOST_CONNECTIONS: Final = 16
PATIENCE_SECONDS: Final = 0.25
"""How long a thread waits for Redis, which is how much longer a page takes while Redis hangs."""

LOOP_PATIENCE_SECONDS: Final = 1.0
"""How long a task waits. Longer, because a busy event loop lets time pass after the answer has come."""

Away: Final = (redis.ConnectionError, redis.TimeoutError, redis.OutOfMemoryError, redis.ReadOnlyError)
"""What to catch: Redis is down, too slow, or takes nothing in."""

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


def sync_client() -> redis.Redis:
    """Give the client that the threads of this process share. It neither retries nor waits long."""
    return _sync_client(settings.REDIS_URL)


def async_client() -> redis.asyncio.Redis:
    """Give the client of the running event loop. It neither retries nor waits long; ``close`` ends it."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(
                settings.REDIS_URL,
                max_connections=MOST_CONNECTIONS,
                timeout=LOOP_PATIENCE_SECONDS,
                socket_timeout=LOOP_PATIENCE_SECONDS,
                socket_connect_timeout=LOOP_PATIENCE_SECONDS,
                retry=looped.Retry(NoBackoff(), 0),
            )
        )
    return _clients[loop]


async def close() -> None:
    """Close the client of the running event loop, if it has one: for a loop that is about to end."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


@asynccontextmanager
async def subscription() -> AsyncIterator[AsyncIterator[bytes]]:
    """Subscribe to the channel; gives all that is said on it from the moment the context is entered.

    Waits for as long as nothing is said: redis-py's own timeout does not hold here, and a Redis that is no longer
    there is noticed by TCP's keepalive within a minute.

    Raises one of ``Away`` where Redis cannot be reached, or can no longer.
    """
    async with async_client().pubsub() as pubsub:
        await pubsub.subscribe(CHANNEL)
        if await pubsub.get_message(timeout=LOOP_PATIENCE_SECONDS) is None:
            raise redis.TimeoutError("Redis did not confirm the subscription.")
        yield (message["data"] async for message in pubsub.listen() if message["type"] == "message")


@cache
def _sync_client(url: str) -> redis.Redis:
    return redis.Redis.from_pool(
        redis.BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=threaded.Retry(NoBackoff(), 0),
        )
    )
