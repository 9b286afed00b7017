import statistics

import pytest

from benchmarks.foretelling.days import Delivery, Season

DAYS = 10


@pytest.fixture(scope="module")
def deliveries() -> list[Delivery]:
    return [delivery for seed in (1, 2) for delivery in Season(seed).days(DAYS)]


def share(deliveries: list[Delivery], field: str) -> float:
    return statistics.fmean(getattr(d, field) for d in deliveries if getattr(d, field) is not None)


def test_over_ten_days_four_fifths_come_inside_the_window_shown_an_hour_before(deliveries: list[Delivery]) -> None:
    assert len(deliveries) > 2_000
    assert 0.76 <= share(deliveries, "is_in_shown") <= 0.86
    assert 0.76 <= share(deliveries, "is_in_quantiles") <= 0.84


def test_over_ten_days_nearly_all_come_inside_the_promise(deliveries: list[Delivery]) -> None:
    assert share(deliveries, "is_in_promise") >= 0.95


def test_windows_narrow_once_there_is_something_to_learn_from(deliveries: list[Delivery]) -> None:
    def width(days: range) -> float:
        return statistics.median(d.minutes_wide for d in deliveries if d.day in days)

    assert width(range(7, 10)) < width(range(1))
    assert width(range(7, 10)) <= 30
