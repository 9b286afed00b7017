"""A peer: the consumer of Channels' tutorial, with a group for each driver and the Redis layer it recommends.

Two options keep it alive under redis-py 8, as somebody who ran it would find out: no timeout on reads, which would
close idle sockets after five seconds, and a pool that two thousand sockets may draw from at once.
"""

import json
import os
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

LAYER = {
    "BACKEND": "channels_redis.core.RedisChannelLayer",
    "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None, "max_connections": 10_000}]},
}
settings.configure(CHANNEL_LAYERS={"default": LAYER})


class DriverConsumer(AsyncWebsocketConsumer):
    """One socket: joins its driver's group, and hands on what is said there."""

    async def connect(self) -> None:
        self.group = f"driver_{self.scope['url_route']['kwargs']['driver']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, _code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def driver_moved(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["said"]))


application = ProtocolTypeRouter({"websocket": URLRouter([path("driver/<int:driver>/", DriverConsumer.as_asgi())])})
