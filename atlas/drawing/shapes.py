"""What there is to draw of an area, and how a pack keeps it.

Places are whole numbers on a square world of ``WORLD`` units a side, in Web Mercator: x grows to the
east and y to the north, so that left and right mean on paper what they mean in OpenStreetMap. A unit
is a quarter of a pixel at zoom 19, some 7 cm at the equator.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from atlas import pack, projection
from atlas.pack import Arrays, BadPack
from atlas.projection import Bounds, Floats

WORLD = 1 << 29

Geometries = NDArray[Any]  # shapely's, one an element


class Kind(IntEnum):
    """What a shape is. The order is the order of drawing: later ones lie on top."""

    GREEN = 1
    WOOD = 2
    PITCH = 3
    SAND = 4
    WATER = 5
    PIER = 6
    SQUARE = 7
    BUILDING = 8
    STREAM = 20
    RIVER = 21
    TUNNEL = 22
    RAIL = 23
    PATH = 24
    SERVICE = 25
    STREET = 26
    TERTIARY = 27
    SECONDARY = 28
    PRIMARY = 29
    MOTORWAY_LINK = 30
    MOTORWAY = 31
    PLACE = 40
    HOUSE = 41


AREA_KINDS = [kind for kind in Kind if kind <= Kind.BUILDING]
LINE_KINDS = [kind for kind in Kind if Kind.STREAM <= kind <= Kind.MOTORWAY]
LABEL_KINDS = [*AREA_KINDS, Kind.PLACE, Kind.HOUSE]


class Box(NamedTuple):
    """A rectangle on the world."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    def grown(self, margin: float) -> "Box":
        """Give the box with a margin on every side; a negative one makes it smaller."""
        return Box(self.left - margin, self.bottom - margin, self.right + margin, self.top + margin)

    def common(self, other: "Box") -> "Box":
        """Give what lies in both; only for boxes that meet."""
        return Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    def meets(self, other: "Box") -> bool:
        """Tell whether the two have more than an edge in common."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


class Areas(NamedTuple):
    """Polygons without names, in the order of drawing."""

    kinds: NDArray[np.uint8]
    geometries: Geometries


class Lines(NamedTuple):
    """Lines, in the order of drawing; the name of one that has none is empty."""

    kinds: NDArray[np.uint8]
    geometries: Geometries
    names: list[str]


class Labels(NamedTuple):
    """Names of places and of areas: where, and the radius of the circle that the thing has around there."""

    kinds: NDArray[np.uint8]
    points: NDArray[np.int32]
    radii: NDArray[np.int32]
    names: list[str]

    def within(self, box: Box, kinds: Sequence[Kind]) -> list[int]:
        """List which ones of these kinds lie in the box."""
        x, y = self.points.T
        inside = (x > box.left) & (x < box.right) & (y > box.bottom) & (y < box.top)
        found: list[int] = np.flatnonzero(inside & np.isin(self.kinds, kinds)).tolist()
        return found


@dataclass(frozen=True, slots=True)
class Shapes:
    """Everything there is to draw of one area; nothing of it lies outside the box."""

    box: Box
    areas: Areas
    lines: Lines
    labels: Labels

    def to_arrays(self) -> Arrays:
        """Turn the shapes into the arrays of a pack."""
        rings, ring_owners = shapely.get_rings(self.areas.geometries, return_index=True)
        area_points, point_owners = shapely.get_coordinates(rings, return_index=True)
        line_points, line_owners = shapely.get_coordinates(self.lines.geometries, return_index=True)
        names = sorted({*self.lines.names, *self.labels.names})
        places = {name: place for place, name in enumerate(names)}
        return {
            "box": np.array(self.box, dtype=np.int32),
            "names": pack.from_strings(names),
            "area_kinds": self.areas.kinds,
            "area_polygons": _offsets_of(ring_owners, len(self.areas.geometries)),
            "area_rings": _offsets_of(point_owners, len(rings)),
            "area_points": area_points.astype(np.int32),
            "line_kinds": self.lines.kinds,
            "line_names": np.array([places[name] for name in self.lines.names], dtype=np.uint32),
            "lines": _offsets_of(line_owners, len(self.lines.geometries)),
            "line_points": line_points.astype(np.int32),
            "label_kinds": self.labels.kinds,
            "label_names": np.array([places[name] for name in self.labels.names], dtype=np.uint32),
            "label_points": self.labels.points,
            "label_radii": self.labels.radii,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Shapes":
        """Read the shapes from the arrays of a pack.

        Raises ``BadPack`` where the arrays do not fit one another.
        """
        try:
            names = pack.to_strings(arrays["names"])
            polygons = shapely.from_ragged_array(
                shapely.GeometryType.POLYGON,
                arrays["area_points"].reshape(-1, 2).astype(np.float64),
                (_offsets(arrays["area_rings"]), _offsets(arrays["area_polygons"])),
            )
            lines = shapely.from_ragged_array(
                shapely.GeometryType.LINESTRING,
                arrays["line_points"].reshape(-1, 2).astype(np.float64),
                (_offsets(arrays["lines"]),),
            )
            shapes = cls(
                Box(*arrays["box"].tolist()),
                Areas(arrays["area_kinds"], polygons),
                Lines(arrays["line_kinds"], lines, [names[i] for i in arrays["line_names"]]),
                Labels(
                    arrays["label_kinds"],
                    arrays["label_points"],
                    arrays["label_radii"],
                    [names[i] for i in arrays["label_names"]],
                ),
            )
            shapes._require_order()
        except (KeyError, IndexError, TypeError, ValueError, shapely.GEOSException) as problem:
            raise BadPack(f"the shapes do not fit together ({problem})") from problem
        return shapes

    def _require_order(self) -> None:
        """Raise ``ValueError`` where a kind is unknown, or one thing has more columns than another."""
        for part, kinds in ((self.areas, AREA_KINDS), (self.lines, LINE_KINDS), (self.labels, LABEL_KINDS)):
            if not np.isin(part.kinds, kinds).all():
                raise ValueError("there is a kind that is unknown")
            if len({len(column) for column in part}) != 1:
                raise ValueError("kinds, places and names differ in number")
        if self.labels.points.shape[1:] != (2,) or self.labels.radii.ndim != 1:
            raise ValueError("labels have no places")


def to_world(latitude: ArrayLike, longitude: ArrayLike) -> Floats:
    """Turn degrees into places on the world, one row of (x, y) a point."""
    return from_unit(projection.to_mercator(latitude, longitude))


def from_unit(points: Floats) -> Floats:
    """Turn rows of Web Mercator's unit square, whose y grows to the south, into places on the world."""
    return np.stack([points[..., 0] * WORLD, (1 - points[..., 1]) * WORLD], axis=-1)


def to_unit(points: Floats) -> Floats:
    """Turn places on the world into rows of Web Mercator's unit square."""
    return np.stack([points[..., 0] / WORLD, 1 - points[..., 1] / WORLD], axis=-1)


def units_per_m(box: Box) -> float:
    """Say how many units of the world a metre is in the middle of a box."""
    middle = np.array([(box.left + box.right) / 2, (box.bottom + box.top) / 2])
    latitude = float(projection.from_mercator(to_unit(middle))[0])
    return WORLD / (2 * math.pi * projection.EARTH_RADIUS_M * math.cos(math.radians(latitude)))


def box_of(bounds: Bounds) -> Box:
    """Give the box on the world that has these bounds, rounded to whole units."""
    corners = np.rint(to_world([bounds.south, bounds.north], [bounds.west, bounds.east]))
    return Box(*corners.ravel().tolist())


def _offsets_of(owners: NDArray[np.int64], count: int) -> NDArray[np.uint32]:
    """Say where the parts of each owner begin, and at last where they end; the owners come in order."""
    return np.searchsorted(owners, np.arange(count + 1)).astype(np.uint32)


def _offsets(array: NDArray[Any]) -> NDArray[np.int64]:
    offsets = array.astype(np.int64)
    if offsets.ndim != 1 or not len(offsets) or offsets[0] != 0 or (np.diff(offsets) < 0).any():
        raise ValueError("offsets do not rise from 0")
    return offsets
