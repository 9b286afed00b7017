"""By how much everything takes longer than foretold: at a hub by the hour, with a driver, today. Shrunk, and forgetful.

Each ratio is what stops took, drive and door together, to what had been foretold for them by the ratios above it: the
hub's hour corrects the plain drive, the driver what is left then, today what is left of that. A ratio of sums is drawn
towards 1 by adding as many seconds to both as it takes to be believed, so that nothing is learned from little.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

HOUR_WEIGHT: Final = 2 * 3600.0
DRIVER_WEIGHT: Final = 4 * 3600.0
TODAY_WEIGHT: Final = 1.5 * 3600.0
"""Seconds of work after which a ratio is believed by half: an hour of the day recurs daily, a driver's habits show
slowly, and today's traffic shows within the first stops."""

MEMORY: Final = 40 * 3600.0
"""Older work counts less and less; no more than about so many seconds count at all."""

MOST: Final = 3.0
"""A stop that took more than so many times what was foretold, or less than that part of it, counts as if it had not:
a breakdown or a second parcel is no pace. Nor is any correction greater."""

HOURS: Final = range(24)


class Work(NamedTuple):
    """What the way to a stop and the stop itself took, and the plain drive through the order had foretold."""

    hour: int
    took: float
    foretold: float

    @property
    def fair(self) -> float:
        """What it took, within what counts."""
        return min(max(self.took, self.foretold / MOST), self.foretold * MOST)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Seconds that stops took, and seconds that had been foretold for them."""

    took: float = 0.0
    foretold: float = 0.0

    def value(self, weight: float) -> float:
        """Give the ratio, drawn towards 1 as if so many seconds had been foretold right."""
        return min(max((self.took + weight) / (self.foretold + weight), 1 / MOST), MOST)

    def learn(self, took: float, foretold: float) -> Self:
        """Take in some work; what is older than the memory fades."""
        fade = min(1.0, MEMORY / (self.foretold + foretold)) if self.foretold + foretold else 1.0
        return type(self)((self.took + took) * fade, (self.foretold + foretold) * fade)


@dataclass(frozen=True, slots=True)
class Pace:
    """All that corrects a drive: of the hub by the hour, of the driver, of today."""

    hours: Mapping[int, Ratio] = field(default_factory=dict)
    driver: Ratio = Ratio()
    today: Ratio = Ratio()

    def usual(self, hour: int) -> float:
        """Say by what a stop takes longer in an hour of a usual day."""
        of_hour = self.hours.get(hour, Ratio()).value(HOUR_WEIGHT)
        return of_hour * self.driver.value(DRIVER_WEIGHT)

    def at(self, hour: int) -> float:
        """Say by what a stop takes longer in an hour of this day."""
        return min(max(self.usual(hour) * self.today.value(TODAY_WEIGHT), 1 / MOST), MOST)

    def on(self, works: Iterable[Work]) -> "Pace":
        """Take in what was done so far today."""
        today = Ratio()
        for work in works:
            today = today.learn(work.fair, work.foretold * self.usual(work.hour))
        return Pace(self.hours, self.driver, today)

    def learned(self, works: Iterable[Work]) -> "Pace":
        """Take in the work of a day that is over, for the days to come: first the hours, then the driver."""
        hours, driver = dict(self.hours), self.driver
        for work in works:
            of_hour = hours.get(work.hour, Ratio())
            hours[work.hour] = of_hour.learn(work.fair, work.foretold * self.driver.value(DRIVER_WEIGHT))
            driver = driver.learn(work.fair, work.foretold * hours[work.hour].value(HOUR_WEIGHT))
        return Pace(hours, driver)
