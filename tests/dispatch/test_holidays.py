"""Public holidays and working days."""

from datetime import date

import pytest

from dispatch import holidays


@pytest.mark.parametrize(
    ("day", "country", "subdivision", "expected"),
    [
        (date(2026, 12, 6), "FI", "", True),
        (date(2026, 12, 7), "FI", "", False),
        (date(2026, 1, 6), "DE", "", False),
        (date(2026, 1, 6), "DE", "BY", True),
        (date(2026, 12, 25), "FI", "no such part", True),
        (date(2026, 12, 25), "XX", "", False),
    ],
)
def test_holidays_are_those_of_the_country_and_of_its_part(
    day: date, country: str, subdivision: str, expected: bool
) -> None:
    assert holidays.is_holiday(day, country=country, subdivision=subdivision) is expected


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2026, 12, 23), 0, date(2026, 12, 23)),
        (date(2026, 12, 23), 1, date(2026, 12, 28)),  # after Christmas Eve, both days of Christmas, and a Sunday
        (date(2026, 12, 25), 0, date(2026, 12, 28)),
        (date(2026, 11, 21), 2, date(2026, 11, 24)),  # Sunday is left out, Saturday is not
    ],
)
def test_working_days_leave_out_sundays_and_holidays(day: date, days: int, expected: date) -> None:
    assert holidays.working_days_after(day, days, country="FI") == expected
