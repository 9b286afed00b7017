"""Path data: whole numbers, nothing too small to be seen, and the same on both sides of a seam."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.drawing import paths, tiles
from atlas.drawing.paths import Frame
from atlas.drawing.shapes import Kind
from atlas.drawing.sheet import units_per_pixel
from tests.atlas import svg
from tests.atlas.sheets import make_sheet

PLAIN = Frame(0, 100, 1)


def geometries(*shapes: shapely.Geometry) -> np.ndarray:
    return np.array([*shapes, None], dtype=object)[:-1]


def test_a_line_is_a_start_and_steps() -> None:
    assert paths.strokes(geometries(shapely.LineString([(10, 90), (15, 80), (12, 85)])), PLAIN) == "M10 10l5 10-3-5"


def test_an_area_is_closed_and_its_hole_goes_the_other_way() -> None:
    area = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])

    path = paths.outlines(geometries(area), PLAIN)

    outer, inner = svg.lines(path)
    assert path.count("z") == 2
    assert shapely.LinearRing(outer).is_ccw != shapely.LinearRing(inner).is_ccw


def test_steps_that_cannot_be_seen_are_left_out() -> None:
    line = shapely.LineString([(10, 90), (10.1, 89.9), (10.2, 89.8), (20, 90)])

    assert paths.strokes(geometries(line), PLAIN) == "M10 10l10 0"


@pytest.mark.parametrize(
    ("write", "shape"),
    [
        (paths.strokes, shapely.LineString([(1, 1), (1.2, 1.1)])),
        (paths.strokes, shapely.Point(1, 1)),
        (paths.strokes, shapely.LineString()),
        (paths.outlines, shapely.box(1.2, 1.2, 1.4, 1.4)),
        (paths.outlines, shapely.box(0, 0, 9, 0.1)),
        (paths.outlines, shapely.LineString([(0, 0), (9, 9)])),
        (paths.outlines, shapely.Polygon()),
    ],
)
def test_what_shrinks_to_nothing_is_not_there(write: object, shape: shapely.Geometry) -> None:
    assert callable(write)
    assert write(geometries(shape), Frame(0, 100.5, 1)) == ""


def test_nothing_gives_nothing() -> None:
    assert paths.strokes(geometries(), PLAIN) == paths.outlines(geometries(), PLAIN) == ""


places = st.tuples(st.floats(0, 64), st.floats(0, 64))


@settings(deadline=None)
@given(st.lists(places, min_size=2, max_size=8, unique=True), st.integers(14, 19))
def test_neighbours_draw_a_line_at_the_same_places(points: list[tuple[float, float]], zoom: int) -> None:
    sheet = make_sheet()
    unit = units_per_pixel(zoom)
    line = shapely.LineString([(sheet.box.left + x * 700, sheet.box.bottom + y * 700) for x, y in points])
    here = tiles.box_of(zoom, 2 ** (zoom - 1), 2 ** (zoom - 1) - 1)
    east = tiles.box_of(zoom, 2 ** (zoom - 1) + 1, 2 ** (zoom - 1) - 1)

    drawn_here, drawn_east = (
        [*svg.lines(paths.strokes(geometries(line), Frame(box.left, box.top, 4 / unit)))] for box in (here, east)
    )

    assert drawn_here == [[(x + 1024, y) for x, y in part] for part in drawn_east]


@settings(deadline=None)
@given(
    st.lists(places, min_size=3, max_size=9, unique=True),
    st.integers(13, 19),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_what_is_cut_stays_within_the_margin(
    points: list[tuple[float, float]], zoom: int, column: int, row: int
) -> None:
    sheet = make_sheet()
    corners = [(sheet.box.left + x * 700, sheet.box.bottom + y * 700) for x, y in points]
    area = shapely.convex_hull(shapely.MultiPoint(corners))
    drawn = make_sheet(
        [(Kind.WATER, area)] if area.geom_type == "Polygon" else [],
        [(Kind.MOTORWAY, shapely.LineString(corners), "")],
    )
    box = tiles.box_of(zoom, 2 ** (zoom - 1) + column, 2 ** (zoom - 1) - 1 - row)
    unit = units_per_pixel(zoom)
    frame = Frame(box.left, box.top, 4 / unit)

    level = drawn.level(zoom)
    for layer, write in ((level.areas, paths.outlines), (level.lines, paths.strokes)):
        _, cut = layer.within(box.grown(24 * unit))
        numbers = [number for line in svg.lines(write(cut, frame)) for point in line for number in point]
        assert all(-24 * 4 - 1 <= number <= 1024 + 24 * 4 for number in numbers)
