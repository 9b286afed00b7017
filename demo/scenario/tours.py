"""Tours over real streets to real doors, drawn so that there is something to see. Pure.

A shopper does not see a van that is near somebody else's door. A planner would put the doors of a tour close together;
here they are drawn far apart and off each other's way, so that the van is in sight for much of the tour.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np

from atlas import projection
from atlas.addresses import Address
from atlas.areas import Area
from atlas.projection import Floats, Plane
from atlas.streets.graph import Point
from atlas.streets.route import Route as Way

APART_M: Final = 180.0
OFF_THE_WAY_M: Final = 90.0
"""How far a van passes by other doors of its tour: outside the radius within which it is hidden."""

TRIES: Final = 40
MOST_SECONDS: Final = 360.0
"""A shopper who is next should not wait for longer."""

SPOT_SECONDS: Final = 2.0
NEAR_M: Final = 100.0
"""How far a drawn spot may be from the next door, and a door from the next street."""


class NoDoors(Exception):
    """The area has no addresses, so nothing can be delivered in it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A door on a tour, and the way to it from the one before, or from the hub."""

    door: Address
    way: Way


@dataclass(frozen=True, slots=True)
class Reach:
    """How far away the next door of a tour is looked for, over the crow's flight."""

    nearest_m: float = 700.0
    farthest_m: float = 1_200.0


class Drawing:
    """Draws doors and tours in an area, never the same door twice."""

    def __init__(self, area: Area, chance: Random) -> None:
        self._area = area
        self._chance = chance
        self._drawn: set[Point] = set()

    def door(self) -> Address:
        """Draw a door, anywhere."""
        bounds = self._area.bounds
        while True:
            south_to_north = self._chance.uniform(bounds.south, bounds.north)
            door = self._at(south_to_north, self._chance.uniform(bounds.west, bounds.east))
            if door is not None:
                return self._take(door)

    def door_at(self, point: Point) -> Address:
        """Take the door nearest to a point."""
        door = self._area.addresses.nearest(*point, within_m=math.inf)
        if door is None:
            raise NoDoors(f"The pack of {self._area.name} has no addresses.")
        return self._take(door)

    def tour(self, hub: Point, reaches: Sequence[Reach]) -> tuple[Visit, ...]:
        """Draw a tour from a hub, with a visit for each reach."""
        visits: list[Visit] = []
        for reach in reaches:
            visits.append(self._visit(hub, reach, visits))
            self._take(visits[-1].door)
        return tuple(visits)

    def _visit(self, hub: Point, reach: Reach, before: Sequence[Visit]) -> Visit:
        """Draw the next visit of a tour.

        Of some doors within reach it is the first one that is far from the others and has all ways of the tour at a
        distance, or else the one that comes closest to that.
        """
        origin = _point(before[-1].door) if before else hub
        tried: list[tuple[float, Visit]] = []
        while len(tried) < TRIES:
            door = self._in_reach(origin, reach)
            if door is not None:
                visit = Visit(door, self._area.streets.route(origin, _point(door)))
                room_m = _room_m(visit, before) if visit.way.duration_seconds <= MOST_SECONDS else 0.0
                if room_m >= OFF_THE_WAY_M:
                    return visit
                tried.append((room_m, visit))
        return max(tried, key=lambda candidate: candidate[0])[1]

    def _in_reach(self, origin: Point, reach: Reach) -> Address | None:
        away_m, bearing = self._chance.uniform(reach.nearest_m, reach.farthest_m), self._chance.uniform(0, math.tau)
        plane = Plane(origin[0])
        east_m, north_m = plane.to_metres(*origin).tolist()
        moved = np.array([east_m + away_m * math.sin(bearing), north_m + away_m * math.cos(bearing)])
        return self._at(*plane.to_degrees(moved).tolist())

    def _at(self, latitude: float, longitude: float) -> Address | None:
        if not self._area.bounds.contains(latitude, longitude):
            return None
        door = self._area.addresses.nearest(latitude, longitude, within_m=NEAR_M)
        if door is None or not door.number or _point(door) in self._drawn:
            return None
        is_by_the_street = self._area.streets.distances_m([_point(door)])[0] <= NEAR_M
        return door if is_by_the_street else None

    def _take(self, door: Address) -> Address:
        self._drawn.add(_point(door))
        return door


def _room_m(visit: Visit, before: Sequence[Visit]) -> float:
    """Measure the least room that one more visit leaves: door to door (halved), and each way to the others' doors."""
    if not before:
        return math.inf
    doors = np.array([_point(earlier.door) for earlier in before])
    ways = np.concatenate([_spots(earlier.way) for earlier in before])
    door = np.array([_point(visit.door)])
    return min(
        _least_m(door, doors) * OFF_THE_WAY_M / APART_M,
        _least_m(door, ways),
        _least_m(_spots(visit.way), doors[:-1]) if len(doors) > 1 else math.inf,
    )


def _spots(way: Way) -> Floats:
    """Say where a van is every two seconds of a way, as rows of (latitude, longitude)."""
    moments = np.append(np.arange(0, way.duration_seconds, SPOT_SECONDS), way.duration_seconds)
    latitudes, longitudes = np.array(way.points).T
    return np.stack([np.interp(moments, way.seconds, latitudes), np.interp(moments, way.seconds, longitudes)], axis=-1)


def _least_m(some: Floats, others: Floats) -> float:
    distances = projection.distance_m(some[:, None, 0], some[:, None, 1], others[None, :, 0], others[None, :, 1])
    return float(distances.min())


def _point(door: Address) -> Point:
    return door.latitude, door.longitude
