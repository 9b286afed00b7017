from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dispatch.planning import checking, simulating
from dispatch.planning.checking import Fault, Wrong
from dispatch.planning.plan import Plan, Reason, TimedTour
from dispatch.planning.problem import NO_WAY, Break, Problem, Tour, Traffic
from tests.dispatch.problems import HOUR, MINUTE, make_problem, make_vehicle, make_visit, road

VISITS = [make_visit(1, service_seconds=5 * MINUTE), make_visit(2), make_visit(3)]
ROAD = road(0, 10, 20, 30)


def plan_of(problem: Problem, *tours: Tour, left_out: Sequence[str] = ()) -> Plan:
    timed = [simulating.drive(problem, tour) for tour in tours]
    return Plan(timed, [(name, Reason.NO_ROOM) for name in left_out], simulating.total(tour.cost for tour in timed))


def faults_of(problem: Problem, *names: str) -> list[Fault]:
    return checking.faults(problem, plan_of(problem, Tour("van", names)))


def tampered(plan: Plan, call: int, **fields: Any) -> Plan:
    tour = plan.tours[0]
    calls = list(tour.calls)
    calls[call] = replace(calls[call], **fields)
    return replace(plan, tours=[replace(tour, calls=calls)])


def with_tour(plan: Plan, **fields: Any) -> Plan:
    return replace(plan, tours=[replace(plan.tours[0], **fields)])


def test_a_plan_that_keeps_every_rule_has_no_fault() -> None:
    vehicle = make_vehicle(pause=Break((15 * MINUTE, 40 * MINUTE), 10 * MINUTE), shift=(HOUR // 2, 4 * HOUR))
    problem = make_problem(ROAD, VISITS, [vehicle], traffic=Traffic((1.0, 1.7)))

    plan = plan_of(problem, Tour("van", ("v1", "v3")), left_out=["v2"])

    assert checking.faults(problem, plan) == []


def test_what_the_problem_does_not_know_is_found() -> None:
    plan = plan_of(make_problem(ROAD, VISITS), Tour("van", ("v1", "v2", "v3")))

    assert checking.faults(make_problem(ROAD, VISITS[:2]), plan) == [Fault(Wrong.UNKNOWN, visit="v3")]
    assert checking.faults(make_problem(ROAD, VISITS, [make_vehicle("bike")]), plan) == [
        Fault(Wrong.UNKNOWN, vehicle="van")
    ]


def test_what_is_missing_is_found() -> None:
    assert faults_of(make_problem(ROAD, VISITS), "v1", "v3") == [Fault(Wrong.MISSING, visit="v2")]


def test_what_is_there_twice_is_found() -> None:
    problem = make_problem(ROAD, VISITS)

    assert faults_of(problem, "v1", "v2", "v3", "v1") == [Fault(Wrong.TWICE, visit="v1")]
    made_and_left = plan_of(problem, Tour("van", ("v1", "v2", "v3")), left_out=["v2"])
    assert checking.faults(problem, made_and_left) == [Fault(Wrong.TWICE, visit="v2")]
    twice_out = plan_of(problem, Tour("van", ("v1", "v2")), Tour("van", ("v3",)))
    assert checking.faults(problem, twice_out) == [Fault(Wrong.TWICE, vehicle="van")]


def test_two_ways_of_serving_one_order_are_found() -> None:
    ways = [make_visit(1, group="order"), make_visit(2, group="order")]
    problem = make_problem(ROAD, ways)

    assert faults_of(problem, "v1", "v2") == [
        Fault(Wrong.GROUP, "van", "v1"),
        Fault(Wrong.GROUP, "van", "v2"),
    ]


def test_work_outside_every_window_is_found() -> None:
    visit = make_visit(1, windows=((0, 5 * MINUTE), (2 * HOUR, 3 * HOUR)))

    late = make_problem(road(0, 190), [visit])
    early = tampered(plan_of(make_problem(ROAD, [visit]), Tour("van", ("v1",))), 0, begins=HOUR, leaves=HOUR)

    assert faults_of(late, "v1") == [Fault(Wrong.WINDOW, "van", "v1")]
    assert Fault(Wrong.WINDOW, "van", "v1") in checking.faults(make_problem(ROAD, [visit]), early)


@pytest.mark.parametrize(
    ("loads", "is_found"),
    [
        ([((6,), ()), ((4,), ())], False),
        ([((6,), ()), ((5,), ())], True),
        ([((6,), (6,)), ((4,), (4,))], False),
        ([((4,), (7,)), ((4,), ())], True),  # eleven on board between the two
        ([((4,), ()), ((4,), (7,))], False),
    ],
)
def test_more_on_board_than_there_is_room_for_is_found(loads: list[Any], is_found: bool) -> None:
    visits = [make_visit(n, load=load, pickup=pickup) for n, (load, pickup) in enumerate(loads, start=1)]

    found = faults_of(make_problem(ROAD, visits), "v1", "v2")

    assert found == [Fault(Wrong.LOAD, "van")] * is_found


def test_a_driver_who_may_not_is_found() -> None:
    problem = make_problem(ROAD, [make_visit(1, skills=frozenset({"lift"}))])

    assert faults_of(problem, "v1") == [Fault(Wrong.SKILL, "van", "v1")]


def test_goods_that_are_elsewhere_are_found() -> None:
    problem = make_problem(ROAD, [make_visit(1, depots=frozenset({3}))])

    assert faults_of(problem, "v1") == [Fault(Wrong.DEPOT, "van", "v1")]


def test_leaving_before_the_goods_are_ready_is_found() -> None:
    plan = plan_of(make_problem(ROAD, VISITS[:1]), Tour("van", ("v1",)))

    found = checking.faults(make_problem(ROAD, [replace(VISITS[0], ready_at=60)]), plan)

    assert found == [Fault(Wrong.READY, "van", "v1")]


def test_a_tour_outside_its_shift_is_found() -> None:
    plan = plan_of(make_problem(ROAD, VISITS[:1]), Tour("van", ("v1",)))

    for shift in ((60, HOUR), (0, 20 * MINUTE)):
        problem = make_problem(ROAD, VISITS[:1], [make_vehicle(shift=shift)])
        assert checking.faults(problem, plan) == [Fault(Wrong.SHIFT, "van")]


@pytest.mark.parametrize("limit", [{"most_seconds": 24 * MINUTE}, {"most_metres": 19_000}])
def test_a_tour_that_is_too_long_is_found(limit: dict[str, Any]) -> None:
    problem = make_problem(ROAD, VISITS[:1], [make_vehicle(**limit)])

    assert faults_of(problem, "v1") == [Fault(Wrong.LIMIT, "van")]


def test_a_way_that_is_closed_is_found() -> None:
    closed = road(0, 10)
    closed.seconds[0, 1] = NO_WAY

    assert Fault(Wrong.SHIFT, "van") in faults_of(make_problem(closed, VISITS[:1]), "v1")


@pytest.mark.parametrize(
    "pause",
    [
        None,
        14 * MINUTE,  # before it may begin
        21 * MINUTE,  # after it has to
        10 * MINUTE,  # at work
    ],
)
def test_a_pause_that_is_not_one_is_found(pause: int | None) -> None:
    vehicle = make_vehicle(pause=Break((15 * MINUTE, 20 * MINUTE), 10 * MINUTE))
    problem = make_problem(ROAD, VISITS[:1], [vehicle])
    plan = plan_of(problem, Tour("van", ("v1",)))
    assert (plan.tours[0].pause, checking.faults(problem, plan)) == (15 * MINUTE, [])

    found = checking.faults(problem, with_tour(plan, pause=pause))

    assert Fault(Wrong.BREAK, "van") in found


def test_a_pause_at_the_wheel_is_found() -> None:
    vehicle = make_vehicle(pause=Break((15 * MINUTE, 20 * MINUTE), 10 * MINUTE))
    problem = make_problem(ROAD, VISITS[:1], [vehicle])
    plan = plan_of(problem, Tour("van", ("v1",)))

    found = checking.faults(problem, with_tour(plan, pause=17 * MINUTE))

    assert found == [Fault(Wrong.TIME, "van", "")]


@pytest.mark.parametrize("names", [("v2", "v1", "v3"), ("v1", "v3", "v2")])
def test_a_change_to_what_is_under_way_is_found(names: tuple[str, ...]) -> None:
    problem = make_problem(ROAD, VISITS, begun=[Tour("van", ("v1", "v2"))])

    assert faults_of(problem, *names) == [Fault(Wrong.FROZEN, "van")]
    nobody = Plan([], [(visit.id, Reason.NO_ROOM) for visit in VISITS], simulating.total([]))
    assert checking.faults(problem, nobody) == [Fault(Wrong.FROZEN, "van")]


def test_what_is_under_way_may_be_late() -> None:
    visits = [replace(VISITS[0], windows=((0, 60),)), *VISITS[1:]]
    problem = make_problem(ROAD, visits, begun=[Tour("van", ("v1",))])

    assert faults_of(problem, "v1", "v2", "v3") == []


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        (0, {"arrives": 9 * MINUTE}),
        (0, {"leaves": 10 * MINUTE}),
        (1, {"arrives": 27 * MINUTE}),
        (1, {"begins": 24 * MINUTE, "leaves": 24 * MINUTE}),
    ],
)
def test_a_time_that_does_not_follow_is_found(call: int, fields: dict[str, int]) -> None:
    problem = make_problem(ROAD, VISITS)
    plan = plan_of(problem, Tour("van", ("v1", "v2", "v3")))

    found = checking.faults(problem, tampered(plan, call, **fields))

    assert Fault(Wrong.TIME, "van", f"v{call + 1}") in found


def test_coming_back_too_soon_is_found() -> None:
    problem = make_problem(ROAD, VISITS)
    plan = plan_of(problem, Tour("van", ("v1", "v2", "v3")))

    found = checking.faults(problem, with_tour(plan, returns=plan.tours[0].returns - 60))

    assert Fault(Wrong.TIME, "van", "") in found


def test_a_cost_that_is_none_is_found() -> None:
    problem = make_problem(ROAD, VISITS)
    plan = plan_of(problem, Tour("van", ("v1", "v2", "v3")))
    cheaper = replace(plan.tours[0].cost, money=1.0)
    shorter = replace(plan.tours[0].cost, metres=1)

    assert Fault(Wrong.COST) in checking.faults(problem, replace(plan, cost=cheaper))
    for cost in (cheaper, shorter):
        assert Fault(Wrong.COST, "van") in checking.faults(problem, with_tour(plan, cost=cost))


def test_traffic_is_reckoned_with() -> None:
    tour: TimedTour = plan_of(make_problem(ROAD, VISITS), Tour("van", ("v1", "v2", "v3"))).tours[0]
    jammed = make_problem(ROAD, VISITS, traffic=Traffic((1.2,)))

    found = checking.faults(jammed, Plan([tour], [], tour.cost))

    assert [fault.visit for fault in found if fault.wrong is Wrong.TIME] == ["v1", "v2", "v3", ""]
