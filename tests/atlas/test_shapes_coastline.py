"""Where the sea is: islands, bays, cut and broken coastlines."""

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.building.shapes import coastline
from atlas.building.shapes.chains import Chain
from atlas.building.shapes.coastline import BadCoastline
from atlas.drawing.shapes import WORLD, Box

UNIT = 1000.0  # some 75 m at the equator
SIDE = 40  # so that the reach of 500 m is less than 7 of these units
MIDDLE = WORLD / 2
BOX = Box(MIDDLE, MIDDLE, MIDDLE + SIDE * UNIT, MIDDLE + SIDE * UNIT)
MISSING = (float("nan"), float("nan"))


def way(*points: tuple[float, float], nodes: Sequence[int] | None = None) -> Chain:
    """A coastline through points of a grid, 40 units a side; a point is a node of its own, wherever it occurs."""
    named = nodes or [hash(point) if point != MISSING else place for place, point in enumerate(points)]
    return Chain(np.array(named, dtype=np.int64), MIDDLE + np.array(points) * UNIT)


def area_of(sea: shapely.Geometry) -> float:
    return round(float(sea.area) / UNIT**2, 6)


def is_sea(sea: shapely.Geometry, x: float, y: float) -> bool:
    return bool(sea.contains(shapely.Point(MIDDLE + x * UNIT, MIDDLE + y * UNIT)))


ISLAND = [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0), (10.0, 10.0)]


def test_without_a_coastline_there_is_no_sea() -> None:
    assert coastline.sea([], BOX).is_empty


def test_an_island_has_the_sea_around_it() -> None:
    sea = coastline.sea([way(*ISLAND)], BOX)

    assert area_of(sea) == SIDE**2 - 100
    assert is_sea(sea, 1, 1)
    assert not is_sea(sea, 15, 15)


def test_a_ring_that_runs_the_other_way_is_an_inland_sea() -> None:
    sea = coastline.sea([way(*reversed(ISLAND))], BOX)

    assert area_of(sea) == 100
    assert is_sea(sea, 15, 15)


@pytest.mark.parametrize(
    ("points", "area", "wet", "dry"),
    [
        ([(-5, 10), (45, 10)], 400, (20, 5), (20, 15)),
        ([(45, 10), (-5, 10)], 1200, (20, 15), (20, 5)),
        ([(45, 10), (20, 10), (20, 30), (45, 30)], 400, (30, 20), (10, 20)),
        ([(45, 30), (20, 30), (20, 10), (45, 10)], 1200, (10, 20), (30, 20)),
        ([(10, -5), (10, 45)], 1200, (20, 20), (5, 20)),
    ],
    ids=["eastwards", "westwards", "a bay", "a headland", "northwards"],
)
def test_the_water_is_on_the_right_up_to_the_bounds(
    points: list[tuple[float, float]], area: float, wet: tuple[float, float], dry: tuple[float, float]
) -> None:
    sea = coastline.sea([way(*points)], BOX)

    assert area_of(sea) == area
    assert is_sea(sea, *wet)
    assert not is_sea(sea, *dry)


def test_two_coasts_make_a_strait() -> None:
    sea = coastline.sea([way((45, 10), (-5, 10)), way((-5, 30), (45, 30))], BOX)

    assert area_of(sea) == 800
    assert is_sea(sea, 20, 20)


def test_a_river_that_leaves_and_enters_again_is_one_sea() -> None:
    sea = coastline.sea([way((-5, 20), (10, 20), (10, 45), (30, 45), (30, 20), (45, 20))], BOX)

    assert area_of(sea) == 20 * 40 + 20 * 20


@pytest.mark.parametrize("ring", [ISLAND, list(reversed(ISLAND))], ids=["rightly", "wrongly"])
def test_an_island_off_a_coast_is_land_however_it_is_drawn(ring: list[tuple[float, float]]) -> None:
    sea = coastline.sea([way((-5, 30), (45, 30)), way(*ring)], BOX)

    assert area_of(sea) == 30 * 40 - 100
    assert not is_sea(sea, 15, 15)


def test_an_island_larger_than_the_bounds_is_all_land() -> None:
    sea = coastline.sea([way((-9, -9), (50, -9), (50, 50), (-9, 50), (-9, -9))], BOX)

    assert sea.is_empty


def test_an_island_that_the_bounds_cut_ends_at_them() -> None:
    sea = coastline.sea([way((-10, 10), (10, 10), (10, 30), (-10, 30), (-10, 10))], BOX)

    assert area_of(sea) == SIDE**2 - 200


def test_an_island_in_pieces_is_put_together() -> None:
    pieces = [way(*ISLAND[2:4]), way(*ISLAND[0:2]), way(*ISLAND[3:5]), way(*ISLAND[1:3])]

    assert coastline.sea(pieces, BOX).equals(coastline.sea([way(*ISLAND)], BOX))


def test_a_way_that_is_there_twice_counts_once() -> None:
    assert area_of(coastline.sea([way((-5, 10), (45, 10))] * 2, BOX)) == 400


def test_a_coast_that_stops_in_the_middle_is_refused_with_the_place() -> None:
    with pytest.raises(BadCoastline, match=r"stops at 0\.01\d+, 0\.01\d+, in the middle of the area"):
        coastline.sea([way((-5, 20), (20, 20))], BOX)


def test_ways_that_meet_head_to_head_are_refused_with_the_node() -> None:
    with pytest.raises(BadCoastline, match=r"two coastline ways end at node 2 \(0\.01\d+, 0\.01\d+\)"):
        coastline.sea([way((-5, 20), (20, 20), nodes=[1, 2]), way((45, 20), (20, 20), nodes=[3, 2])], BOX)


def test_ways_that_part_at_a_node_are_refused_with_the_node() -> None:
    with pytest.raises(BadCoastline, match=r"two coastline ways begin at node 2 "):
        coastline.sea([way((20, 20), (-5, 20), nodes=[2, 1]), way((20, 20), (45, 20), nodes=[2, 3])], BOX)


def test_two_coasts_of_one_direction_are_refused() -> None:
    with pytest.raises(BadCoastline, match="runs the wrong way: the water must be on its right"):
        coastline.sea([way((-5, 10), (45, 10)), way((-5, 30), (45, 30))], BOX)


def test_a_wrong_way_outside_the_bounds_does_no_harm() -> None:
    ways = [way((-5, 10), (45, 10), nodes=[1, 2]), way((60, 10), (45, 10), nodes=[3, 2])]

    assert area_of(coastline.sea(ways, BOX)) == 400


def test_ends_whose_next_node_is_missing_are_carried_to_the_bounds() -> None:
    sea = coastline.sea([way(MISSING, (3, 10), (38, 10), MISSING)], BOX)

    assert area_of(sea) == 400


def test_a_coast_that_leaves_by_missing_nodes_comes_back_where_it_is_known_again() -> None:
    sea = coastline.sea([way(MISSING, (2, 20), (15, 38), MISSING, MISSING, (25, 38), (38, 20), MISSING)], BOX)

    # What lies to the north of the line from (15, 38) to (25, 38) is cut off by neither run.
    assert is_sea(sea, 20, 39)
    assert is_sea(sea, 20, 5)
    assert not is_sea(sea, 2, 38)
    assert not is_sea(sea, 38, 38)


def test_a_small_gap_in_the_middle_is_bridged() -> None:
    sea = coastline.sea([way((-5, 20), (18, 20), MISSING, (22, 20), (45, 20))], BOX)

    assert area_of(sea) == 800


def test_an_island_with_a_node_missing_is_still_an_island() -> None:
    ring = way(*ISLAND[:2], MISSING, *ISLAND[3:], nodes=[1, 2, 3, 4, 1])

    assert area_of(coastline.sea([ring], BOX)) == SIDE**2 - 50


def test_an_island_whose_first_node_is_missing_is_still_an_island() -> None:
    ring = way(MISSING, *ISLAND[1:4], MISSING, nodes=[1, 2, 3, 4, 1])

    assert area_of(coastline.sea([ring], BOX)) == SIDE**2 - 50


@settings(deadline=None)
@given(
    heights=st.lists(st.floats(1, SIDE - 1), min_size=2, max_size=30),
    is_eastwards=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_any_line_across_parts_land_from_sea(heights: list[float], is_eastwards: bool, seed: int) -> None:
    chance = random.Random(seed)
    across = np.linspace(-1, SIDE + 1, len(heights))
    points = list(zip(across.tolist(), heights, strict=True))
    nodes = list(range(len(points)))
    if not is_eastwards:
        points.reverse()
        nodes.reverse()
    cuts = sorted({0, len(points) - 1, *(chance.randrange(len(points)) for _ in range(3))})
    ways = [way(*points[a : b + 1], nodes=nodes[a : b + 1]) for a, b in itertools.pairwise(cuts)]
    chance.shuffle(ways)

    sea = coastline.sea(ways, BOX)

    inside = np.linspace(0, SIDE, 20_001)
    south = float(np.trapezoid(np.interp(inside, across, heights), inside))
    assert area_of(sea) == pytest.approx(south if is_eastwards else SIDE**2 - south, rel=1e-4)
    assert sea.is_valid
