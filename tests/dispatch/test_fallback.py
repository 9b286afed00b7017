from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, assume, given, settings

from dispatch.planning import checking, fallback, keeping, simulating
from dispatch.planning.drafting import Drafter
from dispatch.planning.fitting import Fitter
from dispatch.planning.pacing import Pace
from dispatch.planning.plan import Plan, Reason, TimedTour
from dispatch.planning.problem import Problem, Tour, Traffic
from tests.dispatch.problems import HOUR, MINUTE, make_problem, make_vehicle, make_visit, problems, road


def search(problem: Problem, *, seconds: float = 0.2, begin: Sequence[TimedTour] = (), seed: int = 1) -> list[Tour]:
    visits = list(problem.visits)
    [found] = list(fallback.search(Fitter(problem), visits, begin, keeping.NOTHING, Pace(seconds), seed))
    return list(found)


def money(problem: Problem, tours: Sequence[Tour]) -> float:
    return simulating.total(simulating.drive(problem, tour).cost for tour in tours).money


def test_the_shortest_round_is_found() -> None:
    visits = [make_visit(n) for n in range(1, 8)]
    problem = make_problem(road(0, 30, 10, 60, -20, 50, -40, 20), visits)

    assert money(problem, search(problem)) == pytest.approx(36 * 200 / 60)


def test_windows_in_traffic_are_kept() -> None:
    rush = Traffic((1.0, 2.5, 1.0))
    visits = [make_visit(n, windows=((n * 20 * MINUTE, n * 20 * MINUTE + HOUR),)) for n in range(1, 7)]
    problem = make_problem(
        road(0, 40, 10, 30, 20, 50, 15), visits, [make_vehicle("a"), make_vehicle("b")], traffic=rush
    )

    timed = [simulating.drive(problem, tour) for tour in search(problem)]

    assert checking.faults(problem, Plan(timed, [], simulating.total(tour.cost for tour in timed))) == []


def test_what_it_begins_with_is_only_left_for_something_better() -> None:
    problem = make_problem(road(0, 10, 20, 30), [make_visit(n) for n in (1, 2, 3)])
    begin = Tour("van", ("v1", "v2", "v3"))

    assert search(problem, seconds=0.0, begin=[simulating.drive(problem, begin)]) == [begin]


def test_many_orders_are_served_even_in_no_time() -> None:
    visits = [make_visit(n, windows=((0, 2 * HOUR),)) for n in range(1, 81)]
    fleet = [make_vehicle(f"van {number}", shift=(0, 4 * HOUR)) for number in range(10)]

    tours = search(make_problem(road(*range(81)), visits, fleet), seconds=0.0)

    assert sum(len(tour.visits) for tour in tours) == 80


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_whatever_is_asked_its_tours_keep_every_rule(problem: Problem) -> None:
    begun = {name for tour in problem.begun for name in tour.visits}
    visits = [visit for visit in problem.visits if visit.id not in begun and not visit.group]
    assume(visits)
    fitter = Fitter(problem)

    [tours] = list(fallback.search(fitter, visits, [], keeping.NOTHING, Pace(0.02), 1))

    timed = list(Drafter(fitter, visits).draft(tours).tours.values())
    made = {call.visit for tour in timed for call in tour.calls}
    rest = [(visit.id, Reason.NO_ROOM) for visit in problem.visits if visit.id not in made]
    assert checking.faults(problem, Plan(timed, rest, simulating.total(tour.cost for tour in timed))) == []
