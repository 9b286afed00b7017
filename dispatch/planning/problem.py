"""What is asked of the optimiser: places, the drives between them, vehicles, and visits to make.

Times are whole seconds since the zero of the problem (of a day: its first midnight, local), lengths whole metres, loads
one number a dimension (of a day: grams and millilitres). Money is of one currency. Places are counted from 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Load = tuple[int, ...]
Span = tuple[int, int]

ALWAYS: Final[Span] = (0, 2**40)

# A drive of as many seconds is none: there is no way, or it is not allowed.
NO_WAY: Final = 2**40


@dataclass(frozen=True, slots=True, eq=False)
class Drives:
    """How long and how far it is between the places, for one kind of vehicle on an empty road.

    Both are n by n, row to column, need not be symmetric, and have a zero diagonal. Where one cannot be reached from
    the other the drive takes ``NO_WAY`` seconds.
    """

    seconds: Whole
    metres: Whole


@dataclass(frozen=True, slots=True)
class Traffic:
    """By what a drive takes longer than on an empty road, hour by hour since the zero of the problem.

    After the last hour the first one follows; within an hour the speed is one. Weather is in it.
    """

    factors: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Break:
    """A pause that begins within ``begins`` and lasts for ``seconds``; not within a drive or the work at a door.

    A tour that leaves after the latest beginning, or is back by then, needs none on its way.
    """

    begins: Span
    seconds: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle with its driver for one shift. Leaves from ``depot`` and comes back to ``back_at`` (or the same).

    It is paid by the hour from leaving to coming back, waiting and pause included.
    """

    id: str
    depot: int
    capacity: Load
    shift: Span = ALWAYS
    back_at: int | None = None
    profile: str = ""
    skills: frozenset[str] = frozenset()
    pause: Break | None = None
    fixed_cost: float = 0.0
    cost_per_hour: float = 0.0
    cost_per_km: float = 0.0
    cost_per_visit: float = 0.0
    kg_co2e_per_km: float = 0.0
    most_seconds: int | None = None
    most_metres: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One door to be at, or one way of serving an order.

    ``windows`` are hard, and any one will do. Without a ``prize`` the visit must be made; with one it may be left out
    where it costs more than that. Of the visits of one ``group`` exactly one is made (home or pickup point), or at
    most one where each of them has a prize. ``depots`` are those that have the goods (``None``: all), which are ready
    to leave at ``ready_at``. ``load`` is brought there, ``pickup`` taken back to the depot.
    """

    id: str
    place: int
    load: Load
    windows: tuple[Span, ...] = (ALWAYS,)
    service_seconds: int = 0
    skills: frozenset[str] = frozenset()
    depots: frozenset[int] | None = None
    ready_at: int = 0
    prize: float | None = None
    group: str = ""
    pickup: Load = ()


@dataclass(frozen=True, slots=True)
class Tour:
    """The visits of one vehicle, in order, by their ids."""

    vehicle: str
    visits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """All there is to plan at once.

    ``drives`` is by profile. ``begun`` are tours that are under way: the visits at their beginning keep their vehicle
    and order, and a vehicle's first drive is from its ``depot``, which is then where it is now, and begins with its
    shift, which is then now. ``traffic_of`` is for profiles that meet a traffic of their own (a bicycle on its lane).
    """

    drives: Mapping[str, Drives]
    vehicles: Sequence[Vehicle]
    visits: Sequence[Visit]
    traffic: Traffic = field(default_factory=Traffic)
    begun: Sequence[Tour] = ()
    carbon_price: float = 0.0  # of a kilogram of CO2e
    traffic_of: Mapping[str, Traffic] = field(default_factory=dict)

    def traffic_met(self, profile: str) -> Traffic:
        """Return the traffic that vehicles of a profile meet."""
        return self.traffic_of.get(profile, self.traffic)
