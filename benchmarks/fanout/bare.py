"""A peer: the smallest hub that ASGI allows. One subscription, a set of sockets for each driver, and a loop.

It has no snapshot, no visibility and no versions, it waits for its slowest reader, and whatever Redis says while it is
away is lost. What anything more costs is measured against it.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio

CHANNEL = "bare"

Send = Callable[[dict[str, Any]], Awaitable[None]]

sockets: defaultdict[str, set[Send]] = defaultdict(set)
tasks: list[asyncio.Task[None]] = []


async def application(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    """Hold one socket on ``/driver/<number>/`` until it closes."""
    if not tasks:
        tasks.append(asyncio.create_task(fan_out()))
    await receive()
    await send({"type": "websocket.accept"})
    driver = scope["path"].split("/")[2]
    sockets[driver].add(send)
    while (await receive())["type"] != "websocket.disconnect":
        pass
    sockets[driver].discard(send)


async def fan_out() -> None:
    """Send each message, ``<driver> <frame>``, to the driver's sockets."""
    client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
    async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)
        async for message in pubsub.listen():
            driver, _, frame = message["data"].decode().partition(" ")
            event = {"type": "websocket.send", "text": frame}
            for send in list(sockets[driver]):
                await send(event)
