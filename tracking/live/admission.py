"""How many sockets may be opened in a minute, from one address and on one link; an installation sets both.

Counted in this process alone and forgotten with the minute: the limit keeps a flood from one process, and asking
Redis would cost more than what it keeps out.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from django.conf import settings

MINUTE_SECONDS: Final = 60


class TooManySockets(Exception):
    """This address, or this link, has opened too many sockets within the minute."""


class Gate:
    """The sockets opened in one minute of the clock."""

    def __init__(self) -> None:
        self._minute = 0
        self._opened: Counter[str] = Counter()

    def admit(self, token: str, *, address: str, at: datetime) -> None:
        """Count one more socket.

        Raises ``TooManySockets`` where it is one too many.
        """
        minute = int(at.timestamp()) // MINUTE_SECONDS
        if minute != self._minute:
            self._minute = minute
            self._opened.clear()
        for counted, most in ((address, settings.SOCKETS_PER_ADDRESS), (token[:40], settings.SOCKETS_PER_LINK)):
            self._opened[counted] += 1
            if self._opened[counted] > most:
                raise TooManySockets


gate: Final = Gate()
