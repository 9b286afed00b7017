"""How long drives take: streets, hour and weather, for each kind of vehicle.

``roads`` (or ``drives``) says how long and how far it is on an empty road, by the routing server of the settings, by
the streets of an area pack, or by the crow's flight; ``conditions`` (or ``traffic``) what the hours of a day make
of that.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from atlas import travel as streets
from dispatch import factors, habits, weather
from dispatch.gateways import osrm
from dispatch.gateways.fetching import Unavailable
from dispatch.habits import Habits
from dispatch.missing import Missing
from dispatch.models.fleet import Hub, VehicleType
from dispatch.planning.problem import NO_WAY, Drives, Traffic
from dispatch.weather import HOURS, Weather

logger = logging.getLogger(__name__)

REST_SECONDS: Final = 60.0
"""For so long a routing server that did not answer is not asked again."""

Floats = NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Roads:
    """The drives between some points on an empty road, by the slug of the type of vehicle; what had to be guessed."""

    drives: Mapping[str, Drives]
    missing: frozenset[Missing]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the roads from a hub are like on a day."""

    hub: Hub
    habits: Habits
    weather: Weather

    @property
    def missing(self) -> frozenset[Missing]:
        """Name what had to be guessed."""
        return self.habits.missing | self.weather.missing

    def traffics(self, kinds: Iterable[VehicleType]) -> Mapping[str, Traffic]:
        """Give what each type of vehicle meets, by its slug, as a ``Problem`` takes it."""
        return {kind.slug: self.traffic(kind) for kind in kinds}

    def traffic(self, kind: VehicleType | None = None) -> Traffic:
        """Give the factors of each hour since the day's first midnight, weather included; without a kind, a van's."""
        share = kind.feels_traffic if kind else 1.0
        start = weather.midnight(self.hub, self.weather.day)
        hours = [(start + timedelta(hours=hour)).astimezone(self.hub.zone) for hour in range(HOURS)]
        busy = [1.0 + share * (self.habits.factor(hour.date(), hour.hour) - 1.0) for hour in hours]
        return Traffic(tuple(b * w for b, w in zip(busy, self.weather.travel_factors, strict=True)))


class _Base(NamedTuple):
    """A van's drives from each point to each; NaN where there is no way."""

    seconds: Floats
    metres: Floats
    missing: frozenset[Missing]


class _Router:
    """The routing server of the settings, which rests for a while after it did not answer."""

    def __init__(self) -> None:
        self._rests_until = 0.0

    def table(self, points: Sequence[Point]) -> tuple[Floats, Floats] | None:
        """Give seconds and metres from each to each, or ``None`` where the server does not answer."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            return osrm.table(settings.OSRM_URL, points)
        except Unavailable as problem:
            logger.warning("The routing server is left alone for a while: %s", problem)
            self._rests_until = time.monotonic() + REST_SECONDS
            return None

    def wake(self) -> None:
        """Ask it again, whatever it did before."""
        self._rests_until = 0.0


router: Final = _Router()


def roads(points: Sequence[Point], *, kinds: Iterable[VehicleType]) -> Roads:
    """Measure the drives from each (latitude, longitude) to each, for each type of vehicle.

    Where there is no way, a drive takes ``NO_WAY`` seconds.
    """
    base = _base(points)
    return Roads({kind.slug: _drives(base, kind) for kind in kinds}, base.missing)


def drives(points: Sequence[Point], *, kinds: Iterable[VehicleType]) -> Mapping[str, Drives]:
    """Measure like ``roads``, for whoever need not know what was guessed."""
    return roads(points, kinds=kinds).drives


def conditions(hub: Hub, *, day: date) -> Conditions:
    """Look up what the roads from a hub are like on a day: two queries, nobody outside is asked."""
    return Conditions(hub, habits.of_hub(hub, on=day), weather.of_day(hub, day=day))


def traffic(hub: Hub, *, day: date, kind: VehicleType | None = None) -> Traffic:
    """Give the factors of each hour of a day like ``conditions``, for whoever need not know what was guessed."""
    return conditions(hub, day=day).traffic(kind)


def _base(points: Sequence[Point]) -> _Base:
    missing = set()
    if settings.OSRM_URL:
        found = router.table(points)
        if found:
            return _Base(*found, frozenset())
        missing.add(Missing.ROUTER)
    seconds, metres = streets.matrix(points, points)
    has_streets = streets.have_streets(points)
    if not has_streets.all():
        missing.add(Missing.STREETS)
    # What is guessed by the crow's flight is guessed for the day, and here the road is empty.
    day_factor = factors.newest("travel")["crows_flight"]["day_factor"]
    return _Base(np.where(has_streets, seconds, seconds / day_factor), metres, frozenset(missing))


def _drives(base: _Base, kind: VehicleType) -> Drives:
    """Let a kind of vehicle drive, no faster than it can go."""
    rules = factors.newest("travel")["kinds"][kind.kind]
    seconds, metres = base.seconds, base.metres
    if rules["is_free_of_one_ways"]:
        seconds, metres = np.fmin(seconds, seconds.T), np.fmin(metres, metres.T)
    seconds = np.maximum(seconds * kind.pace, metres / (rules["top_kmh"] / 3.6))
    return Drives(_whole(seconds, NO_WAY), _whole(metres, 0))


def _whole(numbers: Floats, no_way: int) -> NDArray[np.int64]:
    whole = np.nan_to_num(np.rint(numbers), nan=no_way).astype(np.int64)
    np.fill_diagonal(whole, 0)
    return whole
