from datetime import timedelta

import pytest

from driving import clock
from tests.factories import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_a_phone_whose_clock_is_right_is_believed() -> None:
    judged = clock.judge(NOON - HOUR, sent_at=NOON, at=NOON, not_before=NOON - 2 * HOUR)

    assert (judged.at, judged.is_plausible) == (NOON - HOUR, True)


@pytest.mark.parametrize("skew", [-2 * HOUR, -5 * MINUTE, 5 * MINUTE, 36 * HOUR])
def test_what_a_clock_is_off_by_is_taken_off(skew: timedelta) -> None:
    judged = clock.judge(NOON - HOUR + skew, sent_at=NOON + skew, at=NOON, not_before=NOON - 2 * HOUR)

    assert (judged.at, judged.is_plausible) == (NOON - HOUR, True)


def test_a_slow_upload_is_not_taken_for_a_wrong_clock() -> None:
    judged = clock.judge(NOON - HOUR, sent_at=NOON - MINUTE, at=NOON, not_before=NOON - 2 * HOUR)

    assert judged.at == NOON - HOUR


def test_nothing_happens_after_it_is_told() -> None:
    judged = clock.judge(NOON + HOUR, sent_at=NOON, at=NOON, not_before=NOON - HOUR)

    assert (judged.at, judged.is_plausible) == (NOON, False)


def test_nothing_happens_before_the_shift() -> None:
    judged = clock.judge(NOON - 3 * HOUR, sent_at=NOON, at=NOON, not_before=NOON - HOUR)

    assert (judged.at, judged.is_plausible) == (NOON - HOUR, False)


def test_a_minute_more_or_less_is_no_reason_for_suspicion() -> None:
    judged = clock.judge(NOON - HOUR - MINUTE, sent_at=None, at=NOON, not_before=NOON - HOUR)

    assert (judged.at, judged.is_plausible) == (NOON - HOUR, True)
