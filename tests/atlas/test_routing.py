import numpy as np
import pytest

from atlas.streets.route import Stretch
from tests.atlas import extracts, towns
from tests.atlas.extracts import Node, Way, crossing, place
from tests.atlas.towns import STEP_NORTH_M, STREET_METRES_PER_SECOND

# In a town of four rows the middle is at 60.0015 degrees north.
STEP_EAST_M = STEP_NORTH_M * np.cos(np.radians(60.0015))


def test_a_route_is_as_long_as_its_streets_and_takes_a_moment_at_each_junction() -> None:
    streets = towns.streets_of(*extracts.grid(4, 4))

    route = streets.route(place(1, 0.5), place(1, 2.5))

    assert route.distance_m == pytest.approx(2 * STEP_NORTH_M)
    assert route.duration_seconds == pytest.approx(2 * STEP_NORTH_M / STREET_METRES_PER_SECOND + 2 * 3.0)
    assert route.stretches == (Stretch("Column 1", route.distance_m),)
    assert route.points == (place(1, 0.5), place(1, 1), place(1, 2), place(1, 2.5))


def test_a_route_names_its_streets_in_the_order_in_which_they_are_driven() -> None:
    streets = towns.streets_of(*extracts.grid(4, 4))

    route = streets.route(place(0.5, 1), place(1, 2.75))

    assert [stretch.name for stretch in route.stretches] == ["Row 1", "Column 1"]
    assert [stretch.distance_m for stretch in route.stretches] == pytest.approx(
        [0.5 * STEP_EAST_M, 1.75 * STEP_NORTH_M]
    )


def test_neighbours_are_as_far_apart_as_their_doors() -> None:
    streets = towns.streets_of(*extracts.grid(4, 4))

    seconds, lengths_m = streets.matrix([place(1, 1.25), place(1, 1.5)], [place(1, 1.25), place(1, 1.5)])

    assert lengths_m == pytest.approx(np.array([[0, 0.25], [0.25, 0]]) * STEP_NORTH_M, abs=0.01)
    assert seconds == pytest.approx(lengths_m / STREET_METRES_PER_SECOND, abs=0.01)


def test_in_a_one_way_street_the_house_behind_is_once_around_the_block() -> None:
    nodes, ways = extracts.grid(4, 4)
    streets = towns.streets_of(nodes, towns.tagged(ways, "Row 1", oneway="yes"))

    onwards = streets.route(place(1.25, 1), place(1.75, 1))
    back = streets.route(place(1.75, 1), place(1.25, 1))

    assert onwards.distance_m == pytest.approx(0.5 * STEP_EAST_M)
    assert back.distance_m == pytest.approx(1.5 * STEP_EAST_M + 2 * STEP_NORTH_M)
    assert back.duration_seconds == pytest.approx(back.distance_m / STREET_METRES_PER_SECOND + 4 * 3.0)


def test_a_street_that_is_one_way_against_its_drawing_is_driven_that_way() -> None:
    nodes, ways = extracts.grid(4, 4)
    streets = towns.streets_of(nodes, towns.tagged(ways, "Row 1", oneway="-1"))

    assert streets.route(place(1.75, 1), place(1.25, 1)).distance_m == pytest.approx(0.5 * STEP_EAST_M)


def test_a_roundabout_is_driven_around_its_middle() -> None:
    nodes, ways = extracts.grid(4, 4)
    ring = [Node(9001, place(4, 2)), Node(9002, place(5, 3)), Node(9003, place(4, 3))]
    corner = crossing(3, 3)
    roundabout = Way(9000, [9001, 9002, 9003, corner, 9001], {"highway": "residential", "junction": "roundabout"})
    streets = towns.streets_of([*nodes, *ring], [*ways, roundabout])

    route = streets.route(place(4, 3), place(4, 2))

    assert route.points[1] == place(3, 3)


def test_a_signal_costs_more_than_a_crossing_and_a_sign_something_between() -> None:
    nodes, ways = extracts.grid(4, 4)
    signal = towns.marked(nodes, crossing(1, 1), highway="traffic_signals")
    sign = towns.marked(nodes, crossing(1, 1), highway="stop")

    driving, at_signal, at_sign = (
        towns.streets_of(crossings, ways).route(place(1, 0.5), place(1, 1.5)).duration_seconds
        for crossings in (nodes, signal, sign)
    )

    assert at_signal - driving == pytest.approx(12.0 - 3.0)
    assert at_sign - driving == pytest.approx(5.0 - 3.0)


def test_a_signal_before_a_crossing_stops_only_those_who_drive_towards_it() -> None:
    nodes, ways = extracts.grid(4, 4)
    nodes.append(Node(9001, place(1, 0.9), {"highway": "traffic_signals"}))
    streets = towns.streets_of(nodes, towns.extended(ways, "Column 1", 9001))

    towards, away = streets.route(place(1, 0.5), place(1, 1.5)), streets.route(place(1, 0.5), place(1.5, 0))

    assert towards.duration_seconds == pytest.approx(towards.distance_m / STREET_METRES_PER_SECOND + 12.0)
    assert away.duration_seconds == pytest.approx(away.distance_m / STREET_METRES_PER_SECOND + 3.0)


def test_a_side_street_gives_way_to_a_main_road() -> None:
    nodes, ways = extracts.grid(4, 4)
    streets = towns.streets_of(nodes, towns.tagged(ways, "Row 1", highway="secondary"))

    across = streets.route(place(1, 0.5), place(1, 1.5))
    along = streets.route(place(0.5, 1), place(1.5, 1))

    assert across.duration_seconds == pytest.approx(across.distance_m / STREET_METRES_PER_SECOND + 5.0)
    assert along.duration_seconds == pytest.approx(along.distance_m / STREET_METRES_PER_SECOND + 1.0)


def test_drives_and_yards_are_no_junctions() -> None:
    nodes, ways = extracts.grid(4, 4)
    nodes += [Node(9001, place(1, 0.5)), Node(9002, place(1.2, 0.5))]
    ways = [*towns.extended(ways, "Column 1", 9001), Way(9000, [9001, 9002], {"highway": "service"})]
    streets = towns.streets_of(nodes, ways)

    route = streets.route(place(1, 0.25), place(1, 0.75))

    assert route.duration_seconds == pytest.approx(0.5 * STEP_NORTH_M / STREET_METRES_PER_SECOND)


def test_the_quicker_way_is_taken_though_it_is_longer() -> None:
    nodes, ways = extracts.grid(4, 4)
    streets = towns.streets_of(nodes, towns.tagged(ways, "Row 0", highway="trunk", maxspeed="100"))

    route = streets.route(place(0, 0.5), place(3, 0.5))

    assert [stretch.name for stretch in route.stretches] == ["Column 0", "Row 0", "Column 3"]


def test_of_two_streets_between_the_same_crossings_the_quicker_is_taken() -> None:
    nodes, ways = extracts.grid(4, 4)
    ends = [crossing(1, 1), crossing(2, 1)]
    bypass = Way(9000, ends, {"highway": "trunk", "maxspeed": "80", "name": "Bypass"})
    streets = towns.streets_of(nodes, [*ways, bypass])

    route = streets.route(place(1, 0.9), place(2, 1.1))

    assert "Bypass" in [stretch.name for stretch in route.stretches]


def test_a_street_that_comes_back_to_where_it_began_is_driven_the_short_way_round() -> None:
    nodes, ways = extracts.grid(4, 4)
    loop = [Node(9001, place(4, 3)), Node(9002, place(4, 4)), Node(9003, place(3, 4))]
    corner = crossing(3, 3)
    ways.append(Way(9000, [corner, 9001, 9002, 9003, corner], {"highway": "residential", "name": "Loop"}))
    streets = towns.streets_of([*nodes, *loop], ways)

    route = streets.route(place(3.25, 3), place(3, 3.25))

    assert route.distance_m < STEP_NORTH_M
    assert [stretch.name for stretch in route.stretches] == ["Loop"]
    assert route.points[1] == place(3, 3)


def test_who_has_to_go_a_long_way_round_finds_it() -> None:
    nodes, ways = extracts.grid(3, 20)
    bank = [
        way._replace(nodes=way.nodes[:2]) if way.tags["name"].startswith("Row") and way.id != 20 else way
        for way in ways
    ]
    streets = towns.streets_of(nodes, bank)

    route = streets.route(place(1, 0.5), place(2, 0.5))

    assert [stretch.name for stretch in route.stretches] == ["Column 1", "Row 19", "Column 2"]
    assert route.distance_m == pytest.approx(37 * STEP_NORTH_M + STEP_EAST_M, rel=1e-3)


def test_a_point_on_an_island_is_reached_from_the_nearest_street_of_the_mainland() -> None:
    nodes, ways = extracts.grid(4, 4)
    island = [Node(9001, place(6, 1)), Node(9002, place(7, 1))]
    streets = towns.streets_of([*nodes, *island], [*ways, Way(9000, [9001, 9002], {"highway": "residential"})])

    route = streets.route(place(0, 1), place(6.5, 1))

    assert route.points[-1] == place(3, 1)
    assert streets.distances_m([place(6.5, 1)]) == pytest.approx([3.5 * STEP_EAST_M])


def test_nobody_is_sent_into_a_one_way_street_without_an_end() -> None:
    nodes, ways = extracts.grid(4, 4)
    trap = [Node(9001, place(4, 1)), Node(9002, place(5, 1))]
    way = Way(9000, [crossing(3, 1), 9001, 9002], {"highway": "residential", "oneway": "yes"})
    streets = towns.streets_of([*nodes, *trap], [*ways, way])

    assert streets.route(place(0, 1), place(5, 1)).points[-1] == place(3, 1)


def test_a_place_that_one_is_at_already_takes_no_time() -> None:
    streets = towns.streets_of(*extracts.grid(4, 4))

    route = streets.route(place(1, 1.5), place(1, 1.5))

    assert (route.distance_m, route.duration_seconds) == (0.0, 0.0)
    assert set(route.points) == {place(1, 1.5)}


@pytest.mark.parametrize(("origins", "destinations"), [(0, 0), (0, 2), (2, 0)])
def test_from_nowhere_to_nowhere_is_an_empty_matrix(origins: int, destinations: int) -> None:
    streets = towns.streets_of(*extracts.grid(4, 4))

    seconds, lengths_m = streets.matrix([place(0, 0)] * origins, [place(1, 1)] * destinations)

    assert seconds.shape == lengths_m.shape == (origins, destinations)


def test_a_matrix_of_many_origins_is_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    streets = towns.streets_of(*extracts.grid(4, 4))
    points = [place(column / 3, row / 2) for column in range(9) for row in range(6)]
    seconds, lengths_m = streets.matrix(points, points)

    monkeypatch.setattr("atlas.streets.routing._CELLS_AT_A_TIME", 100)
    parts_seconds, parts_lengths_m = streets.matrix(points, points)

    assert (parts_seconds == seconds).all()
    assert (parts_lengths_m == lengths_m).all()
