"""The pace of senders and the breakers of providers, by a real Redis and its clock."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import redis
from pytest_django import Settings

from notifications import pacing
from notifications.pacing import Lane, TurnIsOver
from notifications.triggers import Channel
from tracking.connection import Away

NEVER_THERE = "unix:///tmp/doorstep-no-such-redis.sock?db=0"
LANE = Lane("twilio", Channel.SMS)
OTHER_SENDER = Lane("twilio", Channel.SMS, "Kauppa")
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def _fifty_a_second(settings: Settings) -> None:
    settings.TWILIO_SEGMENTS_PER_SECOND = 50.0


@pytest.fixture
def stored(settings: Settings) -> Iterator[redis.Redis]:
    """Give the Redis itself, in which a test may turn the clock back for what is written there."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def let_time_pass(stored: redis.Redis, seconds: float) -> None:
    """Let everything that is remembered have happened so much earlier."""
    for key in stored.scan_iter("doorstep:[bp]*"):
        for field in ("shut_at", "shut_until", "closed_until", "free_at", "cut_at"):
            if (moment := stored.hget(key, field)) is not None:
                stored.hset(key, field, str(float(moment) - seconds * 1000))


def count_gone(stored: redis.Redis, lane: Lane, *, seconds: float, segments: int = 1) -> tuple[int, float]:
    """Ask again and again, and let as much time pass as is said; gives how many could go, and in how many seconds."""
    gone, waited, begun_at = 0, 0.0, time.monotonic()
    while waited < seconds:
        admission = pacing.admit(lane, [segments] * 3)
        gone += admission.count
        let_time_pass(stored, admission.wait.total_seconds())
        waited += admission.wait.total_seconds()
    return gone, waited + time.monotonic() - begun_at


def fail(times: int, lane: Lane = LANE) -> None:
    for _ in range(times):
        pacing.hear_failure(lane)


def test_a_sender_goes_at_its_segments_a_second_without_a_burst(stored: redis.Redis) -> None:
    first = pacing.admit(LANE, [1] * 10)

    assert 1 <= first.count <= 4  # what 50 ms are worth, and the message that may go now
    assert 10 * MILLISECOND <= first.wait <= 20 * MILLISECOND
    gone, took = count_gone(stored, LANE, seconds=1)
    assert 44 <= gone <= took * 50 + 4


def test_a_message_of_several_segments_takes_as_much_longer(stored: redis.Redis) -> None:
    gone, took = count_gone(stored, LANE, seconds=1, segments=5)

    assert 8 <= gone <= took * 10 + 2


def test_several_workers_share_one_pace() -> None:
    begun_at = time.monotonic()
    with ThreadPoolExecutor(8) as workers:
        gone = sum(workers.map(lambda _: pacing.admit(LANE, [1] * 3).count, range(40)))

    assert 1 <= gone <= (time.monotonic() - begun_at) * 50 + 4


def test_each_sender_has_a_pace_of_its_own() -> None:
    pacing.admit(LANE, [40])

    assert pacing.admit(LANE, [1]).count == 0
    assert pacing.admit(OTHER_SENDER, [1]).count == 1


@pytest.mark.parametrize("lane", [Lane("mail", Channel.EMAIL), Lane("push", Channel.PUSH), Lane("local", Channel.SMS)])
def test_what_needs_no_pace_has_none(lane: Lane) -> None:
    admission = pacing.admit(lane, [1] * 100)

    assert (admission.count, admission.wait) == (100, timedelta(0))


def test_a_busy_provider_is_left_alone_for_as_long_as_it_says(stored: redis.Redis) -> None:
    pacing.hear_busy(LANE, retry_after_seconds=5)

    admission = pacing.admit(LANE, [1])
    assert (admission.count, admission.shut_for) == (0, None)
    assert timedelta(seconds=3) < admission.wait <= timedelta(seconds=5)
    assert pacing.admit(OTHER_SENDER, [1]).count == 1
    let_time_pass(stored, 5)
    assert pacing.admit(LANE, [1]).count == 1


def rate(stored: redis.Redis) -> float:
    return float(stored.hget("doorstep:pace:twilio:sms:", "rate") or 0)


def test_the_rate_falls_by_a_tenth_and_grows_by_a_thousandth_a_second(stored: redis.Redis) -> None:
    pacing.hear_busy(LANE, retry_after_seconds=1)
    assert rate(stored) == 45.0

    let_time_pass(stored, 1 + 50)
    pacing.hear_busy(LANE, retry_after_seconds=1)

    assert rate(stored) == pytest.approx((45 + 50 * 0.05) * 0.9, abs=0.1)


def test_a_lowered_rate_never_grows_beyond_the_senders_own(stored: redis.Redis) -> None:
    pacing.hear_busy(LANE, retry_after_seconds=1)
    let_time_pass(stored, 3000)

    pacing.hear_busy(LANE, retry_after_seconds=1)

    assert rate(stored) == 45.0


def test_calls_that_were_under_way_together_lower_the_rate_once(stored: redis.Redis) -> None:
    for _ in range(5):
        pacing.hear_busy(LANE, retry_after_seconds=1)

    assert rate(stored) == 45.0


def test_a_rate_that_is_far_too_high_falls_fast(stored: redis.Redis) -> None:
    pacing.hear_busy(LANE, retry_after_seconds=1)
    let_time_pass(stored, 2)

    pacing.hear_busy(LANE, retry_after_seconds=1)

    assert rate(stored) == pytest.approx(45.05 * 0.7, abs=0.1)


def test_ten_failures_in_a_row_shut_a_provider_and_raise_one_alarm(caplog: pytest.LogCaptureFixture) -> None:
    fail(9)
    assert pacing.admit(LANE, [1]).shut_for is None
    assert not caplog.records

    fail(3)

    admission = pacing.admit(OTHER_SENDER, [1])
    assert admission.count == 0
    assert timedelta(seconds=27) < admission.wait <= timedelta(seconds=30)
    assert admission.shut_for is not None
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "twilio failed 10 times in a row and is left alone for a while.")
    ]


def test_an_answer_between_failures_begins_the_count_anew() -> None:
    fail(9)
    assert pacing.admit(LANE, [1]).is_troubled
    pacing.hear_answer(LANE)
    assert not pacing.admit(LANE, [1]).is_troubled
    fail(9)

    assert pacing.shut_for("twilio", Channel.SMS) is None


def test_other_providers_and_channels_are_not_shut() -> None:
    fail(10)

    assert pacing.shut_for("twilio", Channel.SMS) is not None
    assert pacing.shut_for("twilio_backup", Channel.SMS) is None
    assert pacing.shut_for("twilio", Channel.WHATSAPP) is None


def test_after_half_a_minute_one_message_tries_the_provider(stored: redis.Redis) -> None:
    fail(10)
    let_time_pass(stored, 30)

    assert pacing.shut_for("twilio", Channel.SMS) is None
    assert pacing.admit(LANE, [1] * 5).count == 1
    assert pacing.admit(LANE, [1] * 5).count == 0
    assert pacing.admit(OTHER_SENDER, [1] * 5).count == 0


def test_a_probe_that_is_answered_opens_the_provider_to_all(
    stored: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    fail(10)
    let_time_pass(stored, 31)
    pacing.admit(LANE, [1])

    pacing.hear_answer(LANE)

    assert pacing.admit(OTHER_SENDER, [1]).count == 1
    assert caplog.records[-1].getMessage() == "twilio answers again."


def test_a_probe_that_fails_shuts_the_provider_again_and_it_has_been_shut_since_the_first_time(
    stored: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    fail(10)
    let_time_pass(stored, 31)
    pacing.admit(LANE, [1])

    fail(1)

    shut_for = pacing.shut_for("twilio", Channel.SMS)
    assert shut_for is not None
    assert timedelta(seconds=31) <= shut_for < timedelta(seconds=36)
    assert len(caplog.records) == 1


def test_a_probe_nobody_heard_of_again_is_followed_by_another(stored: redis.Redis) -> None:
    fail(10)
    let_time_pass(stored, 31)
    pacing.admit(LANE, [1])
    let_time_pass(stored, 15)

    assert pacing.admit(LANE, [1] * 2).count == 1


def test_a_turn_is_had_by_one_at_a_time_for_each_channel() -> None:
    with pacing.take_turn(Channel.SMS):
        with pytest.raises(TurnIsOver), pacing.take_turn(Channel.SMS):
            pass
        with pacing.take_turn(Channel.EMAIL):
            pass

    with pacing.take_turn(Channel.SMS):
        pass


def test_a_turn_can_be_ended_early_and_ends_by_itself(stored: redis.Redis) -> None:
    with pacing.take_turn(Channel.SMS) as turn:
        assert 2000 < stored.pttl("doorstep:turn:sms") <= 5000
        turn.end()
        turn.end()
        with pacing.take_turn(Channel.SMS):
            turn.end()
            assert stored.exists("doorstep:turn:sms")


def test_who_has_lost_the_turn_is_told_so(stored: redis.Redis) -> None:
    with pacing.take_turn(Channel.SMS) as turn:
        turn.prolong()
        stored.delete("doorstep:turn:sms")
        time.sleep(1.1)

        with pytest.raises(TurnIsOver):
            turn.prolong()


@pytest.mark.parametrize(
    "step",
    [
        partial(pacing.admit, LANE, [1]),
        partial(pacing.hear_answer, LANE),
        partial(pacing.hear_failure, LANE),
        partial(pacing.hear_busy, LANE),
        partial(pacing.shut_for, "twilio", Channel.SMS),
        lambda: pacing.take_turn(Channel.SMS).__enter__(),
    ],
)
def test_without_redis_nothing_goes(step: Callable[[], object], settings: Settings) -> None:
    settings.REDIS_URL = NEVER_THERE

    with pytest.raises(Away):
        step()
