"""A day of 200 stops from three hubs on the streets of San Francisco, with vans, cargo bikes and crowd couriers' cars.

Stops are drawn: where they are, how much they get, when somebody is at home. The traffic is a working day's, by the
hour; bicycles have their lane. A tenth of the orders could go to a pickup point instead, some need two hands more than
a bicycle has, some are stocked at one hub alone, some come in by noon.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from atlas.areas import Area
from atlas.streets.graph import Point
from dispatch import factors
from dispatch.planning.problem import Break, Drives, Problem, Span, Traffic, Vehicle, Visit

HOUR: Final = 3600
HUBS: Final = 3
PICKUP_POINTS: Final = 5

_DAY: Final = date(2026, 11, 23)
_NEAR_STREET_M: Final = 100.0
_BIKE_METRES_PER_SECOND: Final = 4.5
_WORK: Final = (8 * HOUR, 18 * HOUR)
_EVENING: Final = (12 * HOUR, 21 * HOUR)
_NOON: Final = Break((11 * HOUR + HOUR // 2, 13 * HOUR + HOUR // 2), HOUR // 2)
_CARBON_PRICE: Final = 0.1
_LIFT: Final = frozenset({"lift"})

# Grams and millilitres that they carry, when they work, and what that costs.
_KINDS: Final = {
    "van": Vehicle(
        "", 0, (600_000, 6_000_000), _WORK, skills=_LIFT, pause=_NOON, fixed_cost=25, cost_per_hour=26, cost_per_km=0.32
    ),
    "bike": Vehicle(
        "", 0, (120_000, 900_000), _WORK, profile="bike", pause=_NOON, fixed_cost=8, cost_per_hour=22, cost_per_km=0.05
    ),
    "crowd": Vehicle("", 0, (60_000, 500_000), _EVENING, cost_per_visit=5.5, most_seconds=4 * HOUR),
}


@dataclass(frozen=True, slots=True)
class Town:
    """The drives between places of an area: the hubs first, then pickup points, then doors."""

    drives: dict[str, Drives]
    doors: range


def lay_out(pack: Path, doors: int, chance: Random) -> Town:
    """Draw places near the streets of an area pack, and measure the drives between them."""
    area = Area.load(pack)
    points = [_point(area, chance) for _ in range(HUBS + PICKUP_POINTS + doors)]
    seconds, metres = area.streets.matrix(points, points)
    far = np.rint(metres).astype(np.int64)
    bike = np.rint(metres / _BIKE_METRES_PER_SECOND).astype(np.int64)
    drives = {"": Drives(np.rint(seconds).astype(np.int64), far), "bike": Drives(bike, far)}
    return Town(drives, range(HUBS + PICKUP_POINTS, len(points)))


def make(town: Town, chance: Random) -> Problem:
    """Draw a day."""
    visits = [visit for door in town.doors for visit in _order(door, chance)]
    hours = factors.table("travel", on=_DAY)["hours"]["weekday"]
    traffic = Traffic(tuple(hours))
    return Problem(town.drives, fleet(), visits, traffic, carbon_price=_CARBON_PRICE, traffic_of={"bike": Traffic()})


def fleet() -> list[Vehicle]:
    """Return two vans, two bikes and two couriers with their own cars a hub."""
    kinds = [kind for kind in _KINDS for _ in range(2)]
    return [
        replace(_KINDS[kind], id=f"{kind} {hub}.{number}", depot=hub, kg_co2e_per_km=kg_co2e_per_km(kind))
        for hub in range(HUBS)
        for number, kind in enumerate(kinds)
    ]


def litres_per_km(vehicle: Vehicle) -> float:
    """Return what a vehicle burns, of diesel or petrol."""
    table = factors.table("emissions", on=_DAY)
    return 0.0 if "bike" in vehicle.id else vehicle.kg_co2e_per_km / sum(table["litre"]["diesel"].values())


def kg_co2e_per_km(kind: str) -> float:
    """Return what a kilometre of a kind of vehicle costs the air: vans and cars burn diesel, bikes electricity."""
    table = factors.table("emissions", on=_DAY)
    vehicle, energy = {"van": ("van", "diesel"), "bike": ("cargo_bike", "battery"), "crowd": ("car", "diesel")}[kind]
    return float(table[vehicle][energy])


def _order(door: int, chance: Random) -> Sequence[Visit]:
    """Draw an order: one visit at home, or that and one at a pickup point of which either will do."""
    grams = chance.randint(300, 9_000)
    home = Visit(
        id=f"home {door}",
        place=door,
        load=(grams, grams * chance.randint(3, 9)),
        windows=(_window(chance),),
        service_seconds=chance.randint(90, 240),
        skills=_LIFT if chance.random() < 0.05 else frozenset(),
        depots=frozenset({chance.randrange(HUBS)}) if chance.random() < 0.3 else None,
        ready_at=12 * HOUR if chance.random() < 0.1 else 0,
    )
    if chance.random() >= 0.1:
        return [home]
    point = HUBS + chance.randrange(PICKUP_POINTS)
    home = replace(home, group=f"order {door}")
    return [
        home,
        replace(home, id=f"point {door}", place=point, windows=(_WORK,), service_seconds=60, skills=frozenset()),
    ]


def _window(chance: Random) -> Span:
    """Draw when somebody is there: half of them all day, the others for two hours."""
    if chance.random() < 0.5:
        return _WORK
    start = chance.randrange(9, 19)
    return start * HOUR, (start + 2) * HOUR


def _point(area: Area, chance: Random) -> Point:
    """Choose a place near a street, anywhere in the area."""
    west, south, east, north = area.bounds
    while True:
        point = chance.uniform(south, north), chance.uniform(west, east)
        if area.streets.distances_m([point])[0] < _NEAR_STREET_M:
            return point
