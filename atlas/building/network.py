"""The roads of an extract, as they stand there: ways, their nodes, and what a van meets on them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import osmium

from atlas.building import roads
from atlas.building.roads import Use
from atlas.projection import Bounds

# What a stop costs on average, those that are met green or empty included. With these a van drives 22 km/h through San
# Francisco and 16 through central Helsinki, which is what taxis drive by day.
CONTROL_SECONDS = {"traffic_signals": 12.0, "stop": 5.0, "give_way": 3.0, "mini_roundabout": 3.0}


class Road(NamedTuple):
    """A stretch of road that a van may use, with every node of it known: (osm ids, at least two)."""

    use: Use
    nodes: list[int]


class Network(NamedTuple):
    """Roads with the places of their nodes, (latitude, longitude) in millionths of a degree."""

    roads: list[Road]
    places: dict[int, tuple[int, int]]
    control_seconds: dict[int, float]


def read(path: Path, bounds: Bounds | None) -> Network:
    """Read the roads a van may use.

    A way is cut where one of its nodes is missing from the extract, outside the bounds or blocked by
    a barrier; what remains of it in two or more nodes stays. The order of objects does not matter.
    """
    ways = list(_drivable(path))
    places: dict[int, tuple[int, int]] = {}
    control_seconds: dict[int, float] = {}
    wanted = osmium.filter.IdFilter({node for way in ways for node in way.nodes})
    for node in osmium.FileProcessor(path, osmium.osm.NODE).with_filter(wanted):
        if not isinstance(node, osmium.osm.Node) or not _is_passable(node, bounds):
            continue
        places[node.id] = ((node.location.y + 5) // 10, (node.location.x + 5) // 10)
        if node.tags.get("highway") in CONTROL_SECONDS:
            control_seconds[node.id] = CONTROL_SECONDS[node.tags["highway"]]
    return Network([part for way in ways for part in _cut(way, places)], places, control_seconds)


def _drivable(path: Path) -> Iterator[Road]:
    for way in osmium.FileProcessor(path, osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway")):
        use = roads.use_of(dict(way.tags))
        if use is not None and isinstance(way, osmium.osm.Way):
            yield Road(use, [node.ref for node in way.nodes])


def _is_passable(node: osmium.osm.Node, bounds: Bounds | None) -> bool:
    if not node.location.valid() or roads.is_blocked(dict(node.tags)):
        return False
    return bounds is None or bounds.contains(node.location.lat, node.location.lon)


def _cut(way: Road, places: dict[int, tuple[int, int]]) -> Iterator[Road]:
    """Split a way where a node is unknown, and leave out nodes that repeat the one before."""
    part: list[int] = []
    for node in [*way.nodes, -1]:
        if node in places:
            if not part or part[-1] != node:
                part.append(node)
            continue
        if len(part) > 1:
            yield Road(way.use, part)
        part = []
