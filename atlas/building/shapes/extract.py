"""What is to be drawn, as it stands in an extract: kinds, names and places, nothing cut or simplified yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import shapely
from osmium.osm.types import OSMEntity

from atlas.building.shapes import tags
from atlas.building.shapes.chains import Chain
from atlas.building.shapes.tags import Tags
from atlas.drawing import shapes
from atlas.drawing.shapes import Kind


class Outline(NamedTuple):
    """An area as a closed way or a multipolygon gives it: which ways make its rings."""

    kind: Kind
    name: str
    ways: list[int]


class Feature(NamedTuple):
    """An area or a line: its geometry is of (longitude, latitude) here, and on the world later."""

    kind: Kind
    name: str
    geometry: shapely.Geometry


class Place(NamedTuple):
    """A point with a name to show, in degrees, and how far the thing reaches around it."""

    kind: Kind
    name: str
    latitude: float
    longitude: float
    radius_m: float


@dataclass
class Sketch:
    """Areas, lines and houses in degrees; chains, which may be cut by the extract's edge, on the world.

    Houses are kept by street and number: entrances, shops and the house around them are one.
    """

    areas: list[Feature] = field(default_factory=list)
    lines: list[Feature] = field(default_factory=list)
    houses: dict[tuple[str, str], shapely.Geometry] = field(default_factory=dict)
    cut_lines: list[tuple[Kind, str, Chain]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    coastline: list[Chain] = field(default_factory=list)
    unfinished: list[tuple[Outline, list[Chain]]] = field(default_factory=list)


class _Reading:
    """One pass over an extract, filling a sketch."""

    def __init__(self) -> None:
        self.sketch = Sketch()
        self.outlines: dict[tuple[str, int], Outline] = {}
        self.assembled: set[tuple[str, int]] = set()
        self._binary = osmium.geom.WKBFactory()

    def take(self, thing: OSMEntity) -> None:
        """Note what is to be drawn of one object of the extract."""
        found = dict(thing.tags)
        if isinstance(thing, osmium.osm.Node):
            self._take_place(thing, found)
        elif isinstance(thing, osmium.osm.Way):
            self._take_way(thing, found)
        elif isinstance(thing, osmium.osm.Relation):
            self._take_multipolygon(thing, found)
        elif isinstance(thing, osmium.osm.Area):
            self._take_area(thing, found)

    def _take_place(self, node: osmium.osm.Node, found: Tags) -> None:
        if not node.location.valid():
            return
        self._take_house(found, shapely.Point(node.lon, node.lat))
        place = tags.place(found)
        if place is not None:
            kind, radius_m = place
            self.sketch.places.append(Place(kind, found["name"], node.location.lat, node.location.lon, radius_m))

    def _take_house(self, found: Tags, geometry: shapely.Geometry) -> None:
        house = tags.house(found)
        if house is not None:
            self.sketch.houses.setdefault(house, geometry)

    def _take_way(self, way: osmium.osm.Way, found: Tags) -> None:
        if len(way.nodes) < 2:
            return
        if found.get("natural") == "coastline":
            self.sketch.coastline.append(_chain(way))
        kind = tags.line_kind(found)
        if kind is not None:
            self._take_line(way, kind, found.get("name", ""))
        if way.is_closed() and (area_kind := tags.area_kind(found, is_way=True)) is not None:
            self.outlines["w", way.id] = Outline(area_kind, found.get("name", ""), [way.id])

    def _take_line(self, way: osmium.osm.Way, kind: Kind, name: str) -> None:
        try:
            line = shapely.from_wkb(self._binary.create_linestring(way))
        except osmium.InvalidLocationError:
            self.sketch.cut_lines.append((kind, name, _chain(way)))
        except RuntimeError:  # osmium's word for a line without length
            return
        else:
            self.sketch.lines.append(Feature(kind, name, line))

    def _take_multipolygon(self, relation: osmium.osm.Relation, found: Tags) -> None:
        kind = tags.area_kind(found, is_way=False)
        if found.get("type") == "multipolygon" and kind is not None:
            members = [member.ref for member in relation.members if member.type == "w"]
            self.outlines["r", relation.id] = Outline(kind, found.get("name", ""), members)

    def _take_area(self, area: osmium.osm.Area, found: Tags) -> None:
        kind = tags.area_kind(found, is_way=area.from_way())
        if kind is None:
            return
        try:
            geometry = shapely.from_wkb(self._binary.create_multipolygon(area))
        except RuntimeError:  # a geometry osmium cannot write; it is put together from its ways like a cut one
            return
        self.sketch.areas.append(Feature(kind, found.get("name", ""), geometry))
        self._take_house(found, geometry)
        self.assembled.add(("w" if area.from_way() else "r", area.orig_id()))


def read(path: Path) -> Sketch:
    """Read everything that is to be drawn; areas that osmium refuses come with the ways of their outline."""
    reading = _Reading()
    objects = osmium.FileProcessor(path).with_areas().with_filter(osmium.filter.KeyFilter(*tags.KEYS))
    for thing in objects:
        reading.take(thing)
    unfinished = [outline for key, outline in reading.outlines.items() if key not in reading.assembled]
    ways = _ways(path, {way for outline in unfinished for way in outline.ways})
    reading.sketch.unfinished = [
        (outline, [ways[way] for way in outline.ways if way in ways]) for outline in unfinished
    ]
    return reading.sketch


def _ways(path: Path, wanted: Iterable[int]) -> dict[int, Chain]:
    """Read ways by their number, in a second pass: most extracts need few of them."""
    objects = (
        osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.IdFilter(wanted))
    )
    return {way.id: _chain(way) for way in objects if isinstance(way, osmium.osm.Way) and len(way.nodes) > 1}


def _chain(way: osmium.osm.Way) -> Chain:
    places = [(node.lat, node.lon) if node.location.valid() else (np.nan, np.nan) for node in way.nodes]
    latitudes, longitudes = np.array(places, dtype=np.float64).T
    return Chain(np.array([node.ref for node in way.nodes], dtype=np.int64), shapes.to_world(latitudes, longitudes))
