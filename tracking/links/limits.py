"""How often somebody may guess wrong: a token, a key, a postcode.

Only misses count, and whoever asks with a token looks it up first: the holder of a good link is never refused, nor made
to wait, because somebody behind the same address is guessing. What can be guessed, a postcode, is not even looked at
once its guesser, or the number it was guessed for, has had too many misses.

The count is kept in Redis for all processes, and in this process while Redis is away. Who missed is kept as a keyed
hash, for no longer than it counts; of IPv6 the network counts, since one host has as many addresses as it likes. An
address is ``REMOTE_ADDR``: behind a proxy, the server is to be told whose ``X-Forwarded-For`` to believe.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

from django.utils.crypto import salted_hmac

from tracking import connection

IPV6_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """So many misses in each period of the clock; no stretch of that length sees more than twice as many."""

    name: str
    misses: int
    seconds: int


BY_ADDRESS: Final = Limit("address", misses=40, seconds=60)
BY_NUMBER: Final = Limit("number", misses=10, seconds=60 * 60)
"""For one order or parcel number, from wherever: numbers follow one another, and a town has few postcodes."""


BY_KEY: Final = Limit("key", misses=1000, seconds=60)
"""Wrong keys of the API from one address: nobody guesses 256 bits, but a lookup of each costs something."""


class TooManyMisses(Exception):
    """There were too many wrong guesses; try again in ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


def count_miss(who: str, *, at: datetime, limit: Limit = BY_ADDRESS) -> None:
    """Note that an address guessed wrong, or that somebody did about a number.

    Raises ``TooManyMisses`` where that was once too often.
    """
    key = _key(who, limit, at=at)
    try:
        with connection.sync_client().pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, limit.seconds)
            misses = pipeline.execute()[0]
    except connection.Away:
        misses = _in_this_process[limit].add(key, _period(limit, at))
    _judge(misses, limit, allowed=limit.misses, at=at)


def require_few_misses(who: str, *, at: datetime, limit: Limit = BY_ADDRESS) -> None:
    """Let an address try something that can be guessed, or anybody try it about a number.

    Raises ``TooManyMisses`` where there were too many wrong guesses.
    """
    key = _key(who, limit, at=at)
    try:
        misses = int(connection.sync_client().get(key) or 0)
    except connection.Away:
        misses = _in_this_process[limit].count(key, _period(limit, at))
    _judge(misses, limit, allowed=limit.misses - 1, at=at)


class _Misses:
    """The misses of the current period, by key; those of any other are forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._period = 0
        self._counts: Counter[str] = Counter()

    def add(self, key: str, period: int) -> int:
        with self._lock:
            if period != self._period:
                self._period, self._counts = period, Counter()
            self._counts[key] += 1
            return self._counts[key]

    def count(self, key: str, period: int) -> int:
        with self._lock:
            return self._counts[key] if period == self._period else 0


_in_this_process: Final = {limit: _Misses() for limit in (BY_ADDRESS, BY_NUMBER, BY_KEY)}


def _judge(misses: int, limit: Limit, *, allowed: int, at: datetime) -> None:
    if misses > allowed:
        raise TooManyMisses(limit.seconds - int(at.timestamp()) % limit.seconds)


def _period(limit: Limit, at: datetime) -> int:
    return int(at.timestamp()) // limit.seconds


def _key(who: str, limit: Limit, *, at: datetime) -> str:
    name = _network(who) if limit in {BY_ADDRESS, BY_KEY} else who.strip().casefold()
    digest = salted_hmac(f"tracking.links.limits.{limit.name}", name).hexdigest()
    return f"doorstep:misses:{limit.name}:{_period(limit, at)}:{digest}"


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), IPV6_NETWORK_BITS), strict=False))
    return str(parsed)
