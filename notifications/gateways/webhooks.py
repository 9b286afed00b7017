"""Shops' own addresses: each piece of news is posted once a try, signed as Standard Webhooks has it.

Whoever registers an address decides where we call, so that no address inside a house is called, whatever its name leads
to at that moment; redirects are not followed, and of the answer nothing but its status is used.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from standardwebhooks import Webhook as Signer

from notifications import destinations
from notifications.gateways.connection import Broken, Connection, NothingSent, NotToBeCalled

CALL_SECONDS: Final = 15.0
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a try: a status, or why there is none; and for how long its reader asked us to wait."""

    status: int | None
    problem: str
    wished: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether its reader wants no more news, ever."""
        return self.status == GONE


def post(url: str, body: str, *, uid: str, secrets: Sequence[str], at: datetime) -> Answered:
    """Post a piece of news, within fifteen seconds, signed with each of ``secrets``. No fault of a network raises."""
    place = urlsplit(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Doorstep",
        "webhook-id": uid,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(uid, at, body) for secret in secrets),
    }
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    line = Connection(f"{place.scheme}://{place.netloc}", may_call=_may_call)
    try:
        reply = line.exchange(
            "POST", target, headers=headers, body=body.encode(), deadline=time.monotonic() + CALL_SECONDS
        )
    except NothingSent as reason:
        is_closed = isinstance(reason.__cause__, NotToBeCalled)
        return Answered(None, "an address that may not be called" if is_closed else "no connection")
    except Broken:
        return Answered(None, "no whole answer")
    finally:
        line.close()
    headers_said = {name.lower(): value for name, value in reply.headers.items()}
    wished = _wish(headers_said.get("retry-after", ""), at=at)
    return Answered(reply.status, "" if 200 <= reply.status < 300 else "refused", wished)


def _may_call(address: str) -> bool:
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or destinations.is_open(address)


def _wish(text: str, *, at: datetime) -> timedelta | None:
    """Read ``Retry-After``: seconds, or a date."""
    if text.isdecimal() and len(text) < 9:
        return timedelta(seconds=int(text))
    try:
        return max(parsedate_to_datetime(text) - at, timedelta())
    except (TypeError, ValueError, OverflowError):
        return None
