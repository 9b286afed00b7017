"""How long a van takes: by the streets where an area has them, by the crow's flight elsewhere.

Points are (latitude, longitude). Two points go by the streets of the smallest area that reaches both.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atlas import areas, projection
from atlas.areas import Area
from atlas.projection import Floats
from atlas.streets.graph import Point


class CrowsFlight(NamedTuple):
    """What makes a drive of a crow's flight."""

    detour: float  # metres driven for a metre flown
    town_kmh: float
    town_m: float  # of a drive, this much is in town; the rest is on roads between towns
    road_kmh: float


# As of November 2026. Published detours are 1.3 to 1.7; by day taxis drive 14 to 29 km/h (New York, Chengdu).
CROWS_FLIGHT = CrowsFlight(detour=1.4, town_kmh=20, town_m=10_000, road_kmh=60)

# A point farther from any street, on an island without a bridge say, is not reached by them.
REACH_M = 300.0


class Leg(NamedTuple):
    """A drive from one point to the next."""

    seconds: float
    distance_m: float


def legs(points: Sequence[Point]) -> list[Leg]:
    """Estimate the drives from each point to the one after it."""
    degrees = _degrees(points)
    seconds, lengths_m = _by_crows_flight(degrees[:-1], degrees[1:])
    for area in reversed(areas.loaded()):
        is_reached = _is_reached(area, points)
        for place in (is_reached[:-1] & is_reached[1:]).nonzero()[0].tolist():
            found = area.streets.matrix(points[place : place + 1], points[place + 1 : place + 2])
            seconds[place], lengths_m[place] = (values[0, 0] for values in found)
    return [Leg(*leg) for leg in zip(seconds.tolist(), lengths_m.tolist(), strict=True)]


def matrix(origins: Sequence[Point], destinations: Sequence[Point]) -> tuple[Floats, Floats]:
    """Estimate the drives from each point to each: seconds and metres, one row an origin."""
    seconds, lengths_m = _by_crows_flight(_degrees(origins)[:, None], _degrees(destinations)[None, :])
    for area in reversed(areas.loaded()):
        rows = _is_reached(area, origins).nonzero()[0].tolist()
        columns = _is_reached(area, destinations).nonzero()[0].tolist()
        if rows and columns:
            block = np.ix_(rows, columns)
            seconds[block], lengths_m[block] = area.streets.matrix(
                [origins[row] for row in rows], [destinations[column] for column in columns]
            )
    return seconds, lengths_m


def have_streets(points: Sequence[Point]) -> NDArray[np.bool_]:
    """Tell of each pair of points whether ``matrix`` goes from one to the other by streets."""
    found = np.zeros((len(points), len(points)), dtype=np.bool_)
    for area in areas.loaded():
        is_reached = _is_reached(area, points)
        found |= is_reached[:, None] & is_reached[None, :]
    return found


def _is_reached(area: Area, points: Sequence[Point]) -> NDArray[np.bool_]:
    """Tell of each point whether the area's streets lead there."""
    is_reached = np.array([area.bounds.contains(*point) for point in points], dtype=np.bool_)
    inside = is_reached.nonzero()[0].tolist()
    if inside:
        is_reached[inside] = area.streets.distances_m([points[place] for place in inside]) <= REACH_M
    return is_reached


def _by_crows_flight(origins: Floats, destinations: Floats) -> tuple[Floats, Floats]:
    flights_m = projection.distance_m(origins[..., 0], origins[..., 1], destinations[..., 0], destinations[..., 1])
    lengths_m = CROWS_FLIGHT.detour * flights_m
    town_m = np.minimum(lengths_m, CROWS_FLIGHT.town_m)
    hours = (town_m / CROWS_FLIGHT.town_kmh + (lengths_m - town_m) / CROWS_FLIGHT.road_kmh) / 1000
    return 3600 * hours, lengths_m


def _degrees(points: Sequence[Point]) -> Floats:
    return np.array(points, dtype=np.float64).reshape(-1, 2)
