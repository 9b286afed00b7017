import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from dispatch.planning import checking, simulating, solving
from dispatch.planning.plan import Plan, Reason
from dispatch.planning.problem import NO_WAY, Break, Problem, Tour, Traffic, Visit
from tests.dispatch.problems import HOUR, MINUTE, make_problem, make_vehicle, make_visit, problems, road

QUICK = 0.1


def solve(problem: Problem, **options: Any) -> Plan:
    """Plan, and hold the plan to every rule."""
    plan = solving.solve(problem, **{"seconds": QUICK, **options})
    assert checking.faults(problem, plan) == []
    return plan


def tours(plan: Plan) -> list[tuple[str, ...]]:
    return [tuple(call.visit for call in tour.calls) for tour in plan.tours]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_every_plan_keeps_every_rule_and_names_what_it_leaves_out(problem: Problem) -> None:
    plan = solve(problem, seconds=0.04)

    made = {call.visit for tour in plan.tours for call in tour.calls}
    assert made | dict(plan.left_out).keys() == {visit.id for visit in problem.visits}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_a_plan_is_never_worse_than_what_it_begins_with(problem: Problem) -> None:
    first = solve(problem, seconds=0.04, seed=2)
    assume(first.tours)

    again = solve(problem, seconds=0.01, warm=[Tour(t.vehicle, tuple(c.visit for c in t.calls)) for t in first.tours])

    assert rank(problem, again) <= rank(problem, first)


def rank(problem: Problem, plan: Plan) -> tuple[int, float]:
    """Return how many orders are wanting, and what the plan costs with the prizes it forgoes."""
    made = {call.visit for tour in plan.tours for call in tour.calls}
    orders: dict[str, list[Visit]] = {}
    for visit in problem.visits:
        orders.setdefault(visit.group or visit.id, []).append(visit)
    possible = {
        name for name, why in plan.left_out if why in {Reason.NO_ROOM, Reason.TOO_DEAR, Reason.OTHER_WAY}
    } | made
    wanting = sum(
        not any(visit.id in made for visit in order)
        and any(visit.prize is None and visit.id in possible for visit in order)
        for order in orders.values()
    )
    forgone = sum(visit.prize or 0.0 for visit in problem.visits if visit.id in possible - made)
    return wanting, round(plan.cost.money + forgone, 6)


def test_the_shortest_round_is_found() -> None:
    places = [(0, 0), (2, 0), (4, 0), (4, 3), (2, 3), (0, 3)]
    metres = np.array([[1000 * (abs(a - c) + abs(b - d)) for c, d in places] for a, b in places])
    drives = replace(road(*range(6)), seconds=metres // 10, metres=metres)
    visits = [make_visit(place) for place in (3, 5, 1, 4, 2)]

    plan = solve(make_problem(drives, visits, [make_vehicle(cost_per_hour=0.0, cost_per_km=1.0)]))

    assert plan.cost.money == pytest.approx(14.0)
    assert tours(plan) in [[("v1", "v2", "v3", "v4", "v5")], [("v5", "v4", "v3", "v2", "v1")]]


def test_ways_may_differ_by_direction() -> None:
    seconds = np.array([[0, 60, 600, 600], [600, 0, 60, 600], [600, 600, 0, 60], [60, 600, 600, 0]])
    drives = replace(road(*range(4)), seconds=seconds, metres=seconds)

    assert tours(solve(make_problem(drives, [make_visit(n) for n in (3, 1, 2)]))) == [("v1", "v2", "v3")]


def test_each_door_is_served_in_one_of_its_windows() -> None:
    windows = [((0, 100), (3 * HOUR, 3 * HOUR + 60)), ((20 * MINUTE, 20 * MINUTE),), ((0, 30 * MINUTE),)]
    visits = [make_visit(n, windows=spans) for n, spans in enumerate(windows, start=1)]

    plan = solve(make_problem(road(0, 10, 20, 30), visits))

    assert {call.visit: call.begins for tour in plan.tours for call in tour.calls} == {
        "v1": 3 * HOUR,
        "v2": 20 * MINUTE,
        "v3": 30 * MINUTE,
    }


def test_each_dimension_of_load_has_its_limit() -> None:
    visits = [make_visit(1, load=(6, 1)), make_visit(2, load=(5, 1)), make_visit(3, load=(1, 9))]
    vehicles = [make_vehicle(name, capacity=(10, 10)) for name in ("a", "b", "c")]

    plan = solve(make_problem(road(0, 10, 11, 12), visits, vehicles))

    assert sorted(sorted(names) for names in tours(plan)) in [[["v1"], ["v2", "v3"]], [["v1", "v3"], ["v2"]]]


def test_each_hub_serves_what_is_near_it() -> None:
    vehicles = [make_vehicle("west"), make_vehicle("east", depot=3)]
    visits = [make_visit(1), make_visit(2)]

    plan = solve(make_problem(road(0, 10, 90, 100), visits, vehicles))

    assert {tour.vehicle: tour.calls[0].visit for tour in plan.tours} == {"west": "v1", "east": "v2"}


@pytest.mark.parametrize(
    ("costs", "carbon_price"),
    [
        ({"cost_per_hour": 20.0}, 0.0),
        ({"cost_per_km": 0.3}, 0.0),
        ({"cost_per_visit": 3.0}, 0.0),
        ({"fixed_cost": 4.0}, 0.0),
        ({"kg_co2e_per_km": 0.3}, 0.5),
    ],
)
def test_what_is_cheaper_over_all_goes(costs: dict[str, float], carbon_price: float) -> None:
    dear = make_vehicle("dear", **{"cost_per_hour": 10.0, **costs})
    cheap = make_vehicle("cheap", cost_per_hour=10.0)
    visits = [make_visit(1), make_visit(2)]

    plan = solve(make_problem(road(0, 10, 20), visits, [dear, cheap], carbon_price=carbon_price))

    assert [tour.vehicle for tour in plan.tours] == ["cheap"]


def test_each_kind_of_vehicle_has_its_own_ways() -> None:
    bike = make_vehicle("bike", profile="bike", cost_per_hour=30.0)
    problem = Problem(
        {"": road(0, -10, 40), "bike": road(0, -5, 99)}, [make_vehicle(), bike], [make_visit(1), make_visit(2)]
    )

    plan = solve(problem)

    assert {tour.vehicle: [call.visit for call in tour.calls] for tour in plan.tours} == {"bike": ["v1"], "van": ["v2"]}


def test_a_pause_is_kept_free() -> None:
    vehicle = make_vehicle(pause=Break((20 * MINUTE, 25 * MINUTE), 30 * MINUTE))
    visits = [make_visit(1, windows=((0, 20 * MINUTE),)), make_visit(2, windows=((0, HOUR),)), make_visit(3)]

    plan = solve(make_problem(road(0, 10, 20, 30), visits, [vehicle]))

    assert plan.tours[0].pause in range(20 * MINUTE, 25 * MINUTE + 1)
    assert not plan.left_out


def test_tours_that_are_not_worth_their_price_are_not_made() -> None:
    problem = make_problem(road(0, 10, -10), [make_visit(1, prize=5.0), make_visit(2, prize=5.0)])

    plan = solve(problem, warm=[Tour("van", ("v1", "v2"))])

    assert (plan.tours, plan.left_out) == ([], [("v1", Reason.TOO_DEAR), ("v2", Reason.TOO_DEAR)])


def test_where_nothing_is_worth_it_nobody_drives() -> None:
    plan = solve(make_problem(road(0, 10), [make_visit(1, prize=1.0)]))

    assert (plan.tours, plan.left_out) == ([], [("v1", Reason.TOO_DEAR)])


@pytest.mark.parametrize("prize", [3.0, 20.0])
def test_an_optional_door_is_served_where_it_is_worth_it(prize: float) -> None:
    problem = make_problem(road(0, 10, 20), [make_visit(1), make_visit(2, prize=prize)])

    plan = solve(problem)  # twenty minutes more are twelve

    assert plan.left_out == ([("v2", Reason.TOO_DEAR)] if prize < 12 else [])


def test_of_home_and_pickup_point_the_cheaper_is_served() -> None:
    ways = [make_visit(1, group="order"), make_visit(2, group="order")]

    plan = solve(make_problem(road(0, 10, 8), ways))

    assert (tours(plan), plan.left_out) == ([("v2",)], [("v1", Reason.OTHER_WAY)])


def test_what_is_taken_back_needs_room_too() -> None:
    visits = [make_visit(1, load=(5,), pickup=(5,)), make_visit(2, load=(5,), pickup=(6,))]

    plan = solve(make_problem(road(0, 10, 20), visits, [make_vehicle("a"), make_vehicle("b")]))

    assert sorted(tours(plan)) == [("v1",), ("v2",)]


REASONS: dict[Reason, Visit] = {
    Reason.TOO_MUCH: make_visit(1, load=(11,)),
    Reason.NO_SKILL: make_visit(1, skills=frozenset({"lift"})),
    Reason.NOT_STOCKED: make_visit(1, depots=frozenset({1})),
    Reason.TOO_FAR: make_visit(1, windows=((0, 9 * MINUTE),)),
    Reason.NOT_READY: make_visit(1, windows=((0, 20 * MINUTE),), ready_at=11 * MINUTE),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_cannot_be_done_is_named_with_its_reason(reason: Reason) -> None:
    plan = solve(make_problem(road(0, 10, 20), [REASONS[reason], make_visit(2)]))

    assert (tours(plan), plan.left_out) == ([("v2",)], [("v1", reason)])


def test_where_the_shift_is_too_short_a_door_is_too_far() -> None:
    problem = make_problem(road(0, 10, 20), [make_visit(1), make_visit(2)], [make_vehicle(shift=(0, 39 * MINUTE))])

    assert solve(problem).left_out == [("v2", Reason.TOO_FAR)]


def test_where_there_is_no_way_a_door_is_too_far() -> None:
    drives = road(0, 10, 20)
    drives.seconds[2, :] = drives.seconds[:, 2] = NO_WAY
    drives.seconds[2, 2] = 0

    assert solve(make_problem(drives, [make_visit(1), make_visit(2)])).left_out == [("v2", Reason.TOO_FAR)]


def test_what_is_only_reached_by_way_of_another_door_is_reached() -> None:
    drives = road(0, 10, 20)
    drives.seconds[0, 2] = NO_WAY

    assert tours(solve(make_problem(drives, [make_visit(2), make_visit(1)]))) == [("v1", "v2")]


def test_where_each_could_but_not_all_there_is_no_room() -> None:
    full = make_problem(road(0, 10, 20, 30), [make_visit(n, load=(4,)) for n in (1, 2, 3)])
    hurried = make_problem(road(0, 10, 20, 30), [make_visit(n, service_seconds=HOUR) for n in (1, 2, 3)])
    hurried = replace(hurried, vehicles=[make_vehicle(shift=(0, 3 * HOUR))])

    for problem in (full, hurried):
        plan = solve(problem)
        assert [len(names) for names in tours(plan)] == [2]
        assert [reason for _, reason in plan.left_out] == [Reason.NO_ROOM]


def test_where_nobody_drives_nothing_is_done() -> None:
    assert solve(make_problem(road(0, 10), [make_visit(1)], [])).left_out == [("v1", Reason.TOO_MUCH)]


def test_where_nothing_is_to_be_done_nobody_drives() -> None:
    plan = solve(make_problem(road(0, 10), []))

    assert (plan.tours, plan.left_out, plan.cost.money) == ([], [], 0.0)


def test_what_is_under_way_stays_as_it_is() -> None:
    visits = [make_visit(n) for n in (1, 2, 3, 4)]
    problem = make_problem(road(0, 10, 20, 30, 40), visits, begun=[Tour("van", ("v3", "v1"))])

    plan = solve(problem)

    assert tours(plan) == [("v3", "v1", "v2", "v4")]


def test_what_is_in_one_van_stays_in_it() -> None:
    vehicles = [make_vehicle("a", depot=0, back_at=3), make_vehicle("b", depot=4, back_at=3)]
    visits = [make_visit(1, depots=frozenset({4})), make_visit(2, depots=frozenset({0}))]
    problem = make_problem(road(0, 1, 39, 20, 40), visits, vehicles, begun=[Tour("a", ()), Tour("b", ())])

    plan = solve(problem)

    assert {tour.vehicle: [call.visit for call in tour.calls] for tour in plan.tours} == {"a": ["v2"], "b": ["v1"]}


def test_of_vehicles_that_are_alike_each_keeps_its_doors() -> None:
    fleet = [make_vehicle(name, capacity=(2,)) for name in ("a", "b", "c")]
    visits = [make_visit(n) for n in range(1, 7)]
    problem = make_problem(road(0, 10, 11, 50, 51, 90, 91), visits, fleet)
    before = [Tour("a", ("v5", "v6")), Tour("b", ("v1", "v2")), Tour("c", ("v4", "v3"))]

    plan = solve(problem, warm=before)

    assert {tour.vehicle: {call.visit for call in tour.calls} for tour in plan.tours} == {
        "a": {"v5", "v6"},
        "b": {"v1", "v2"},
        "c": {"v3", "v4"},
    }


@pytest.mark.parametrize("detour_seconds", [10, 1200])
def test_the_order_of_tours_under_way_is_changed_only_for_something(detour_seconds: int) -> None:
    way = road(0, 10, 20, 20, 40, 50, 60)
    way.seconds[1, 2] += detour_seconds  # what going to 3 before 2 would save
    visits = [make_visit(n) for n in range(1, 7)]
    problem = make_problem(way, visits, [make_vehicle(back_at=6)], begun=[Tour("van", ("v1",))])
    told = Tour("van", tuple(visit.id for visit in visits))

    plan = solve(problem, warm=[told])

    assert (tours(plan) == [told.visits]) is (detour_seconds == 10)


def test_no_door_is_late_in_the_traffic_of_its_hour() -> None:
    rush = Traffic((*[1.0] * 8, *[2.5] * 2, *[1.0] * 14))
    visits = [make_visit(n, windows=((8 * HOUR, 8 * HOUR + 25 * n * MINUTE),), service_seconds=60) for n in range(1, 7)]
    vehicles = [make_vehicle(name, shift=(7 * HOUR, 17 * HOUR)) for name in ("a", "b", "c")]

    plan = solve(make_problem(road(0, *range(10, 70, 10)), visits, vehicles, traffic=rush))

    assert not plan.left_out


def test_never_worse_than_the_order_that_was_given() -> None:
    visits = [make_visit(n) for n in range(1, 9)]
    problem = make_problem(road(*range(0, 90, 10)), visits)
    shuffled = Tour("van", ("v3", "v8", "v1", "v5", "v2", "v7", "v4", "v6"))

    plan = solve(problem, seconds=0.0, warm=[shuffled])

    assert plan.cost.money <= simulating.drive(problem, shuffled).cost.money


def test_the_same_seed_finds_the_same() -> None:
    visits = [make_visit(n) for n in range(1, 6)]
    problem = make_problem(road(0, 10, 40, 20, 50, 30), visits, [make_vehicle("a"), make_vehicle("b")])

    assert tours(solve(problem, seed=7)) == tours(solve(problem, seed=7))


def test_progress_is_told_and_ends_below_one() -> None:
    told: list[float] = []

    solve(make_problem(road(0, 10), [make_visit(1)]), seconds=0.7, on_progress=told.append)

    assert 2 <= len(told) <= 4
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1


def test_what_nobody_wants_any_longer_ends_at_once() -> None:
    visits = [make_visit(n) for n in range(1, 6)]
    began = time.monotonic()

    plan = solve(make_problem(road(0, 10, 40, 20, 50, 30), visits), seconds=60, is_wanted=lambda: False)

    assert time.monotonic() - began < 5
    assert not plan.left_out


def test_a_plan_says_who_made_it() -> None:
    assert solve(make_problem(road(0, 10), [make_visit(1)])).made_by.startswith("PyVRP 0.14.")


def test_without_pyvrp_there_is_a_plan_all_the_same() -> None:
    words: Sequence[str] = (
        "import sys; sys.modules['pyvrp'] = None",
        "from dispatch.planning import solving",
        "from tests.dispatch.problems import make_problem, make_visit, road",
        "plan = solving.solve(make_problem(road(0, 10), [make_visit(1)]), seconds=0.1)",
        "print(plan.made_by, [call.visit for tour in plan.tours for call in tour.calls])",
    )

    told = subprocess.run([sys.executable, "-c", "\n".join(words)], capture_output=True, text=True, check=True)

    assert told.stdout == "ruin and recreate ['v1']\n"


def test_vehicles_that_are_alike_are_one_kind() -> None:
    fleet = [make_vehicle(f"van {number}") for number in range(50)]
    visits = [make_visit(n, load=(10,)) for n in (1, 2, 3)]

    plan = solve(make_problem(road(0, 10, 20, 30), visits, fleet))

    assert len({tour.vehicle for tour in plan.tours}) == 3
