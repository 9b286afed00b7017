"""Problems to plan: places along one road, where a minute's drive is a kilometre; and ones that chance makes."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from hypothesis import strategies as st

from dispatch.planning.problem import ALWAYS, Break, Drives, Problem, Tour, Traffic, Vehicle, Visit

MINUTE: Final = 60
HOUR: Final = 3600

# A few skills and places, so that chance makes problems in which some visits can be made and some cannot.
_SKILL: Final = frozenset({"lift"})


def road(*minutes: int) -> Drives:
    """Return the drives between places at so many minutes from the beginning of a road."""
    seconds = np.abs(np.subtract.outer(minutes, minutes)).astype(np.int64) * MINUTE
    return Drives(seconds, seconds // MINUTE * 1000)


def make_vehicle(name: str = "van", **fields: Any) -> Vehicle:
    """Make a vehicle at place 0 that carries ten, and costs 36 an hour and nothing else."""
    return Vehicle(**{"id": name, "depot": 0, "capacity": (10,), "cost_per_hour": 36.0, **fields})


def make_visit(place: int, **fields: Any) -> Visit:
    """Make a visit called after its place, with a load of one, that takes no time."""
    return Visit(**{"id": f"v{place}", "place": place, "load": (1,), **fields})


def make_problem(
    drives: Drives, visits: Sequence[Visit], vehicles: Sequence[Vehicle] = (make_vehicle(),), **fields: Any
) -> Problem:
    """Make a problem with one kind of drives."""
    return Problem({"": drives}, vehicles, visits, **fields)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a problem with everything that one can ask for: what cannot be done must be named."""
    minutes = draw(st.lists(st.integers(0, 40), min_size=3, max_size=7))
    starts = st.integers(0, 3 * HOUR)
    spans = st.one_of(st.just(ALWAYS), starts.map(lambda start: (start, start + 40 * MINUTE)))
    visits = [
        make_visit(
            place,
            load=(draw(st.integers(0, 6)), 1),
            pickup=draw(st.sampled_from([(), (1, 0)])),
            windows=tuple(draw(st.lists(spans, min_size=1, max_size=2))),
            service_seconds=draw(st.integers(0, 5 * MINUTE)),
            skills=draw(st.sampled_from([frozenset(), frozenset(), _SKILL])),
            depots=draw(st.sampled_from([None, None, frozenset({0})])),
            ready_at=draw(st.sampled_from([0, 0, HOUR])),
            prize=draw(st.sampled_from([None, None, 5.0])),
            group=draw(st.sampled_from(["", "", "either"])),
        )
        for place in range(1, len(minutes))
    ]
    vehicles = [
        make_vehicle(
            f"van {number}",
            depot=draw(st.sampled_from([0, 1])),
            back_at=draw(st.sampled_from([None, 0])),
            capacity=(draw(st.integers(5, 12)), 4),
            shift=(draw(starts), 5 * HOUR),
            skills=draw(st.sampled_from([frozenset(), _SKILL])),
            pause=draw(st.sampled_from([None, Break((2 * HOUR, 3 * HOUR), 20 * MINUTE)])),
            fixed_cost=draw(st.sampled_from([0.0, 7.5])),
            cost_per_km=0.31,
            cost_per_visit=draw(st.sampled_from([0.0, 1.25])),
            kg_co2e_per_km=0.2,
            most_seconds=draw(st.sampled_from([None, 2 * HOUR])),
            most_metres=draw(st.sampled_from([None, 90_000])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    begun = [Tour("van 0", draw(st.sampled_from([(), (visits[0].id,)])))] if draw(st.booleans()) else []
    traffic = draw(st.sampled_from([Traffic(), Traffic((1.0, 1.6, 0.9, 2.0))]))
    return Problem({"": road(*minutes)}, vehicles, visits, traffic, begun, carbon_price=0.1)
