"""Turns: one worker at a time sends on a channel, so that a long queue does not keep all workers from everything else.

Nothing depends on it but that. A turn ends by itself soon after its worker has died.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from redis.exceptions import LockError
from redis.lock import Lock

from notifications.triggers import Channel
from tracking import connection

LASTS: Final = timedelta(seconds=5)
PROLONGED_AFTER_SECONDS: Final = 1.0


class TurnIsOver(Exception):
    """Somebody else has the turn on this channel."""


class Turn:
    """The turn on a channel, for as long as it is prolonged often enough."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._prolonged_at = time.monotonic()

    def prolong(self) -> None:
        """Keep the turn for another few seconds, if the last time was a while ago.

        Raises ``TurnIsOver`` where it has been lost.
        """
        if time.monotonic() < self._prolonged_at + PROLONGED_AFTER_SECONDS:
            return
        try:
            self._lock.reacquire()
        except LockError as error:
            raise TurnIsOver from error
        self._prolonged_at = time.monotonic()

    def end(self) -> None:
        """Let another worker have the turn; twice is harmless."""
        with suppress(LockError):
            self._lock.release()


@contextmanager
def take_turn(channel: Channel) -> Iterator[Turn]:
    """Take the turn on a channel for as long as the context lasts.

    Raises ``TurnIsOver`` where another worker has it.
    """
    client = connection.sync_client()
    lock = client.lock(f"doorstep:turn:{channel}", timeout=LASTS.total_seconds(), thread_local=False)
    if not lock.acquire(blocking=False):
        raise TurnIsOver
    turn = Turn(lock)
    try:
        yield turn
    finally:
        with suppress(*connection.Away):
            turn.end()
