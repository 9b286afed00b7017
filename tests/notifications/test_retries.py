from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications import retries
from notifications.retries import AFTER, SPREAD


def test_the_schedule_ends_after_three_days() -> None:
    assert timedelta(hours=70) < sum(AFTER, timedelta()) < timedelta(hours=73)
    assert retries.wait(len(AFTER) + 1, chance=lambda: 0.5) is None


def test_without_luck_either_way_the_schedule_is_kept() -> None:
    assert [retries.wait(tries, chance=lambda: 0.5) for tries in range(1, len(AFTER) + 1)] == [*AFTER]


@given(st.integers(1, len(AFTER)), st.floats(0, 1))
def test_each_wait_is_spread_by_a_fifth_either_way(tries: int, luck: float) -> None:
    wait = retries.wait(tries, chance=lambda: luck)

    assert wait is not None
    assert AFTER[tries - 1] * (1 - SPREAD) <= wait <= AFTER[tries - 1] * (1 + SPREAD)


def test_who_asks_us_to_wait_is_heard_for_up_to_a_day() -> None:
    waits = [retries.wait(1, chance=lambda: 0.5, wished=timedelta(seconds=wish)) for wish in (1, 60, 10**6)]

    assert waits == [timedelta(seconds=5), timedelta(seconds=60), timedelta(hours=24)]
