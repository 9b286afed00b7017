import numpy as np
import pytest

from dispatch.planning import checking, simulating, solving
from dispatch.planning.instances import reading
from dispatch.planning.instances.instance import Instance, Rounding, Unreadable, Unsupported
from dispatch.planning.plan import Plan
from dispatch.planning.problem import ALWAYS, NO_WAY, Tour, Vehicle

SOLOMON = """toy

VEHICLE
NUMBER     CAPACITY
  2         20

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       100          0
    1      1         1         10          0        90          9
    2      2         2         10         20        80          9
    3      0         5          5          0        90          9
"""

PLAIN = """NAME : toy
COMMENT : three customers: a square # as it were
TYPE : CVRP
DIMENSION : 4
CAPACITY : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 0 3
3 4 3
4 4.4 0
DEMAND_SECTION
1 0
2 4
3 4
4 4
DEPOT_SECTION
 1
 -1
EOF
this is not read
"""

RICH = """NAME: rich
TYPE: MDVRPTW
DIMENSION: 5
VEHICLES: 2
EDGE_WEIGHT_TYPE: EXPLICIT
EDGE_WEIGHT_FORMAT: FULL_MATRIX
EDGE_WEIGHT_SECTION
0 9 2 3 4
9 0 5 4 3
2.5 5 0 1 2 3 4 1 0 1
4 3 2 1 0
DEMAND_SECTION
1 0 0
2 0 0
3 1 2
4 1 2
5 1 2
CAPACITY_SECTION
1 3 4
2 2 8
TIME_WINDOW_SECTION
1 0 50
2 5 60
3 0 20
4 0 30
5 10 40
SERVICE_TIME: 2
RELEASE_TIME_SECTION
1 0
2 0
3 4
4 0
5 0
VEHICLES_DEPOT_SECTION
1 1
2 2
VEHICLES_FIXED_COST_SECTION
1 7
2 8.5
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 1
2 2
VEHICLES_MAX_DISTANCE_SECTION
1 40
2 30
VEHICLES_ALLOWED_CLIENTS_SECTION
1 3 4 5
2 4 5
VEHICLES_MAX_RELOADS: 0
DEPOT_SECTION
1
2
-1
EOF
""".replace("SERVICE_TIME: 2\n", "").replace(
    "VEHICLES: 2\n", "VEHICLES: 2\nSERVICE_TIME: 2\nVEHICLES_MAX_DURATION: 45\n"
)
RICH = RICH.replace("VEHICLES_MAX_RELOADS: 0\n", "")


def read(text: str, rounding: Rounding | None = None) -> Instance:
    return reading.read(text, rounding)


def cost(instance: Instance, *tours: Tour) -> float:
    return simulating.total(simulating.drive(instance.problem, tour).cost for tour in tours).money


def test_solomons_lengths_are_cut_to_a_tenth() -> None:
    instance = read(SOLOMON)

    drives = instance.problem.drives[""]
    assert (instance.name, instance.rounding) == ("toy", Rounding.DIMACS)
    assert drives.metres.tolist() == [[0, 14, 28, 50], [14, 0, 14, 41], [28, 14, 0, 36], [50, 41, 36, 0]]
    assert drives.seconds is drives.metres
    assert [vehicle.id for vehicle in instance.problem.vehicles] == ["1", "2"]
    assert instance.problem.vehicles[0] == Vehicle("1", 0, (20,), (0, 1000), cost_per_km=100.0)
    visit = instance.problem.visits[1]
    assert (visit.id, visit.place, visit.load, visit.windows, visit.service_seconds) == (
        "2",
        2,
        (10,),
        ((200, 800),),
        90,
    )


def test_the_cost_is_in_the_unit_of_the_instance() -> None:
    instance = read(SOLOMON)

    plan = solving.solve(instance.problem, seconds=0.1)

    assert checking.faults(instance.problem, plan) == []
    assert plan.cost.money == pytest.approx(1.4 + 1.4 + 2.8 + 3.6 + 5.0)


def test_the_plain_kind_has_whole_lengths_and_as_many_vehicles_as_it_takes() -> None:
    instance = read(PLAIN)

    assert (instance.name, instance.rounding) == ("toy", Rounding.ROUND)
    assert instance.problem.drives[""].metres.tolist() == [[0, 3, 5, 4], [3, 0, 4, 5], [5, 4, 0, 3], [4, 5, 3, 0]]
    assert [visit.id for visit in instance.problem.visits] == ["1", "2", "3"]
    assert [vehicle.shift for vehicle in instance.problem.vehicles] == [ALWAYS] * 3
    assert cost(instance, Tour("1", ("1", "2")), Tour("2", ("3",))) == pytest.approx(3 + 4 + 5 + 8)


@pytest.mark.parametrize(
    ("rounding", "length"),
    [(Rounding.ROUND, 5), (Rounding.TRUNC, 5), (Rounding.DIMACS, 53), (Rounding.EXACT, 5325)],
)
def test_lengths_can_be_rounded_in_other_ways(rounding: Rounding, length: int) -> None:
    assert read(PLAIN, rounding).problem.drives[""].metres[1, 3] == length


WINDOWS = "TIME_WINDOW_SECTION\n1 0 9\n2 1 9\n3 0 9\n4 0 9.5\nDEPOT_SECTION"


def test_where_there_are_windows_lengths_are_cut_to_a_tenth() -> None:
    instance = read(PLAIN.replace("DEPOT_SECTION", WINDOWS))

    assert instance.rounding is Rounding.DIMACS
    assert instance.problem.visits[2].windows == ((0, 95),)
    assert instance.problem.vehicles[0].shift == (0, 90)
    assert cost(instance, Tour("1", ("3",))) == pytest.approx(8.8)


@pytest.mark.parametrize(
    "text", [PLAIN.replace("TYPE : CVRP", "TYPE : HFVRP"), PLAIN.replace(" 1\n -1", " 1\n 2\n -1")]
)
def test_of_other_kinds_lengths_keep_three_digits(text: str) -> None:
    assert read(text.replace("DEPOT_SECTION", WINDOWS) if "HFVRP" not in text else text).rounding is Rounding.EXACT


@pytest.mark.parametrize(
    ("shape", "numbers"),
    [
        ("LOWER_ROW", "1 2 3 4 5 6"),
        ("LOWER_DIAG_ROW", "0 1 0 2 3 0 4 5 6 0"),
        ("UPPER_ROW", "1 2 4 3 5 6"),
        ("UPPER_DIAG_ROW", "0 1 2 4 0 3 5 0 6 0"),
        ("LOWER_COL", "1 2 4 3 5 6"),
        ("LOWER_DIAG_COL", "0 1 2 4 0 3 5 0 6 0"),
        ("UPPER_COL", "1 2 3 4 5 6"),
        ("UPPER_DIAG_COL", "0 1 0 2 3 0 4 5 6 0"),
        ("FULL_MATRIX", "99 1 2 4 1 99 3 5 2 3 99 6 4 5 6 99"),
    ],
)
def test_lengths_come_in_every_shape(shape: str, numbers: str) -> None:
    head, tail = PLAIN.split("EDGE_WEIGHT_TYPE : EUC_2D\n")
    broken = "\n".join(numbers.split())
    explicit = f"EDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : {shape}\nEDGE_WEIGHT_SECTION\n{broken}\n"

    instance = read(head + explicit + tail)

    assert instance.rounding is Rounding.NONE
    assert instance.problem.drives[""].metres.tolist() == [[0, 1, 2, 4], [1, 0, 3, 5], [2, 3, 0, 6], [4, 5, 6, 0]]


@pytest.mark.parametrize(
    ("kind", "length"),
    [("CEIL_2D", 6), ("FLOOR_2D", 5), ("MAN_2D", 7.4), ("MAX_2D", 4.4), ("EXACT_2D", 5325)],
)
def test_coordinates_are_measured_in_every_way(kind: str, length: float) -> None:
    instance = read(PLAIN.replace("EUC_2D", kind), Rounding.EXACT)

    assert instance.problem.drives[""].metres[1, 3] == round(1000 * length)


def test_depots_fleets_and_limits_are_read() -> None:
    instance = read(RICH)

    problem, parts = instance.problem, 1000
    assert instance.rounding is Rounding.EXACT
    assert problem.drives[""].seconds[2, 0] == 2.5 * parts
    assert problem.drives[""].seconds[0, 2] == 2 * parts
    first, second = problem.vehicles
    assert (first.depot, first.capacity, first.shift, first.fixed_cost) == (0, (3, 4), (0, 50 * parts), 7.0)
    assert (second.depot, second.capacity, second.shift) == (1, (2, 8), (5 * parts, 60 * parts))
    assert (first.cost_per_km, second.cost_per_km, second.fixed_cost) == (1.0, 2.0, 8.5)
    assert (first.most_seconds, first.most_metres, second.most_metres) == (45 * parts, 40 * parts, 30 * parts)
    assert [visit.id for visit in problem.visits] == ["2", "3", "4"]
    assert [visit.skills <= second.skills for visit in problem.visits] == [False, True, True]
    assert all(visit.skills <= first.skills for visit in problem.visits)
    assert (problem.visits[0].ready_at, problem.visits[0].service_seconds) == (4 * parts, 2 * parts)
    assert cost(instance, Tour("2", ("3", "4"))) == pytest.approx(8.5 + 2 * (4 + 1 + 3))


def test_a_rich_instance_is_solved_by_its_rules() -> None:
    instance = read(RICH)

    plan = solving.solve(instance.problem, seconds=0.2)

    assert (checking.faults(instance.problem, plan), plan.left_out) == ([], [])
    assert {tour.vehicle: [call.visit for call in tour.calls] for tour in plan.tours} == {"1": ["2", "3"], "2": ["4"]}


def test_prizes_and_groups_are_read() -> None:
    prizes = "PRIZE_SECTION\n1 0\n2 0\n3 2.5\n4 0\n"
    groups = "MUTUALLY_EXCLUSIVE_GROUP_SECTION\n1 2 4\n2 3\n"

    visits = read(PLAIN.replace("DEPOT_SECTION", f"{prizes}{groups}DEPOT_SECTION")).problem.visits

    assert [visit.prize for visit in visits] == [None, 2.5, None]
    assert [visit.group for visit in visits] == ["1", "", "1"]


def test_what_is_taken_back_is_read() -> None:
    back = "BACKHAUL_SECTION\n1 0\n2 0\n3 3\n4 2\nDEPOT_SECTION"

    visits = read(PLAIN.replace("DEPOT_SECTION", back)).problem.visits

    assert [(visit.load, visit.pickup) for visit in visits] == [((4,), ()), ((4,), (3,)), ((4,), (2,))]


def test_with_backhauls_everything_is_delivered_before_anything_is_collected() -> None:
    text = PLAIN.replace("TYPE : CVRP", "TYPE : VRPB").replace("DEMAND", "LINEHAUL").replace("4 4\nDEPOT", "4 0\nDEPOT")
    instance = read(text.replace("DEPOT_SECTION", "BACKHAUL_SECTION\n1 0\n2 0\n3 0\n4 6\nDEPOT_SECTION"))

    seconds = instance.problem.drives[""].seconds
    assert (seconds >= NO_WAY).tolist() == [[False] * 3 + [True], [False] * 4, [False] * 4, [False, True, True, False]]
    plan = solving.solve(instance.problem, seconds=0.1)
    assert [[call.visit for call in tour.calls] for tour in plan.tours] == [["1", "2", "3"]]


def test_loads_with_a_fraction_are_kept_exact() -> None:
    instance = read(PLAIN.replace("4 4\nDEPOT", "4 3.999\nDEPOT"))

    assert instance.problem.visits[2].load == (3999,)
    assert instance.problem.vehicles[0].capacity == (10_000,)


def test_durations_may_differ_from_lengths() -> None:
    durations = " ".join(str(number) for number in range(16))

    instance = read(PLAIN.replace("DEPOT_SECTION", f"EDGE_DURATION_SECTION\n{durations}\nDEPOT_SECTION"))

    expected = np.arange(16).reshape(4, 4)
    np.fill_diagonal(expected, 0)
    assert instance.problem.drives[""].seconds.tolist() == expected.tolist()
    assert instance.problem.drives[""].metres[0, 1] == 3


def test_the_old_name_of_a_limit_is_understood() -> None:
    instance = read(PLAIN.replace("CAPACITY", "DISTANCE : 12\nCAPACITY"))

    assert {vehicle.most_seconds for vehicle in instance.problem.vehicles} == {12}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN.replace("DEMAND_SECTION", "FRAGILE_SECTION"), "FRAGILE: not supported"),
        (PLAIN.replace("CAPACITY", "SPLIT : yes\nCAPACITY"), "SPLIT: not supported"),
        (PLAIN.replace("DEPOT_SECTION", "VEHICLES_RELOAD_DEPOT_SECTION\n1 1\n2\nDEPOT_SECTION"), "reloading"),
        (PLAIN.replace("DEPOT_SECTION", "PICKUP_AND_DELIVERY_SECTION\n1 0\nDEPOT_SECTION"), "PICKUP_AND_DELIVERY"),
        (PLAIN.replace("EUC_2D", "GEO"), "GEO"),
        (PLAIN.replace("EUC_2D", "EXPLICIT\nEDGE_WEIGHT_FORMAT : SPIRAL"), "SPIRAL"),
        (
            PLAIN.replace(
                "DEPOT_SECTION",
                "PRIZE_SECTION\n1 0\n2 1\n3 0\n4 0\nMUTUALLY_EXCLUSIVE_GROUP_SECTION\n1 2 3\nDEPOT_SECTION",
            ),
            "Prizes within",
        ),
    ],
)
def test_what_cannot_be_held_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        read(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no DIMENSION"),
        ("once upon a time", "neither a specification nor in a section: 'once upon"),
        (
            PLAIN.replace("DIMENSION : 4", "DIMENSION : 5"),
            "NODE_COORD_SECTION is to have a row for each .* from 1 to 5",
        ),
        (PLAIN.replace("DIMENSION : 4", "DIMENSION : many"), "no number: 'many'"),
        (PLAIN.replace("DIMENSION : 4", "DIMENSION : -4"), "DIMENSION is to be a whole number from 1"),
        (PLAIN.replace("3 4 3", "2 4 3"), "NODE_COORD_SECTION is to have a row for each"),
        (PLAIN.replace("3 4 3", "3 4"), "equally long"),
        (PLAIN.replace("3 4 3", "3 4 nan"), "no number: 'nan'"),
        (PLAIN.replace("3 4 3", "3 4 three"), "no number: 'three'"),
        (PLAIN.replace("3 4 3", "3 4 1e30"), "too large"),
        (PLAIN.replace("2 4\n", "2 -4\n"), "negative"),
        (PLAIN.replace("CAPACITY : 10", "CAPACITY : 10\nCAPACITY : 12"), "CAPACITY is there twice"),
        (PLAIN.replace("\n 1\n -1", "\n 9\n -1"), "DEPOT_SECTION is to name nodes"),
        (PLAIN.replace("EUC_2D", "EXPLICIT"), "EDGE_WEIGHT_SECTION has 0 numbers, and is to have 16"),
        (RICH.replace("2 4 5\nDEPOT", "DEPOT"), "VEHICLES_ALLOWED_CLIENTS_SECTION is to have a row"),
        (RICH.replace("1 1\n2 2\nVEHICLES_F", "1 1\n2 4\nVEHICLES_F"), "VEHICLES_DEPOT_SECTION is to name depots"),
        (SOLOMON.replace("  2         20", ""), "A number of vehicles and a capacity"),
        (
            SOLOMON.replace("    3      0         5          5          0        90          9\n", "    3      0\n"),
            "seven",
        ),
        (SOLOMON.replace("    2      2 ", "    7      2 "), "numbered from 0"),
        (SOLOMON.replace("    2      2 ", "    2    inf "), "not a number"),
    ],
)
def test_what_is_no_instance_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(text)


def test_a_plan_of_an_instance_is_held_to_its_rules() -> None:
    instance = read(SOLOMON)
    late = [simulating.drive(instance.problem, Tour("1", ("3", "2", "1")))]

    assert checking.faults(instance.problem, Plan(late, [], late[0].cost))
