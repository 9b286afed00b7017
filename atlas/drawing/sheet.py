"""One area, laid out for drawing: at every zoom only what can be seen there, found by place."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from atlas.drawing.shapes import WORLD, Box, Geometries, Kind, Shapes

PIXELS_PER_TILE = 256
FINEST = 17  # from here on everything a pack holds is shown as it is

# From which zoom on a kind is shown, and how many square pixels an area must have there.
SHOWN_FROM = {
    Kind.GREEN: 10, Kind.WOOD: 9, Kind.PITCH: 15, Kind.SAND: 12, Kind.WATER: 0, Kind.PIER: 13, Kind.SQUARE: 14,
    Kind.BUILDING: 14, Kind.STREAM: 14, Kind.RIVER: 10, Kind.TUNNEL: 13, Kind.RAIL: 12, Kind.PATH: 16,
    Kind.SERVICE: 15, Kind.STREET: 13, Kind.TERTIARY: 12, Kind.SECONDARY: 10, Kind.PRIMARY: 8,
    Kind.MOTORWAY_LINK: 12, Kind.MOTORWAY: 5,
}  # fmt: skip
SMALLEST_PX2 = {Kind.BUILDING: 12.0}
SMALLEST_OTHER_PX2 = 6.0
TOLERANCE_PX = 0.4


@dataclass(frozen=True, slots=True)
class Layer:
    """Geometries of one sort with their kinds and names, in the order of drawing, found by place."""

    kinds: NDArray[np.uint8]
    geometries: Geometries
    names: NDArray[np.str_]
    extents: NDArray[np.float64]
    tree: shapely.STRtree

    def within(self, box: Box, kinds: Iterable[Kind] | None = None) -> tuple[NDArray[np.intp], Geometries]:
        """Find what is in the box, cut to it: which ones, in the order of drawing, and what remains of them."""
        found = np.sort(self.tree.query(shapely.box(*box)))
        if kinds is not None:
            found = found[np.isin(self.kinds[found], list(kinds))]
        geometries = self.geometries[found]
        left, bottom, right, top = self.extents[found].T
        cut = (left < box.left) | (bottom < box.bottom) | (right > box.right) | (top > box.top)
        geometries[cut] = shapely.clip_by_rect(geometries[cut], *box)
        return found, geometries


@dataclass(frozen=True, slots=True)
class Level:
    """What can be seen of an area at one zoom."""

    areas: Layer
    lines: Layer


class Sheet:
    """The shapes of an area with a level for every zoom, made when it is first asked for and then kept."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._levels: dict[int, Level] = {}
        self._lock = threading.Lock()

    @property
    def box(self) -> Box:
        return self.shapes.box

    def level(self, zoom: int) -> Level:
        """Give what can be seen at a zoom; any thread may ask."""
        zoom = min(zoom, FINEST)
        with self._lock:
            if zoom not in self._levels:
                self._levels[zoom] = _level(self.shapes, zoom)
            return self._levels[zoom]


def units_per_pixel(zoom: float) -> float:
    """Say how many units of the world a pixel is at a zoom."""
    return float(WORLD / PIXELS_PER_TILE / 2**zoom)


def _level(shapes: Shapes, zoom: int) -> Level:
    areas, lines = shapes.areas, shapes.lines
    large = _is_shown(areas.kinds, zoom) & _is_large(shapes, zoom)
    shown = _is_shown(lines.kinds, zoom)
    outlines, strokes = areas.geometries[large], lines.geometries[shown]
    if zoom < FINEST:
        tolerance = TOLERANCE_PX * units_per_pixel(zoom)
        outlines = shapely.simplify(outlines, tolerance)
        strokes = shapely.simplify(strokes, tolerance, preserve_topology=False)  # a fifth of the time
    return Level(
        _layer(areas.kinds[large], outlines, np.full(len(outlines), "")),
        _layer(lines.kinds[shown], strokes, np.array(lines.names, dtype=np.str_)[shown]),
    )


def _is_large(shapes: Shapes, zoom: int) -> NDArray[np.bool_]:
    if zoom >= FINEST:
        return np.ones(len(shapes.areas.kinds), dtype=bool)
    smallest = np.array([SMALLEST_PX2.get(Kind(kind), SMALLEST_OTHER_PX2) for kind in shapes.areas.kinds])
    return np.asarray(shapely.area(shapes.areas.geometries) > smallest * units_per_pixel(zoom) ** 2)


def _is_shown(kinds: NDArray[np.uint8], zoom: int) -> NDArray[np.bool_]:
    return np.isin(kinds, [kind for kind, since in SHOWN_FROM.items() if zoom >= since])


def _layer(kinds: NDArray[np.uint8], geometries: Geometries, names: NDArray[np.str_]) -> Layer:
    return Layer(kinds, geometries, names, shapely.bounds(geometries).reshape(-1, 4), shapely.STRtree(geometries))
