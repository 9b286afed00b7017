"""Keys that were shown a moment ago: whoever reports every second is not looked up in the database every second."""

import time
from datetime import datetime
from typing import Final

from channels.db import database_sync_to_async

from tracking.keys import services
from tracking.keys.models import ApiKey
from tracking.keys.services import UnknownKey

REMEMBERED_SECONDS: Final = 4.0
"""How long a key that was revoked may go on working in a process that remembers it."""


class _Memory:
    """Good keys by the digest of their secret, each with the moment at which it was last read."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[float, ApiKey]] = {}

    async def find(self, secret: str, *, at: datetime) -> ApiKey:
        digest, now = services.digest(secret), time.monotonic()
        read_at, known = self._keys.get(digest, (float("-inf"), None))
        if known is not None and now - read_at <= REMEMBERED_SECONDS:
            return known
        if known is not None:
            # First the moment, so that those who ask meanwhile need not read it too.
            self._keys[digest] = now, known
        try:
            key: ApiKey = await database_sync_to_async(services.find, thread_sensitive=False)(secret, at=at)
        except UnknownKey:
            self._keys.pop(digest, None)
            raise
        self._keys[digest] = now, key
        return key


_memory: Final = _Memory()


async def find(secret: str, *, at: datetime) -> ApiKey:
    """Find the key of a secret as ``services.find`` does, on an event loop; no query as a rule.

    Raises ``UnknownKey``, for one that was revoked a few seconds later at the latest.
    """
    return await _memory.find(secret, at=at)
