"""How often one address may guess wrong: a token, a key, a postcode.

Only misses count, and whoever asks with a token looks it up first: the holder of a good link is never refused, nor made
to wait, because somebody behind the same address is guessing. What can be guessed, the postcode, is not even looked at
once the address has missed too often.

The count is kept in Redis for all processes, and in this process while Redis is away. An address is kept as a keyed
hash, for no longer than a minute; of IPv6 the network counts, since one host has as many addresses as it likes. The
address is ``REMOTE_ADDR``: behind a proxy, the server is to be told whose ``X-Forwarded-For`` to believe.
"""

from collections import Counter
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

from django.utils.crypto import salted_hmac

from tracking.live import connection

MISSES: Final = 40
"""In each minute of the clock, so that no 60 seconds see more than 80."""

MINUTE_SECONDS: Final = 60
IPV6_NETWORK_BITS: Final = 64


class TooManyMisses(Exception):
    """This address has guessed wrong too often within the minute; try again in ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


def count_miss(address: str, *, at: datetime) -> None:
    """Note that an address guessed wrong.

    Raises ``TooManyMisses`` where it has done so too often.
    """
    key = _key(address, at=at)
    try:
        with connection.sync_client().pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, MINUTE_SECONDS)
            misses = pipeline.execute()[0]
    except connection.Away:
        misses = _in_this_process.add(key, _minute(at))
    _judge(misses, allowed=MISSES, at=at)


def require_few_misses(address: str, *, at: datetime) -> None:
    """Let an address try something that can be guessed.

    Raises ``TooManyMisses`` where it has guessed wrong too often.
    """
    key = _key(address, at=at)
    try:
        misses = int(connection.sync_client().get(key) or 0)
    except connection.Away:
        misses = _in_this_process.count(key, _minute(at))
    _judge(misses, allowed=MISSES - 1, at=at)


class _Misses:
    """The misses of the current minute, by key; those of any other are forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def add(self, key: str, minute: int) -> int:
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            self._counts[key] += 1
            return self._counts[key]

    def count(self, key: str, minute: int) -> int:
        with self._lock:
            return self._counts[key] if minute == self._minute else 0


_in_this_process = _Misses()


def _judge(misses: int, *, allowed: int, at: datetime) -> None:
    if misses > allowed:
        raise TooManyMisses(MINUTE_SECONDS - int(at.timestamp()) % MINUTE_SECONDS)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // MINUTE_SECONDS


def _key(address: str, *, at: datetime) -> str:
    digest = salted_hmac("tracking.links.limits", _network(address)).hexdigest()
    return f"doorstep:misses:{_minute(at)}:{digest}"


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), IPV6_NETWORK_BITS), strict=False))
    return str(parsed)
