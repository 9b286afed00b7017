"""The weather of a day at a hub, from what the tables have heard of it. Asks nobody outside."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

from dispatch import factors
from dispatch.missing import Missing
from dispatch.models.fleet import Hub
from dispatch.models.weather import Sky

HOURS: Final = 48
"""How far a day is looked at: late shifts go on after midnight."""

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Weather:
    """The weather of each hour since a day's first midnight, ``None`` where nothing is known."""

    day: date
    skies: tuple[Sky | None, ...]

    @property
    def missing(self) -> frozenset[Missing]:
        """Name what of the day itself had to be guessed."""
        return frozenset({Missing.WEATHER} if None in self.skies[: HOURS // 2] else ())

    @cached_property
    def travel_factors(self) -> tuple[float, ...]:
        """By what a drive takes longer in each hour."""
        return self._factors("travel")

    @cached_property
    def stop_factors(self) -> tuple[float, ...]:
        """By what the time at a door is longer in each hour."""
        return self._factors("stop")

    def _factors(self, of: str) -> tuple[float, ...]:
        known: Any = factors.table("travel", on=self.day)["weather"]
        return tuple(known[sky][of] if sky else 1.0 for sky in self.skies)


def midnight(hub: Hub, day: date) -> datetime:
    """Give the moment at which a day begins at a hub: the zero of its plans."""
    return datetime.combine(day, time(), hub.zone).astimezone(UTC)


def of_day(hub: Hub, *, day: date) -> Weather:
    """Look up the weather of a day; of a place that is not on a whole hour of UTC, that of the hour it is in."""
    start = midnight(hub, day)
    span = start - _HOUR, start + HOURS * _HOUR
    heard = hub.weather_hours.filter(starts_at__gt=span[0], starts_at__lt=span[1]).values_list("starts_at", "sky")
    skies = {begin: Sky(sky) for begin, sky in heard}
    hours = [_whole_hour(start + hour * _HOUR) for hour in range(HOURS)]
    return Weather(day, tuple(skies.get(hour) for hour in hours))


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
