from dataclasses import replace

import pytest

from dispatch.planning.fitting import Fitter
from dispatch.planning.instances import reading
from dispatch.planning.modelling import rows
from dispatch.planning.modelling.model import Model
from dispatch.planning.modelling.scaling import Scale
from dispatch.planning.problem import ALWAYS, Break, Problem, Tour, Traffic, Vehicle
from tests.dispatch.problems import HOUR, MINUTE, make_problem, make_vehicle, make_visit, road
from tests.dispatch.test_instances import PLAIN, SOLOMON


def model_of(problem: Problem) -> Model:
    return Model(Fitter(problem), list(problem.visits), {})


@pytest.mark.parametrize("text", [PLAIN, SOLOMON])
def test_nothing_is_in_the_model_that_is_not_asked_for(text: str) -> None:
    problem = reading.read(text).problem

    data = model_of(problem).data

    assert (data.num_clients, data.num_depots, data.num_profiles, data.num_groups) == (3, 1, 1, 0)
    assert (data.num_vehicle_types, data.num_vehicles, data.num_load_dimensions) == (1, len(problem.vehicles), 1)
    assert data.has_time_windows() is (text == SOLOMON)
    assert data.distance_matrix(0).tolist() == problem.drives[""].metres.tolist()
    assert data.duration_matrix(0).tolist() == problem.drives[""].seconds.tolist()
    kind = data.vehicle_type(0)
    assert (kind.unit_distance_cost, kind.unit_duration_cost, kind.fixed_cost) == (1, 0, 0)


def test_money_is_exact_where_prices_allow_it() -> None:
    van = make_vehicle(cost_per_hour=18.0, cost_per_km=0.5, fixed_cost=12.5)
    scale = Scale(make_problem(road(0, 1), [make_visit(1, prize=3.0)], [van]))

    assert (scale.second(van), scale.metre(van)) == (10, 1)  # half a cent a second, a twentieth of one a metre
    assert (scale.money(12.5), scale.money(3.0)) == (25_000, 6_000)


@pytest.mark.parametrize("per_hour", [17.3337, 23.9999, 0.0])
def test_money_that_cannot_be_exact_is_rounded_by_less_than_half_a_per_cent(per_hour: float) -> None:
    van = make_vehicle(cost_per_hour=per_hour, cost_per_km=0.3171, kg_co2e_per_km=0.317)
    scale = Scale(make_problem(road(0, 1), [], [van], carbon_price=0.0937))

    unit = float(scale.factor)
    assert scale.second(van) == pytest.approx(per_hour / 3600 * unit, rel=0.005)
    assert scale.metre(van) == pytest.approx((0.3171 + 0.317 * 0.0937) / 1000 * unit, rel=0.005)
    assert max(scale.second(van), scale.metre(van)) <= 5_000


def test_vehicles_are_told_apart_by_what_matters_alone() -> None:
    fleet = [make_vehicle(str(number)) for number in range(4)]
    skilled = [make_vehicle("able", skills=frozenset({"lift"})), make_vehicle("dear", fixed_cost=1.0)]
    visits = [make_visit(1, skills=frozenset({"lift"})), make_visit(2)]

    data = model_of(make_problem(road(0, 10, 20), visits, [*fleet, *skilled])).data

    assert [kind.num_available for kind in data.vehicle_types()] == [4, 1, 1]
    assert data.num_profiles == 2


def test_a_tour_under_way_starts_where_its_beginning_ends() -> None:
    van = make_vehicle(back_at=3, shift=(HOUR, 9 * HOUR), most_seconds=2 * HOUR, most_metres=90_000)
    visits = [make_visit(1, load=(4,), service_seconds=5 * MINUTE), make_visit(2)]
    problem = make_problem(road(0, 10, 20, 30), visits, [van], begun=[Tour("van", ("v1",))])

    kind = Model(Fitter(problem), visits[1:], {}).data.vehicle_type(0)

    assert (kind.tw_early, kind.start_late, kind.tw_late) == (HOUR + 900, HOUR + 900, 9 * HOUR)
    assert (kind.capacity, kind.shift_duration, kind.max_distance) == ([6], 2 * HOUR - 900, 80_000)
    assert kind.start_depot != kind.end_depot


def test_pauses_are_only_modelled_for_those_who_may_need_one() -> None:
    pause = Break((4 * HOUR, 5 * HOUR), HOUR)
    early, late = make_vehicle("early", pause=pause, shift=(0, 5 * HOUR)), make_vehicle("late", shift=(0, 9 * HOUR))
    problem = make_problem(road(0, 10), [make_visit(1)], [early, late])

    assert model_of(problem).data.num_load_dimensions == 1
    paused = replace(problem, vehicles=[early, replace(late, pause=pause)])
    assert model_of(paused).data.num_load_dimensions == 2


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, HOUR - 1), 1.0),
        ((0, HOUR + 60), 2.0),  # a narrow window: the slowest hour
        ((HOUR, 2 * HOUR), 2.0),
        (ALWAYS, 1.5),  # a wide one: the mean of the day
    ],
)
def test_rows_are_as_slow_as_their_window(span: tuple[int, int], expected: float) -> None:
    traffic = Traffic((1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0))

    assert rows.factor(traffic, span, (0, 8 * HOUR - 1)) == expected


def test_only_what_is_alike_in_everything_is_one_kind() -> None:
    plain = Vehicle("a", 0, (1,))

    kinds = model_of(make_problem(road(0, 1), [], [plain, replace(plain, id="b"), replace(plain, id="c", back_at=1)]))

    assert [kind.num_available for kind in kinds.data.vehicle_types()] == [2, 1]
