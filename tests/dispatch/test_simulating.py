from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.planning import simulating
from dispatch.planning.flow import Flow
from dispatch.planning.plan import Call, Cost
from dispatch.planning.problem import NO_WAY, Break, Tour, Traffic
from tests.dispatch.problems import HOUR, MINUTE, make_problem, make_vehicle, make_visit, road

factors = st.lists(st.floats(0.5, 3.0), min_size=1, max_size=24).map(lambda values: Traffic(tuple(values)))


@pytest.mark.parametrize(
    ("leaves", "seconds", "arrives"),
    [
        (0, 1200, 1200),
        (HOUR, 1200, HOUR + 2400),  # half as fast
        (3000, 1200, 4800),  # half of it before the full hour, the rest takes twice as long
        (2 * HOUR - 600, 1200, 2 * HOUR + 900),  # a quarter of it behind one, the rest as at the beginning
        (0, 3 * HOUR, 4 * HOUR),
        (500, 0, 500),
    ],
)
def test_a_drive_gets_on_by_the_hour(leaves: int, seconds: int, arrives: int) -> None:
    assert Flow(Traffic((1.0, 2.0))).arrival(leaves, seconds) == arrives


def test_the_same_factor_all_day_makes_every_drive_longer() -> None:
    assert Flow(Traffic((1.5, 1.5))).arrival(3000, 1001) == 4502


def test_where_there_is_no_way_nobody_arrives() -> None:
    assert Flow(Traffic((2.0, 1.0))).arrival(60, NO_WAY) > NO_WAY


@given(factors, st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**4))
def test_who_leaves_later_never_arrives_sooner(traffic: Traffic, leaves: int, seconds: int, later: int) -> None:
    flow = Flow(traffic)

    assert flow.arrival(leaves + later, seconds) >= flow.arrival(leaves, seconds) >= leaves


@given(factors, st.integers(10**5, 10**6), st.integers(0, 10**5))
def test_the_latest_departure_is_in_time_and_a_second_more_is_not(traffic: Traffic, arrives: int, seconds: int) -> None:
    flow = Flow(traffic)

    leaves = flow.departure(arrives, seconds)

    assert flow.arrival(leaves, seconds) <= arrives < flow.arrival(leaves + 2, seconds)


def test_a_tour_is_driven_through_the_traffic_and_paid() -> None:
    vehicle = make_vehicle(fixed_cost=5.0, cost_per_km=0.5, cost_per_visit=0.25, kg_co2e_per_km=0.2)
    visits = [make_visit(1, service_seconds=5 * MINUTE), make_visit(2)]
    problem = make_problem(road(0, 30, 50), visits, [vehicle], traffic=Traffic((1.0, 2.0)), carbon_price=0.1)

    timed = simulating.drive(problem, Tour("van", ("v1", "v2")))

    # 30 minutes, 5 of work, 20 more; of the 50 back 5 before the full hour, 30 in the slow one, and 15 after it.
    assert timed.calls == [Call("v1", 1800, 1800, 2100), Call("v2", 3300, 3300, 3300)]
    assert (timed.departs, timed.returns, timed.pause) == (0, 2 * HOUR + 15 * MINUTE, None)
    hours, km = 2.25, 100
    money = 5 + 36 * hours + 0.5 * km + 2 * 0.25 + 0.2 * km * 0.1
    assert (timed.cost.money, timed.cost.carbon) == pytest.approx((money, 2.0))
    assert timed.cost == replace(timed.cost, seconds=8100, driven_seconds=7800, metres=100_000, kg_co2e=20.0)


def test_nobody_waits_at_a_door_for_what_can_be_waited_for_at_the_depot() -> None:
    visits = [make_visit(1, windows=((0, 3 * HOUR),)), make_visit(2, windows=((2 * HOUR, 3 * HOUR),))]
    problem = make_problem(road(0, 10, 20), visits)

    timed = simulating.drive(problem, Tour("van", ("v1", "v2")))

    assert timed.departs == 2 * HOUR - 20 * MINUTE
    assert [call.arrives for call in timed.calls] == [call.begins for call in timed.calls]
    assert timed.returns == 2 * HOUR + 20 * MINUTE


def test_what_cannot_be_waited_for_elsewhere_is_waited_for_at_the_door() -> None:
    visits = [make_visit(1, windows=((0, HOUR),)), make_visit(2, windows=((2 * HOUR, 3 * HOUR),))]
    problem = make_problem(road(0, 10, 20), visits)

    timed = simulating.drive(problem, Tour("van", ("v1", "v2")))

    assert timed.calls == [Call("v1", HOUR, HOUR, HOUR), Call("v2", HOUR + 600, 2 * HOUR, 2 * HOUR)]
    assert timed.cost.driven_seconds == 40 * MINUTE


def test_a_tour_under_way_leaves_at_once() -> None:
    visits = [make_visit(1, windows=((2 * HOUR, 3 * HOUR),))]
    problem = make_problem(road(0, 10), visits, [make_vehicle(shift=(HOUR, 9 * HOUR))], begun=[Tour("van", ())])

    timed = simulating.drive(problem, Tour("van", ("v1",)))

    assert (timed.departs, timed.calls) == (HOUR, [Call("v1", HOUR + 600, 2 * HOUR, 2 * HOUR)])


def test_a_tour_under_way_has_to_come_back_even_without_a_visit() -> None:
    vehicle = make_vehicle(back_at=1, shift=(HOUR, 9 * HOUR))
    problem = make_problem(road(0, 10), [], [vehicle], begun=[Tour("van", ())])

    timed = simulating.drive(problem, Tour("van", ()))

    assert (timed.returns, timed.cost.metres) == (HOUR + 600, 10_000)
    assert timed.cost.money == pytest.approx(6.0)


def test_a_vehicle_that_stays_costs_nothing() -> None:
    problem = make_problem(road(0, 10), [], [make_vehicle(back_at=1, fixed_cost=9.0)])

    timed = simulating.drive(problem, Tour("van", ()))

    assert (timed.departs, timed.returns, timed.cost) == (0, 0, Cost())


def test_nothing_leaves_before_it_is_ready() -> None:
    problem = make_problem(road(0, 10, 20), [make_visit(1), make_visit(2, ready_at=HOUR)])

    assert simulating.drive(problem, Tour("van", ("v1", "v2"))).departs == HOUR


def test_of_several_windows_the_next_one_that_is_open_is_taken() -> None:
    windows = ((0, 5 * MINUTE), (HOUR, HOUR + 60), (2 * HOUR, 3 * HOUR))
    problem = make_problem(road(0, 10), [make_visit(1, windows=windows)])

    assert simulating.drive(problem, Tour("van", ("v1",))).calls == [Call("v1", HOUR, HOUR, HOUR)]


def test_too_late_is_driven_all_the_same() -> None:
    problem = make_problem(road(0, 10), [make_visit(1, windows=((0, 5 * MINUTE),))])

    timed = simulating.drive(problem, Tour("van", ("v1",)))

    assert (timed.departs, timed.calls) == (0, [Call("v1", 600, 600, 600)])


def test_the_pause_is_made_where_somebody_waits_anyway() -> None:
    vehicle = make_vehicle(pause=Break((20 * MINUTE, 80 * MINUTE), 30 * MINUTE))
    visits = [make_visit(1, windows=((0, 10 * MINUTE),)), make_visit(2, windows=((70 * MINUTE, 3 * HOUR),))]
    problem = make_problem(road(0, 10, 20), visits, [vehicle])

    timed = simulating.drive(problem, Tour("van", ("v1", "v2")))

    assert timed.pause == 20 * MINUTE
    assert timed.calls[1] == Call("v2", 60 * MINUTE, 70 * MINUTE, 70 * MINUTE)
    assert timed.returns == 90 * MINUTE


def test_a_pause_never_makes_a_door_late_if_it_can_be_made_after_it() -> None:
    vehicle = make_vehicle(pause=Break((5 * MINUTE, HOUR), 30 * MINUTE))
    visits = [make_visit(1, windows=((0, 20 * MINUTE),)), make_visit(2, windows=((0, 30 * MINUTE),)), make_visit(3)]
    problem = make_problem(road(0, 10, 25, 90), visits, [vehicle])

    timed = simulating.drive(problem, Tour("van", ("v1", "v2", "v3")))

    assert [call.begins for call in timed.calls] == [10 * MINUTE, 25 * MINUTE, 120 * MINUTE]
    assert timed.pause == 25 * MINUTE


def test_who_is_back_by_then_pauses_afterwards() -> None:
    vehicle = make_vehicle(pause=Break((0, 20 * MINUTE), 30 * MINUTE))

    timed = simulating.drive(make_problem(road(0, 10), [make_visit(1)], [vehicle]), Tour("van", ("v1",)))

    assert (timed.pause, timed.returns) == (None, 20 * MINUTE)


def test_a_bicycle_on_its_lane_meets_a_traffic_of_its_own() -> None:
    problem = make_problem(road(0, 10), [make_visit(1)], traffic=Traffic((3.0,)), traffic_of={"": Traffic((1.5,))})

    assert simulating.drive(problem, Tour("van", ("v1",))).returns == 30 * MINUTE
