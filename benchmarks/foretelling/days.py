"""Delivery days in the mind, through the real model and the real rules of what shoppers are told, day after day.

The truth differs from what the model takes for it as it does outside: the hub is slower than published, each day's
traffic and each driver's pace are their own, legs vary by a quarter, doors by three fifths (log-normal), and stops are
added on the way. Nothing is known on the first day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random
from typing import Final, NamedTuple

from dispatch.forecasting import live
from dispatch.forecasting.conformal import Margins
from dispatch.forecasting.live import PRIOR, Ahead, Outlook, Standing
from dispatch.forecasting.ratios import Pace, Work
from dispatch.planning.flow import HOUR, Flow
from dispatch.planning.problem import Traffic
from tracking.shipments import window
from tracking.shipments.window import Window

MIDNIGHT: Final = datetime(2026, 11, 2, tzinfo=UTC)
HUB: Final = 1
DRIVERS: Final = 4
STOPS: Final = 34
DEPARTS: Final = 9 * HOUR
PUBLISHED: Final = Traffic(tuple(1.35 if hour in {8, 9, 16, 17, 18} else 1.15 for hour in range(24)))
DOOR_SECONDS: Final = 180.0

HUB_PACE: Final = 1.1
DAY_SPREAD: Final = 0.08
DRIVER_SPREAD: Final = 0.12
LEG_SPREAD: Final = 0.25
DOOR_SPREAD: Final = 0.6
USUAL_LEG_SECONDS: Final = 240.0
ADDED: Final = 0.02

AN_HOUR: Final = timedelta(hours=1)
PROMISE: Final = timedelta(hours=1)
"""Before and after the time that the plan expected: shoppers were promised two hours."""


class Delivery(NamedTuple):
    """What came of a stop: whether inside what was told an hour before, in how many minutes, and inside the promise."""

    day: int
    is_in_shown: bool
    is_in_quantiles: bool
    is_in_promise: bool | None
    minutes_wide: float


@dataclass(slots=True)
class _Stop:
    """A stop of a simulated round, and all that was told of it: when, which window, which quantiles."""

    ahead: Ahead
    drive_seconds: float
    door_seconds: float
    promise: Window | None = None
    told: list[tuple[datetime, Window, datetime, datetime]] = field(default_factory=list)


class Season:
    """Days one after the other at one hub, with what is learned from each. The same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._margins: Margins[int] = Margins(list(PRIOR))
        self._paces = [Pace() for _ in range(DRIVERS)]
        self._true_paces = [exp(self._chance.gauss(0, DRIVER_SPREAD)) for _ in range(DRIVERS)]
        self._flow = Flow(PUBLISHED)
        self._numbers = iter(range(1_000_000))

    def days(self, count: int) -> Iterator[Delivery]:
        """Live through some days and yield what came of each stop that was told of an hour before."""
        for day in range(count):
            traffic = HUB_PACE * exp(self._chance.gauss(0, DAY_SPREAD))
            hours = dict(self._paces[0].hours)
            for driver in range(DRIVERS):
                pace = Pace(hours, self._paces[driver].driver)
                round_ = _Round(self, day, pace, self._true_paces[driver], traffic)
                yield from round_.live()
                learned = pace.learned(round_.works)
                hours, self._paces[driver] = dict(learned.hours), learned
                for foretold, took in round_.outcomes:
                    live.learn(self._margins, HUB, foretold=foretold, took=took)
            self._paces = [Pace(hours, pace.driver) for pace in self._paces]

    def draw(self) -> _Stop:
        """Draw a stop."""
        leg = USUAL_LEG_SECONDS * exp(self._chance.gauss(0, 0.5))
        ahead = Ahead(next(self._numbers), leg, DOOR_SECONDS)
        door = DOOR_SECONDS * exp(self._chance.gauss(-(DOOR_SPREAD**2) / 2, DOOR_SPREAD))
        return _Stop(ahead, leg * exp(self._chance.gauss(0, LEG_SPREAD)), door)

    def is_one_added(self) -> bool:
        """Say whether a stop is added now."""
        return self._chance.random() < ADDED

    def place_in(self, length: int) -> int:
        """Say where an added stop goes."""
        return self._chance.randint(0, length)

    def foretell(self, now: float, ahead: Sequence[_Stop], pace: Pace) -> list[Outlook]:
        """Ask the model."""
        margins = [self._margins.of(HUB, horizon) for horizon in range(len(PRIOR))]
        stops = [stop.ahead for stop in ahead]
        return live.foretell(Standing(now), stops, flow=self._flow, pace=pace, margins=margins)


class _Round:
    """One driver's day."""

    def __init__(self, season: Season, day: int, pace: Pace, true_pace: float, traffic: float) -> None:
        self._season, self._day, self._pace = season, day, pace
        self._true_pace, self._traffic = true_pace, traffic
        self._midnight = MIDNIGHT + timedelta(days=day)
        self._flow = Flow(PUBLISHED)
        self.works: list[Work] = []
        self.outcomes: list[tuple[float, float]] = []

    def live(self) -> Iterator[Delivery]:
        """Drive it, tell the shoppers whenever a stop is done, and yield what came of each stop."""
        ahead = [self._season.draw() for _ in range(STOPS)]
        now = float(DEPARTS)
        for stop, outlook in zip(ahead, self._season.foretell(now, ahead, self._pace), strict=True):
            planned = self._at(now + outlook.p50)
            stop.promise = window.between(planned - PROMISE, planned + PROMISE, UTC)
        foretold: dict[int, list[tuple[float, float]]] = {}
        while ahead:
            outlooks = self._season.foretell(now, ahead, self._pace.on(self.works))
            for stop, outlook in zip(ahead, outlooks, strict=True):
                self._tell(stop, outlook, now)
                foretold.setdefault(stop.ahead.stop, []).append((now, outlook.p50))
            stop, left = ahead.pop(0), now
            now = self._serve(stop, now)
            self.works.append(Work(int(left // HOUR) % 24, now - left, outlooks[0].plain or now - left))
            self.outcomes += [(p50, now - at) for at, p50 in foretold[stop.ahead.stop]]
            yield from self._judge(stop, self._at(now))
            if ahead and self._season.is_one_added():
                ahead.insert(self._season.place_in(len(ahead)), self._season.draw())

    def _serve(self, stop: _Stop, now: float) -> float:
        """Drive there and hand over, in truth; gives when it is done."""
        drive = (self._flow.arrival(round(now), round(stop.drive_seconds)) - round(now)) * self._traffic
        return now + (drive + stop.door_seconds) * self._true_pace

    def _tell(self, stop: _Stop, outlook: Outlook, now: float) -> None:
        """Tell the shopper what the rules of windows would have them told."""
        at, low, high = (self._at(seconds) for seconds in (now, now + outlook.p10, now + outlook.p90))
        found = window.between(live.rounded(low), live.rounded(high), UTC)
        told = stop.told[-1][1] if stop.told else None
        shown = found if told is None or window.is_worth_telling(told, found, at=at) else told
        stop.told.append((at, shown, low, high))

    def _judge(self, stop: _Stop, done: datetime) -> Iterator[Delivery]:
        before = [telling for telling in stop.told if telling[0] <= done - AN_HOUR]
        if before:
            _, shown, low, high = before[-1]
            kept = _holds(stop.promise, done) if stop.promise else None
            start, end = shown.start or done, shown.end or done
            yield Delivery(
                self._day, _holds(shown, done), low <= done <= high, kept, (end - start) / timedelta(minutes=1)
            )

    def _at(self, seconds: float) -> datetime:
        return self._midnight + timedelta(seconds=seconds)


def _holds(told: Window, moment: datetime) -> bool:
    return told.start is not None and told.end is not None and told.start <= moment <= told.end
