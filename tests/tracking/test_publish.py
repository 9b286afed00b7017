import logging
import socket
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as configured
from pytest_django import Settings

from tracking import connection
from tracking.live import messages, publish
from tracking.live.messages import Kind, Message

NEVER_THERE = "unix:///tmp/doorstep-no-such-redis.sock?db=0"


@pytest.fixture
def channel() -> Iterator[redis.client.PubSub]:
    with redis.Redis.from_url(configured.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(connection.CHANNEL)
        channel.get_message(timeout=5)
        yield channel


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Listen where a Redis should be, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def said(channel: redis.client.PubSub) -> list[Message]:
    found = []
    while (message := channel.get_message(timeout=0.2)) is not None:
        found.append(messages.decode(message["data"]))
    return found


def test_each_shipment_is_told_its_own_version_in_order(channel: redis.client.PubSub) -> None:
    publish.status({17: 3, 18: 9})
    publish.window({17: 4})
    publish.stops({17: (5, 2), 18: (10, None)})

    assert said(channel) == [
        Message(Kind.STATE, (17,), messages.status(3)),
        Message(Kind.STATE, (18,), messages.status(9)),
        Message(Kind.STATE, (17,), messages.window(4)),
        Message(Kind.STATE, (17,), messages.stops(5, 2)),
        Message(Kind.STATE, (18,), messages.stops(10, None)),
    ]


def test_the_driver_is_hidden_from_many_at_once(channel: redis.client.PubSub) -> None:
    publish.hidden([17, 18])
    publish.anew([19])

    assert said(channel) == [Message(Kind.HIDDEN, (17, 18), messages.HIDDEN), Message(Kind.ANEW, (19,), "")]


def test_nobody_is_told_nothing(channel: redis.client.PubSub) -> None:
    publish.status({})
    publish.stops({})
    publish.hidden([])
    publish.anew([])

    assert said(channel) == []


def test_while_redis_is_away_nothing_is_raised_and_it_is_logged_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    publish.status({17: 2})
    caplog.clear()
    there = configured.REDIS_URL
    settings.REDIS_URL = NEVER_THERE

    publish.status({17: 3})
    publish.hidden([17])
    settings.REDIS_URL = there
    publish.status({17: 4})
    publish.status({17: 5})

    said = [record for record in caplog.records if record.name == publish.__name__]
    assert [record.levelno for record in said] == [logging.WARNING, logging.WARNING]
    assert "away (ConnectionError)" in said[0].message
    assert "back" in said[1].message


def test_a_redis_that_never_answers_holds_a_change_up_for_a_moment_only(settings: Settings, silent_server: str) -> None:
    settings.REDIS_URL = silent_server
    began = time.monotonic()

    publish.status(dict.fromkeys(range(200), 1))

    assert time.monotonic() - began < 1
