"""The pace of each sender and the breaker of each provider."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from notifications.triggers import PHONE_CHANNELS, Channel
from tracking import connection

logger = logging.getLogger(__name__)

UNPACED: Final = frozenset({"local"})
"""Gateways that send nothing anywhere."""

FAILURES: Final = 10
"""In a row, after which a provider is left alone."""

SHUT_FOR: Final = timedelta(seconds=30)
PROBE_FOR: Final = timedelta(seconds=15)
"""How long the one message that tries a shut provider has; longer than any call takes."""

BUSY_FOR: Final = timedelta(seconds=1)
"""Where a provider that asks us to slow down does not say for how long."""

GROWTH: Final = 0.001
"""By which part of the sender's own rate a lowered one grows in a second."""

CUT: Final = 0.9
CUT_AGAIN: Final = 0.7
AGAIN_WITHIN: Final = timedelta(seconds=5)
"""A second request to slow down so soon says that we are far too fast; a later one, that we are just too fast."""

SLACK: Final = timedelta(milliseconds=50)
"""How late a worker may wake up without the sender losing any of its rate."""

REMEMBERED_FOR: Final = timedelta(hours=1)

_ADMIT: Final = Path(__file__).with_name("admit.lua").read_text()
_HEAR: Final = Path(__file__).with_name("hear.lua").read_text()


@dataclass(frozen=True, slots=True)
class Lane:
    """A sender of a provider on a channel, which has a rate of its own; an empty sender is the installation's."""

    gateway: str
    channel: Channel
    sender: str = ""

    @property
    def segments_per_second(self) -> float:
        """How fast it may go; zero where it may go as fast as it can."""
        is_paced = self.channel in PHONE_CHANNELS and self.gateway not in UNPACED
        return float(settings.TWILIO_SEGMENTS_PER_SECOND) if is_paced else 0.0


@dataclass(frozen=True, slots=True)
class Admission:
    """How many messages may go now, and when to ask again.

    ``shut_for`` is how long the provider has been left alone, ``None`` where it is not; ``is_troubled`` says that it
    has failed since it last answered, so that its next answer is worth telling.
    """

    count: int
    wait: timedelta
    shut_for: timedelta | None
    is_troubled: bool


def admit(lane: Lane, segments: Sequence[int]) -> Admission:
    """Let the first of some messages with so many segments each go, as many as may now; they count as gone.

    A message may be late by a moment without those after it being late too, which is the only burst there is. Of a
    provider that has been left alone long enough, one message may try whether it works again.
    """
    limits = [GROWTH, _ms(SLACK), _ms(PROBE_FOR), _ms(REMEMBERED_FOR)]
    count, wait_ms, shut_ms, is_troubled = _run(_ADMIT, lane, lane.segments_per_second, *limits, *segments)
    return Admission(
        count=count,
        wait=timedelta(milliseconds=wait_ms),
        shut_for=None if shut_ms < 0 else timedelta(milliseconds=shut_ms),
        is_troubled=bool(is_troubled),
    )


def shut_for(gateway: str, channel: Channel) -> timedelta | None:
    """Say for how long a provider has been left alone; ``None`` where it is not, or where it may be tried again."""
    return admit(Lane(gateway, channel), []).shut_for


def failing_for(gateway: str, channel: Channel) -> timedelta | None:
    """Say how long ago a provider was first left alone, tried again or not; ``None`` where it has answered since."""
    client = connection.sync_client()
    shut_at: Any = client.hget(_breaker(Lane(gateway, channel)), "shut_at")
    if shut_at is None:
        return None
    seconds, microseconds = client.time()
    return timedelta(seconds=seconds, microseconds=microseconds) - timedelta(milliseconds=float(shut_at))


def hear_answer(lane: Lane) -> None:
    """Note that a provider works: it took a message, or refused it for good."""
    if _hear(lane, "answer") == b"closed":
        logger.warning("%s answers again.", lane.gateway)


def hear_failure(lane: Lane) -> None:
    """Note that a provider failed; after ten in a row, or a probe, it is left alone, which the log says at ERROR."""
    if _hear(lane, "failure", FAILURES, _ms(SHUT_FOR)) == b"opened":
        logger.error("%s failed %d times in a row and is left alone for a while.", lane.gateway, FAILURES)


def hear_busy(lane: Lane, *, retry_after_seconds: float | None = None) -> None:
    """Note that a provider wants a sender to slow down: nothing goes until it says, and then at a lower rate.

    Those that were under way together count as one.
    """
    busy_ms = _ms(BUSY_FOR) if retry_after_seconds is None else max(1, round(retry_after_seconds * 1000))
    _hear(lane, "busy", busy_ms, CUT, CUT_AGAIN, _ms(AGAIN_WITHIN))


def _hear(lane: Lane, heard: str, *what: float) -> Any:
    return _run(_HEAR, lane, heard, lane.segments_per_second, GROWTH, _ms(REMEMBERED_FOR), *what)


def _run(script: str, lane: Lane, *arguments: str | float) -> Any:
    keys = [_breaker(lane), f"doorstep:pace:{lane.gateway}:{lane.channel}:{lane.sender}"]
    return connection.sync_client().register_script(script)(keys=keys, args=arguments)


def _breaker(lane: Lane) -> str:
    return f"doorstep:breaker:{lane.gateway}:{lane.channel}"


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
