import hashlib
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
import redis
from django.conf import settings
from pytest_django import Settings

from tests.factories import NOON
from tracking.links import limits
from tracking.links.limits import TooManyMisses

NEVER_THERE = "unix:///tmp/doorstep-no-such-redis.sock?db=0"

_hosts = count(1)


@pytest.fixture
def address() -> str:
    """Give an address that has not missed yet, in this process as little as in the emptied Redis."""
    high, low = divmod(next(_hosts), 256)
    return f"198.18.{high}.{low}"


@pytest.fixture(params=["with Redis", "without Redis"])
def _with_and_without_redis(request: pytest.FixtureRequest, settings: Settings) -> None:
    if request.param == "without Redis":
        settings.REDIS_URL = NEVER_THERE


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Listen where a Redis should be, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def miss(address: str, times: int, *, seconds: float = 0) -> None:
    for _ in range(times):
        limits.count_miss(address, at=NOON + timedelta(seconds=seconds))


@pytest.mark.usefixtures("_with_and_without_redis")
def test_an_address_may_miss_forty_times_a_minute_and_is_then_told_how_long_to_wait(address: str) -> None:
    miss(address, limits.BY_ADDRESS.misses, seconds=12)

    with pytest.raises(TooManyMisses) as refusal:
        miss(address, 1, seconds=12)

    assert limits.BY_ADDRESS.misses == 40
    assert refusal.value.retry_after_seconds == 48


@pytest.mark.usefixtures("_with_and_without_redis")
def test_what_can_be_guessed_is_refused_before_it_is_tried(address: str) -> None:
    miss(address, limits.BY_ADDRESS.misses - 1)
    limits.require_few_misses(address, at=NOON)
    miss(address, 1)

    with pytest.raises(TooManyMisses) as refusal:
        limits.require_few_misses(address, at=NOON)

    assert refusal.value.retry_after_seconds == 60


@pytest.mark.usefixtures("_with_and_without_redis")
def test_the_next_minute_starts_anew(address: str) -> None:
    miss(address, limits.BY_ADDRESS.misses, seconds=59)

    limits.require_few_misses(address, at=NOON + timedelta(seconds=60))
    miss(address, limits.BY_ADDRESS.misses, seconds=60)


@pytest.mark.usefixtures("_with_and_without_redis")
def test_one_address_does_not_spend_what_another_may(address: str) -> None:
    miss(address, limits.BY_ADDRESS.misses)

    limits.require_few_misses("203.0.113.8", at=NOON)


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
        ("somewhere else", "203.0.113.7", False),
    ],
)
def test_a_network_of_one_host_counts_as_one_address(one: str, other: str, are_one: bool) -> None:
    miss(one, limits.BY_ADDRESS.misses)

    if are_one:
        with pytest.raises(TooManyMisses):
            limits.require_few_misses(other, at=NOON)
    else:
        limits.require_few_misses(other, at=NOON)


@pytest.mark.usefixtures("_with_and_without_redis")
def test_ten_wrong_guesses_about_a_number_are_all_an_hour_has_wherever_they_come_from(address: str) -> None:
    number = f" DS-{address}"
    for _ in range(10):
        limits.require_few_misses(number, at=NOON, limit=limits.BY_NUMBER)
        limits.count_miss(number, at=NOON, limit=limits.BY_NUMBER)

    with pytest.raises(TooManyMisses) as refusal:
        limits.require_few_misses(number.strip().lower(), at=NOON + timedelta(minutes=59), limit=limits.BY_NUMBER)

    assert refusal.value.retry_after_seconds == 60
    limits.require_few_misses(number, at=NOON + timedelta(hours=1), limit=limits.BY_NUMBER)
    limits.require_few_misses(number, at=NOON)


def test_no_address_is_kept_in_clear_or_for_longer_than_a_minute(address: str) -> None:
    miss(address, 3)

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        (key,) = client.keys()
        seconds = client.ttl(key)

    assert 0 < seconds <= 60
    assert address.encode() not in key
    assert all(hashlib.new(name, address.encode()).hexdigest().encode() not in key for name in ("md5", "sha256"))


def test_a_redis_that_never_answers_holds_a_miss_up_for_a_moment_only(
    address: str, settings: Settings, silent_server: str
) -> None:
    settings.REDIS_URL = silent_server
    began = time.monotonic()

    miss(address, 1)

    assert time.monotonic() - began < 1
