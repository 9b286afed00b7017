"""How many sockets may be opened in a minute, from one address and on one link; an installation sets both.

A flood costs a lookup each until then. While Redis is away everybody is let in: then nothing is known to count by.
"""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from tracking.live import connection

MINUTE_SECONDS: Final = 60


class TooManySockets(Exception):
    """This address, or this link, has opened too many sockets within the minute."""


def count_socket(token: str, *, address: str, at: datetime) -> None:
    """Count one more socket, for this minute of the clock. Neither address nor token is kept in clear.

    Raises ``TooManySockets`` where it is one too many.
    """
    keys = [_key(address, at=at), _key(token, at=at)]
    try:
        with connection.sync_client().pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.incr(key)
                pipeline.expire(key, MINUTE_SECONDS)
            from_address, _, on_link, _ = pipeline.execute()
    except connection.Away:
        return
    if from_address > settings.SOCKETS_PER_ADDRESS or on_link > settings.SOCKETS_PER_LINK:
        raise TooManySockets


def _key(counted: str, *, at: datetime) -> str:
    digest = salted_hmac("tracking.live.admission", counted).hexdigest()
    return f"doorstep:sockets:{int(at.timestamp()) // MINUTE_SECONDS}:{digest}"
