"""Public holidays, by the laws of countries and of their parts. Pure."""

from datetime import date, timedelta
from functools import lru_cache

import holidays


def is_holiday(day: date, *, country: str, subdivision: str = "") -> bool:
    """Say whether it is a public holiday there. Where nobody wrote the law of a country down, no day is one."""
    return day in _of_year(country, subdivision, day.year)


def is_working_day(day: date, *, country: str, subdivision: str = "") -> bool:
    """Say whether it is Monday to Saturday and no holiday: deliveries that nobody asked for by day come then."""
    return day.isoweekday() != 7 and not is_holiday(day, country=country, subdivision=subdivision)


def working_days_after(day: date, days: int, *, country: str, subdivision: str = "") -> date:
    """Count working days on from a day: that day itself, or the next working one, where ``days`` is 0."""
    left = days
    while True:
        if is_working_day(day, country=country, subdivision=subdivision):
            if left == 0:
                return day
            left -= 1
        day += timedelta(days=1)


@lru_cache(maxsize=256)
def _of_year(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Look a year up; a part of a country that has no law of its own has the country's."""
    for part in (subdivision or None, None):
        try:
            return frozenset(holidays.country_holidays(country, subdiv=part, years=year))
        except NotImplementedError:
            continue
    return frozenset()
