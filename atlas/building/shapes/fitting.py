"""From what an extract says to what a pack keeps: cut to the box, joined, simplified, in whole units."""

import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from atlas.building.shapes.extract import Feature, Place, Sketch
from atlas.drawing import shapes
from atlas.drawing.shapes import Areas, Box, Geometries, Kind, Labels, Lines
from atlas.projection import Floats

# How far a drawn outline may be from the true one. At zoom 18 a pixel is 0.3 to 0.6 m.
AREA_TOLERANCE_M = 0.7
BUILDING_TOLERANCE_M = 0.4
LINE_TOLERANCE_M = 0.5
SMALLEST_AREA_M2 = 15.0

_BAND_BITS = 14
_NAMED_AREAS = (Kind.GREEN, Kind.WOOD, Kind.WATER, Kind.SQUARE)


def on_world(features: Sequence[Feature], box: Box) -> list[Feature]:
    """Take features from degrees to the world, make them valid and cut them to the box."""
    geometries = shapely.transform(_array(feature.geometry for feature in features), _degrees_to_world)
    broken = ~shapely.is_valid(geometries)
    geometries[broken] = shapely.make_valid(geometries[broken])
    return cut(
        [feature._replace(geometry=geometry) for feature, geometry in zip(features, geometries, strict=True)], box
    )


def cut(features: Sequence[Feature], box: Box) -> list[Feature]:
    """Cut features to the box, and leave out what lies outside."""
    frame = shapely.box(*box)
    shapely.prepare(frame)
    geometries = _array(feature.geometry for feature in features)
    crossing = ~shapely.contains_properly(frame, geometries)
    geometries[crossing] = shapely.intersection(geometries[crossing], frame)
    return [
        feature._replace(geometry=geometry)
        for feature, geometry in zip(features, geometries, strict=True)
        if not geometry.is_empty
    ]


def areas(features: Sequence[Feature], box: Box) -> Areas:
    """Join areas of a kind, but for buildings, and bring them into the form of the pack."""
    metre = shapes.units_per_m(box)
    kinds, polygons = [], []
    for kind, group in _by_kind(features):
        geometries = _array(feature.geometry for feature in group)
        if kind != Kind.BUILDING:
            geometries = _array([shapely.union_all(geometries)])
        tolerance = (BUILDING_TOLERANCE_M if kind == Kind.BUILDING else AREA_TOLERANCE_M) * metre
        simple = shapely.simplify(_parts(geometries, shapely.GeometryType.POLYGON), tolerance)
        rounded = _parts(shapely.set_precision(simple, 1.0), shapely.GeometryType.POLYGON)
        large = _in_order(rounded[shapely.area(rounded) > SMALLEST_AREA_M2 * metre**2])
        polygons.append(large)
        kinds.append(np.full(len(large), kind, dtype=np.uint8))
    return Areas(np.concatenate([np.empty(0, np.uint8), *kinds]), _joined(polygons))


def lines(features: Sequence[Feature], box: Box) -> Lines:
    """Join lines of a kind and a name where they meet, and bring them into the form of the pack."""
    tolerance = LINE_TOLERANCE_M * shapes.units_per_m(box)
    kinds: list[NDArray[np.uint8]] = []
    geometries: list[Geometries] = []
    names: list[str] = []
    by_name = operator.itemgetter(0, 1)
    for (kind, name), group in itertools.groupby(sorted(features, key=by_name), key=by_name):
        pieces = _parts(_array(feature.geometry for feature in group), shapely.GeometryType.LINESTRING)
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces)))
        rounded = shapely.transform(shapely.simplify(merged, tolerance), np.rint)
        long = _in_order(rounded[shapely.length(rounded) > tolerance])
        geometries.append(shapely.remove_repeated_points(long))
        kinds.append(np.full(len(long), kind, dtype=np.uint8))
        names += [name] * len(long)
    return Lines(np.concatenate([np.empty(0, np.uint8), *kinds]), _joined(geometries), names)


def labels(sketch: Sketch, named: Iterable[Feature], box: Box) -> Labels:
    """Say where the names of places, waters, parks and squares go, and the numbers of houses.

    Areas have their name where they are widest.
    """
    metre = shapes.units_per_m(box)
    found = [*_places(sketch.places, metre), *_houses(sketch.houses)]
    for feature in named:
        if feature.name and feature.kind in _NAMED_AREAS:
            found += [_Spot(feature.kind, feature.name, *spot) for spot in _widest(feature.geometry, tolerance=metre)]
    found = [spot for spot in found if box.left <= spot.x <= box.right and box.bottom <= spot.y <= box.top]
    numbers = np.rint(np.array([spot[2:] for spot in found], dtype=np.float64).reshape(-1, 3)).astype(np.int32)
    kinds = np.array([spot.kind for spot in found], dtype=np.uint8)
    order = np.lexsort((numbers[:, 1], numbers[:, 0], numbers[:, 1] >> _BAND_BITS, kinds))
    return Labels(kinds[order], numbers[order, :2], numbers[order, 2], [found[place].name for place in order])


class _Spot(NamedTuple):
    kind: Kind
    name: str
    x: float
    y: float
    radius: float


def _places(places: Iterable[Place], metre: float) -> Iterator[_Spot]:
    for place in places:
        x, y = shapes.to_world(place.latitude, place.longitude).tolist()
        yield _Spot(place.kind, place.name, x, y, place.radius_m * metre)


def _houses(houses: Mapping[tuple[str, str], shapely.Geometry]) -> Iterator[_Spot]:
    middles = shapely.get_coordinates(shapely.point_on_surface(_array(houses.values())))
    for (_, number), (x, y) in zip(houses, _degrees_to_world(middles).tolist(), strict=True):
        yield _Spot(Kind.HOUSE, number, x, y, 0.0)


def _widest(area: shapely.Geometry, *, tolerance: float) -> Iterator[tuple[float, float, float]]:
    """Find the largest circle within an area: its centre and its radius. An area of no width has none."""
    polygons = _parts(_array([area]), shapely.GeometryType.POLYGON)
    if len(polygons):
        circle = shapely.maximum_inscribed_circle(max(polygons, key=shapely.area), tolerance=tolerance)
        yield (*shapely.get_coordinates(circle)[0].tolist(), circle.length)


def _degrees_to_world(points: Floats) -> Floats:
    return shapes.to_world(points[:, 1], points[:, 0])


def _array(geometries: Iterable[shapely.Geometry]) -> Geometries:
    return np.array(list(geometries), dtype=object)


def _by_kind(features: Sequence[Feature]) -> Iterable[tuple[Kind, Iterable[Feature]]]:
    kind = operator.itemgetter(0)
    return itertools.groupby(sorted(features, key=kind), key=kind)


def _parts(geometries: Geometries, sort: int) -> Geometries:
    """Take collections apart and keep the parts of one sort."""
    parts = shapely.get_parts(shapely.get_parts(geometries))
    wanted = (shapely.get_type_id(parts) == sort) & ~shapely.is_empty(parts)
    chosen: Geometries = parts[wanted]
    return chosen


def _in_order(geometries: Geometries) -> Geometries:
    """Sort by place, in bands from the south to the north: neighbours together take less room in a pack."""
    left, bottom, *_ = shapely.bounds(geometries).T.reshape(4, -1)
    order = np.lexsort((bottom, left, bottom // (1 << _BAND_BITS)))
    ordered: Geometries = geometries[order]
    return ordered


def _joined(groups: Sequence[Geometries]) -> Geometries:
    return np.concatenate([np.empty(0, dtype=object), *groups])
