"""Tours over real streets to real doors, drawn so that there is something to see. Pure.

A shopper does not see a van that is near somebody else's door. A planner would put the doors of a tour close together;
here they are drawn far apart and off each other's way, so that the van is in sight for much of the tour.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple, Self

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
        others = _Others.of(before)
        tried: list[tuple[float, Address]] = []
        while len(tried) < TRIES:
            door = self._in_reach(origin, reach)
            if door is not None:
                room_m = others.room_for_door_m(door)
                if room_m >= OFF_THE_WAY_M:
                    visit = self._go(origin, door)
                    room_m = others.room_for_way_m(visit.way)
                    if room_m >= OFF_THE_WAY_M:
                        return visit
                tried.append((room_m, door))
        return self._go(origin, max(tried, key=lambda candidate: candidate[0])[1])

    def _go(self, origin: Point, door: Address) -> Visit:
        return Visit(door, self._area.streets.route(origin, _point(door)))

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


class _Others(NamedTuple):
    """The doors of a tour so far, and where the van is every two seconds on its ways: rows of degrees."""

    doors: Floats
    spots: Floats

    @classmethod
    def of(cls, visits: Sequence[Visit]) -> Self:
        doors = np.array([_point(visit.door) for visit in visits]).reshape(-1, 2)
        return cls(doors, np.concatenate([np.empty((0, 2)), *(_spots(visit.way) for visit in visits)]))

    def room_for_door_m(self, door: Address) -> float:
        """Measure how far a door is from those ways, and from those doors, of which more is asked."""
        place = np.array([_point(door)])
        return min(_least_m(place, self.spots), _least_m(place, self.doors) * OFF_THE_WAY_M / APART_M)

    def room_for_way_m(self, way: Way) -> float:
        """Measure how far a way is from those doors but the last, from which it comes; none where it is too long."""
        return _least_m(_spots(way), self.doors[:-1]) if way.duration_seconds <= MOST_SECONDS else 0.0


def _spots(way: Way) -> Floats:
    """Say where a van is every two seconds of a way, as rows of (latitude, longitude)."""
    moments = np.append(np.arange(0, way.duration_seconds, SPOT_SECONDS), way.duration_seconds)
    latitudes, longitudes = np.array(way.points).T
    return np.stack([np.interp(moments, way.seconds, latitudes), np.interp(moments, way.seconds, longitudes)], axis=-1)


def _least_m(some: Floats, others: Floats) -> float:
    distances_m = projection.distance_m(some[:, None, 0], some[:, None, 1], others[None, :, 0], others[None, :, 1])
    return float(distances_m.min(initial=math.inf))


def _point(door: Address) -> Point:
    return door.latitude, door.longitude
