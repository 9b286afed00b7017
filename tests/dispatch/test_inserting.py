"""One more visit in a plan that stands."""

from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import numpy as np
import pytest

from dispatch.planning import checking, inserting, simulating
from dispatch.planning.plan import Plan
from dispatch.planning.problem import Break, Drives, Problem, Tour, Traffic, Vehicle, Visit

HOUR = 3600
DAY = (8 * HOUR, 20 * HOUR)


def town(points: list[tuple[float, float]]) -> Drives:
    """Drive as the crow flies over a plain of kilometres, at 36 km/h."""
    places = np.array(points, dtype=np.float64)
    metres = np.rint(1000 * np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))).astype(np.int64)
    return Drives(seconds=metres // 10, metres=metres)


def planned(problem: Problem, tours: dict[str, list[str]]) -> Plan:
    timed = [simulating.drive(problem, Tour(vehicle, tuple(names))) for vehicle, names in tours.items()]
    return Plan(timed, [], simulating.total(tour.cost for tour in timed))


def van(name: str = "van", **fields: Any) -> Vehicle:
    known = {"depot": 0, "capacity": (10,), "shift": DAY, "cost_per_hour": 36.0, "cost_per_km": 0.5}
    return Vehicle(name, **{**known, "kg_co2e_per_km": 0.2, **fields})


def visit(name: str, place: int, **fields: Any) -> Visit:
    return Visit(name, place, **{"load": (1,), "service_seconds": 120, **fields})


def street() -> tuple[Problem, Plan]:
    """A depot at 0 km of a street, doors at 1 and 3 km that a van goes to, and one at 2 km that nobody does."""
    drives = {"": town([(0, 0), (1, 0), (3, 0), (2, 0), (0, 4)])}
    problem = Problem(drives, [van()], [visit("near", 1), visit("far", 2)])
    return problem, planned(problem, {"van": ["near", "far"]})


def test_what_lies_on_the_way_costs_the_time_at_the_door_alone() -> None:
    problem, plan = street()

    found = inserting.cheapest(problem, plan, visit("between", 3))

    assert found is not None
    assert [call.visit for call in found.tour.calls] == ["near", "between", "far"]
    assert (found.position, found.added.metres, found.added.seconds) == (1, 0, 120)
    assert found.added.money == pytest.approx(36.0 * 120 / HOUR)
    assert found.added.kg_co2e == pytest.approx(0)


def test_a_detour_is_paid_in_money_seconds_metres_and_co2() -> None:
    problem, plan = street()

    found = inserting.cheapest(problem, plan, visit("aside", 4))

    assert found is not None
    assert found.position in {0, 2}
    assert found.added.metres == 4000 + (5000 - 3000 if found.position == 2 else 4123 - 1000)
    assert found.added.seconds == found.added.metres // 10 + 120
    assert found.added.kg_co2e == pytest.approx(found.added.metres * 0.2 / 1000)


def test_a_window_decides_where_it_goes_and_when() -> None:
    problem, plan = street()
    late = (15 * HOUR, 16 * HOUR)

    found = inserting.cheapest(problem, plan, visit("between", 3, windows=(late,)))

    assert found is not None
    assert late[0] <= found.call.begins <= late[1]
    assert (
        checking.faults(
            replace(problem, visits=[*problem.visits, visit("between", 3, windows=(late,))]),
            Plan([found.tour], [], found.tour.cost),
        )
        == []
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"load": (9,)},
        {"skills": frozenset({"two"})},
        {"depots": frozenset({4})},
        {"windows": ((HOUR, 2 * HOUR),)},
        {"windows": (DAY,), "ready_at": DAY[1]},
        {"service_seconds": 12 * HOUR},
    ],
)
def test_what_breaks_a_rule_goes_nowhere(fields: dict[str, Any]) -> None:
    problem, plan = street()

    assert inserting.cheapest(problem, plan, visit("between", 3, **fields)) is None


def test_promises_that_were_made_are_kept() -> None:
    drives = {"": town([(0, 0), (1, 0), (3, 0), (2, 0)])}
    hurried = [visit("near", 1, windows=((DAY[0], DAY[0] + 100),)), visit("far", 2, windows=((DAY[0], DAY[0] + 430),))]
    problem = Problem(drives, [van()], hurried)
    plan = planned(problem, {"van": ["near", "far"]})

    found = inserting.cheapest(problem, plan, visit("between", 3))

    assert found is not None
    assert [call.visit for call in found.tour.calls] == ["near", "far", "between"]


def test_a_vehicle_that_would_have_stayed_costs_its_shift_too() -> None:
    problem, plan = street()
    both = replace(problem, vehicles=[van(capacity=(2,)), van("spare", fixed_cost=50.0)])

    found = inserting.cheapest(both, plan, visit("between", 3))

    assert found is not None
    assert (found.tour.vehicle, found.added.metres) == ("spare", 4000)
    assert found.added.money == pytest.approx(50 + 36 * 520 / HOUR + 4 * 0.5)


def test_what_is_under_way_stays_in_its_order() -> None:
    problem, plan = street()
    under_way = replace(problem, begun=[Tour("van", ("near", "far"))])

    found = inserting.cheapest(under_way, plan, visit("between", 3))

    assert found is not None
    assert [call.visit for call in found.tour.calls] == ["near", "far", "between"]


def test_as_many_go_in_as_there_is_room_for() -> None:
    problem, plan = street()
    evening = ((18 * HOUR, 18 * HOUR + 300),)

    full = inserting.fill(problem, plan, [visit(f"evening {number}", 3, windows=evening) for number in range(9)])

    made = [call.visit for tour in full.tours for call in tour.calls]
    assert sorted(made) == ["evening 0", "evening 1", "evening 2", "far", "near"]
    assert full.cost.metres == 6000


def day_of_stops(chance: Random, stops: int, vans: int) -> tuple[Problem, Plan]:
    """Make a day of vans with windows, traffic and pauses, each going to its doors from west to east."""
    points = [(10.0, 10.0), *((chance.uniform(0, 20), chance.uniform(0, 20)) for _ in range(stops + 1))]
    numbers = count(1)
    tours: dict[str, list[str]] = {
        f"van {van_number}": [f"{next(numbers)}" for _ in range(stops // vans)] for van_number in range(vans)
    }
    pause = Break(begins=(11 * HOUR, 14 * HOUR), seconds=1800)
    visits = [
        visit(f"{place}", place, windows=((DAY[0], chance.choice([12, 16, 20]) * HOUR),))
        for place in range(1, stops + 1)
    ]
    vehicles = [van(name, capacity=(99,), pause=pause) for name in tours]
    traffic = Traffic(tuple(1.6 if hour in {8, 16, 17} else 1.1 for hour in range(24)))
    problem = Problem({"": town(points)}, vehicles, visits, traffic)
    for names in tours.values():
        names.sort(key=lambda stop: (problem.visits[int(stop) - 1].windows[0][1], points[int(stop)]))
    return problem, planned(problem, tours)


@pytest.mark.parametrize("seed", range(20))
def test_no_other_place_is_cheaper(seed: int) -> None:
    chance = Random(seed)
    problem, plan = day_of_stops(chance, 12, 2)
    start = chance.randrange(8, 18)
    wanted = visit("new", 13, windows=((start * HOUR, (start + 2) * HOUR),))
    whole = replace(problem, visits=[*problem.visits, wanted])
    possible = []
    for tour in plan.tours:
        names = [call.visit for call in tour.calls]
        before = set(
            checking.faults(
                replace(problem, visits=[v for v in problem.visits if v.id in names]), Plan([tour], [], tour.cost)
            )
        )
        for place in range(len(names) + 1):
            timed = simulating.drive(whole, Tour(tour.vehicle, (*names[:place], "new", *names[place:])))
            alone = replace(whole, visits=[v for v in whole.visits if v.id in {*names, "new"}])
            if not before and not checking.faults(alone, Plan([timed], [], timed.cost)):
                possible.append(timed.cost.money - tour.cost.money)

    found = inserting.cheapest(problem, plan, wanted)

    assert (found and found.added.money) == (pytest.approx(min(possible)) if possible else None)
