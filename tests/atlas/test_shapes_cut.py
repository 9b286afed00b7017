"""Areas that the edge of an extract has cut."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atlas.building.shapes import cut
from atlas.building.shapes.chains import Chain
from atlas.building.shapes.cut import Ambiguous
from atlas.drawing.shapes import Box

BOX = Box(0, 0, 100, 80)
NAN = (float("nan"), float("nan"))


def way(*points: tuple[float, float], nodes: list[int]) -> Chain:
    return Chain(np.array(nodes, dtype=np.int64), np.array(points, dtype=np.float64))


def test_a_whole_area_stays_as_it_is() -> None:
    ring = way((10, 10), (30, 10), (30, 30), (10, 30), (10, 10), nodes=[1, 2, 3, 4, 1])

    assert cut.mended([ring], BOX).area == 400


def test_an_area_in_an_area_is_a_hole() -> None:
    outer = way((10, 10), (30, 10), (30, 30), (10, 30), (10, 10), nodes=[1, 2, 3, 4, 1])
    inner = way((15, 15), (20, 15), (20, 20), (15, 20), (15, 15), nodes=[5, 6, 7, 8, 5])

    assert cut.mended([outer, inner], BOX).area == 375


def test_ways_are_turned_to_fit_one_another() -> None:
    parts = [
        way((10, 10), (30, 10), (30, 30), nodes=[1, 2, 3]),
        way((10, 10), (10, 30), (30, 30), nodes=[1, 4, 3]),
    ]

    assert cut.mended(parts, BOX).area == 400


@pytest.mark.parametrize("is_turned", [False, True])
def test_what_is_missing_lies_outside(*, is_turned: bool) -> None:
    ring = way((95, 20), (60, 20), (60, 40), (95, 40), NAN, NAN, (95, 20), nodes=[1, 2, 3, 4, 5, 6, 1])

    assert cut.mended([ring.turned if is_turned else ring], BOX).area == 800


def test_an_area_may_hold_a_corner_of_the_box() -> None:
    ring = way((60, 75), (60, 40), (95, 40), NAN, NAN, (60, 75), nodes=[1, 2, 3, 4, 5, 1])

    mended = cut.mended([ring], BOX)

    assert mended.area == 1600
    assert mended.covers(shapely.Point(100, 80))


def test_an_area_without_one_known_node_is_empty() -> None:
    assert cut.mended([way(NAN, NAN, NAN, NAN, nodes=[1, 2, 3, 1])], BOX).is_empty


def test_two_open_banks_are_ambiguous() -> None:
    with pytest.raises(Ambiguous):
        cut.mended([way((-9, 20), (109, 20), nodes=[1, 2]), way((-9, 40), (109, 40), nodes=[3, 4])], BOX)


@settings(deadline=None)
@given(
    corners=st.lists(st.tuples(st.floats(0, 2 * math.pi), st.floats(5, 70)), min_size=3, max_size=14, unique=True),
    middle=st.tuples(st.integers(0, 100), st.integers(0, 80)),
)
def test_a_star_cut_by_the_box_loses_little(corners: list[tuple[float, float]], middle: tuple[int, int]) -> None:
    points = [(middle[0] + r * math.cos(a), middle[1] + r * math.sin(a)) for a, r in sorted(corners)]
    star = shapely.Polygon(points)
    assume(star.is_valid)
    known = [point if 0 <= point[0] <= 100 and 0 <= point[1] <= 80 else NAN for point in points]
    ring = way(*known, known[0], nodes=[*range(len(points)), 0])

    mended = cut.mended([ring], BOX)

    assert mended.is_valid
    assert mended.difference(shapely.box(*BOX)).area < 1e-6
    if NAN not in known:
        assert mended.area == pytest.approx(star.area)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(NAN), st.tuples(st.integers(-40, 140), st.integers(-40, 120))), min_size=2, max_size=9)
)
def test_any_nonsense_becomes_a_valid_area(points: list[tuple[float, float]]) -> None:
    for nodes in ([*range(len(points))], [*range(len(points) - 1), 0]):
        mended = cut.mended([way(*points, nodes=nodes)], BOX)

        assert mended.is_valid
        assert mended.difference(shapely.box(*BOX)).area < 1e-6
