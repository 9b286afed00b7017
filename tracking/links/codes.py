"""Codes of six digits that prove who somebody is: made by chance, kept as a keyed hash, compared in constant time.

Six digits are enough because little may be tried: five codes a day for a shipment, each good for one link, and five
wrong tries an hour with it, make one chance in forty thousand a day.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.utils.crypto import constant_time_compare, salted_hmac

DIGITS: Final = 6
LASTS: Final = timedelta(minutes=10)
MOST_FOR_A_LINK: Final = 3, timedelta(hours=1)
MOST_FOR_A_SHIPMENT: Final = 5, timedelta(days=1)


class TooManyCodes(Exception):
    """Enough codes were asked for; the next one may be in ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


def make() -> str:
    """Make a code that nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def digest(code: str, *, link_id: int) -> str:
    """Hash a code with the installation's key, so that it is worth nothing at another link."""
    return salted_hmac("tracking.links.codes", f"{link_id}:{code}", algorithm="sha256").hexdigest()


def is_right(code: str, known: str, *, link_id: int) -> bool:
    """Compare a code with the hash of the right one, in the same time whatever is wrong with it."""
    return constant_time_compare(digest(code, link_id=link_id), known)


def require_few(requested_at: Sequence[datetime], most: tuple[int, timedelta], *, at: datetime) -> None:
    """Let one more code be asked for, after those that were at these moments, in order.

    Raises ``TooManyCodes`` where there were so many within that time that the oldest of them must become older first.
    """
    times, period = most
    free_at = requested_at[-times] + period if len(requested_at) >= times else at
    if free_at > at:
        raise TooManyCodes(ceil((free_at - at).total_seconds()))
