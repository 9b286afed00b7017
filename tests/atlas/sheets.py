"""Sheets to draw in tests: made by hand, in steps of 50 m from the middle of the world."""

from collections.abc import Sequence

import numpy as np
import shapely

from atlas.drawing.shapes import WORLD, Areas, Box, Kind, Labels, Lines, Shapes
from atlas.drawing.sheet import Sheet

STEP = 700.0
"""Units of the world: some 50 m at the equator, and 90 pixels at zoom 18."""

MIDDLE = WORLD / 2
SIDE = 64
BOX = Box(MIDDLE, MIDDLE, MIDDLE + SIDE * STEP, MIDDLE + SIDE * STEP)

Point = tuple[float, float]


def to_world(points: Sequence[Point]) -> list[Point]:
    """Turn steps to the east and the north into places on the world."""
    return [(MIDDLE + x * STEP, MIDDLE + y * STEP) for x, y in points]


def polygon(*points: Point) -> shapely.Geometry:
    return shapely.Polygon(to_world(points))


def line(*points: Point) -> shapely.Geometry:
    return shapely.LineString(to_world(points))


def make_sheet(
    areas: Sequence[tuple[Kind, shapely.Geometry]] = (),
    lines: Sequence[tuple[Kind, shapely.Geometry, str]] = (),
    labels: Sequence[tuple[Kind, Point, float, str]] = (),
    box: Box = BOX,
) -> Sheet:
    """Lay out a sheet of areas, lines with names, and names at points with a radius in steps."""
    places = np.rint(np.array(to_world([point for _, point, _, _ in labels])).reshape(-1, 2))
    return Sheet(
        Shapes(
            box,
            Areas(_kinds(areas), _geometries([area for _, area in areas])),
            Lines(_kinds(lines), _geometries([line for _, line, _ in lines]), [name for _, _, name in lines]),
            Labels(
                _kinds(labels),
                places.astype(np.int32),
                np.array([radius * STEP for _, _, radius, _ in labels], dtype=np.int32),
                [name for _, _, _, name in labels],
            ),
        )
    )


def make_town(names: Sequence[str] = ("Bulevardi", "Annankatu")) -> Sheet:
    """Lay out a town: a grid of streets, a lake, a park with a name, houses with numbers."""
    streets = [(Kind.STREET, line((0, row), (SIDE, row)), names[row // 4 % len(names)]) for row in range(2, SIDE, 4)]
    avenues = [(Kind.PRIMARY, line((column, 0), (column, SIDE)), names[0]) for column in range(3, SIDE, 16)]
    houses = [
        (Kind.BUILDING, polygon((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)))
        for x in range(4, SIDE, 4)
        for y in range(4, SIDE, 4)
    ]
    lake = (Kind.WATER, polygon((20, 20), (29, 20), (29, 27), (20, 27)))
    park = (Kind.GREEN, polygon((40, 40), (48, 40), (48, 47), (40, 47)))
    numbers = [(Kind.HOUSE, (x + 0.5, y + 0.5), 0.0, str(x)) for x in range(4, SIDE, 4) for y in range(4, SIDE, 4)]
    return make_sheet(
        [park, lake, *houses],
        [*streets, *avenues],
        [(Kind.GREEN, (44, 43.5), 3.5, names[-1]), (Kind.PLACE, (32, 32), 20.0, names[0]), *numbers],
    )


def _kinds(rows: Sequence[tuple[Kind, *tuple[object, ...]]]) -> np.ndarray:
    return np.array([row[0] for row in rows], dtype=np.uint8)


def _geometries(geometries: Sequence[shapely.Geometry]) -> np.ndarray:
    return np.array([*geometries, None], dtype=object)[:-1]
