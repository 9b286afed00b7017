"""Geometry written as SVG path data: whole numbers, relative steps, nothing that cannot be seen."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from atlas.drawing.shapes import Box, Geometries
from atlas.projection import Floats


class Frame(NamedTuple):
    """The sheet of paper: which place on the world is its upper left corner, and how many steps a unit is.

    Neighbouring frames of one scale whose corners are whole steps apart agree in every point.
    """

    left: float
    top: float
    scale: float

    def to_paper(self, points: Floats) -> NDArray[np.int64]:
        """Turn places on the world into whole steps to the right and downwards."""
        steps = np.stack([points[..., 0] - self.left, self.top - points[..., 1]], axis=-1) * self.scale
        return np.floor(steps).astype(np.int64)

    def edges(self, box: Box) -> tuple[int, int, int, int]:
        """Say where a box lies on paper: left, top, right, bottom."""
        (left, top), (right, bottom) = self.to_paper(np.array([[box.left, box.top], [box.right, box.bottom]])).tolist()
        return left, top, right, bottom


def outlines(areas: Geometries, frame: Frame) -> str:
    """Write the rings of polygons, holes included: fill them by the even-odd or the non-zero rule alike."""
    polygons = shapely.get_parts(areas)
    polygons = polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]
    rings = shapely.get_rings(shapely.orient_polygons(polygons))
    return _written(rings, frame, fewest=4, end="z")


def strokes(lines: Geometries, frame: Frame) -> str:
    """Write lines."""
    parts = shapely.get_parts(lines)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    return _written(parts, frame, fewest=2, end="")


def _written(lines: Geometries, frame: Frame, *, fewest: int, end: str) -> str:
    """Write lines of points, leaving out repeated points and what shrinks to fewer than the fewest."""
    points, owners = shapely.get_coordinates(lines, return_index=True)
    steps = frame.to_paper(points)
    repeated = np.zeros(len(steps), dtype=bool)
    repeated[1:] = (owners[1:] == owners[:-1]) & (steps[1:] == steps[:-1]).all(axis=1)
    steps, owners = steps[~repeated], owners[~repeated]
    moves = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    numbers = list(map(str, moves.ravel().tolist()))
    corners = steps[starts].tolist()
    ends = [*starts.tolist(), len(steps)][1:]
    closing = 1 if end else 0
    return "".join(
        f"M{x} {y}l{' '.join(numbers[2 * start + 2 : 2 * (stop - closing)])}{end}".replace(" -", "-")
        for start, stop, (x, y) in zip(starts.tolist(), ends, corners, strict=True)
        if stop - start >= fewest
    )
