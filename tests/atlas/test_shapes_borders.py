"""Lines through a box: cut at its border, carried to it, and closed along it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from atlas.building.shapes import borders
from atlas.building.shapes.borders import LooseEnd, WrongWay
from atlas.building.shapes.chains import Chain
from atlas.drawing.shapes import Box

BOX = Box(0, 0, 100, 80)
NAN = float("nan")

coordinates = st.integers(-60, 160)


def chain(*points: tuple[float, float]) -> Chain:
    return Chain(np.arange(len(points), dtype=np.int64), np.array(points, dtype=np.float64))


def test_a_line_is_cut_where_it_crosses_the_border() -> None:
    assert borders.runs(chain((-20, 40), (50, 40), (50, 120)), BOX) == [[(0, 40), (50, 40), (50, 80)]]


def test_a_line_that_comes_back_makes_two_runs() -> None:
    found = borders.runs(chain((-20, 40), (50, 40), (50, 120), (70, 120), (70, -10)), BOX)

    assert found == [[(0, 40), (50, 40), (50, 80)], [(70, 80), (70, 0)]]


def test_a_line_past_the_box_makes_none() -> None:
    assert borders.runs(chain((-20, -20), (120, -20), (120, 120)), BOX) == []


def test_an_end_is_carried_to_the_nearest_border() -> None:
    assert borders.runs(chain((10, 40), (50, 40), (50, 75)), BOX) == [[(0, 40), (10, 40), (50, 40), (50, 75), (50, 80)]]


def test_an_end_out_of_reach_is_named() -> None:
    with pytest.raises(LooseEnd) as caught:
        borders.runs(chain((-10, 40), (50, 40)), BOX, reach=39)

    assert caught.value.point == (50, 40)


def test_unknown_nodes_part_a_line() -> None:
    assert borders.runs(chain((-10, 40), (5, 40), (NAN, NAN), (95, 60), (110, 60)), BOX) == [
        [(0, 40), (5, 40), (0, 40)],
        [(100, 60), (95, 60), (100, 60)],
    ]


def test_a_gap_shorter_than_the_way_out_is_bridged() -> None:
    bridged = borders.bridged(chain((-10, 40), (40, 40), (NAN, NAN), (60, 40), (110, 40)), BOX)

    assert bridged.nodes.tolist() == [0, 1, 3, 4]


def test_a_gap_longer_than_the_way_out_is_left() -> None:
    cut = chain((50, 5), (5, 5), (NAN, NAN), (50, 75), (5, 75))

    assert borders.bridged(cut, BOX).nodes.tolist() == [0, 1, 2, 3, 4]


def test_a_road_is_drawn_straight_on_to_the_border() -> None:
    assert borders.prolonged(chain((50, 40), (70, 40), (NAN, NAN)), BOX, reach=30) == [[(50, 40), (70, 40), (100, 40)]]


def test_a_road_is_not_drawn_on_beyond_its_reach() -> None:
    assert borders.prolonged(chain((50, 40), (70, 40), (NAN, NAN)), BOX, reach=29) == [[(50, 40), (70, 40)]]


def test_a_road_is_not_drawn_on_where_it_ends_by_itself() -> None:
    road = chain((NAN, NAN), (20, 40), (70, 40))

    assert borders.prolonged(road, BOX, reach=100) == [[(0, 40), (20, 40), (70, 40)]]


def test_rings_have_their_inside_on_the_left() -> None:
    (ring,) = borders.close([[(0, 40), (100, 40)]], BOX)

    assert ring == [(0, 40), (100, 40), (100, 80), (0, 80)]


def test_runs_close_with_one_another() -> None:
    rings = borders.close([[(20, 0), (20, 80)], [(60, 80), (60, 0)]], BOX)

    assert sum(Polygon(ring).area for ring in rings) == 20 * 80 + 40 * 80


def test_runs_of_one_direction_side_by_side_are_refused() -> None:
    with pytest.raises(WrongWay) as caught:
        borders.close([[(20, 0), (20, 80)], [(60, 0), (60, 80)]], BOX)

    assert caught.value.point in {(20, 0), (60, 0), (20, 80), (60, 80)}


@settings(deadline=None)
@given(st.lists(st.tuples(coordinates, coordinates), max_size=12))
def test_runs_are_what_lies_in_the_box(points: list[tuple[int, int]]) -> None:
    line = [(-100, -100), *points, (-100, -100)]  # so that no end has to be carried

    found = borders.runs(chain(*line), BOX)

    within = sum(LineString(pair).intersection(box(*BOX)).length for pair in itertools.pairwise(line))
    assert sum(LineString(run).length for run in found) == pytest.approx(within)
    assert all(-1e-9 <= x <= 100 + 1e-9 and -1e-9 <= y <= 80 + 1e-9 for run in found for x, y in run)
    assert all(x in (0, 100) or y in (0, 80) for run in found for x, y in (run[0], run[-1]))
