"""Small OpenStreetMap extracts for tests: towns on a grid, written as real files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import osmium
from osmium.osm import mutable

from atlas.projection import Bounds

STEP = 0.001
"""Degrees from one node of the grid to the next: 111 m to the north, half of that to the east."""

SOUTH, WEST = 60.0, 24.0

Tags = Mapping[str, str]
Degrees = tuple[float, float]


class Node(NamedTuple):
    """A node at a place, (latitude, longitude), or not in the extract at all."""

    id: int
    place: Degrees
    tags: Tags = {}


class Way(NamedTuple):
    """A way along nodes; without other tags a street of its own name."""

    id: int
    nodes: Sequence[int]
    tags: Tags


class Relation(NamedTuple):
    """A relation of ways, each with its role."""

    id: int
    ways: Sequence[tuple[int, str]]
    tags: Tags


def write(
    path: Path,
    nodes: Iterable[Node],
    ways: Iterable[Way],
    relations: Iterable[Relation] = (),
    *,
    bounds: Bounds | None = None,
) -> Path:
    """Write an extract; its header says what it covers only if it is told."""
    header = osmium.io.Header()
    if bounds is not None:
        header.add_box(osmium.osm.Box(*bounds))
    with osmium.SimpleWriter(path, header=header) as writer:
        for node in nodes:
            latitude, longitude = node.place
            writer.add_node(mutable.Node(id=node.id, location=(longitude, latitude), tags=dict(node.tags)))
        for way in ways:
            writer.add_way(mutable.Way(id=way.id, nodes=list(way.nodes), tags=dict(way.tags)))
        for relation in relations:
            members = [("w", way, role) for way, role in relation.ways]
            writer.add_relation(mutable.Relation(id=relation.id, members=members, tags=dict(relation.tags)))
    return path


def crossing(column: int, row: int) -> int:
    """Number the node at a crossing of the grid."""
    return 100 * row + column + 1


def place(column: float, row: float) -> Degrees:
    """Say where a crossing is, or anything between."""
    return round(SOUTH + row * STEP, 7), round(WEST + column * STEP, 7)


def grid(columns: int, rows: int) -> tuple[list[Node], list[Way]]:
    """Lay out a town: rows and columns of residential streets, 30 km/h, two-way, named by their number."""
    nodes = [Node(crossing(column, row), place(column, row)) for row in range(rows) for column in range(columns)]
    street = {"highway": "residential", "maxspeed": "30"}
    ways = [
        Way(row + 1, [crossing(column, row) for column in range(columns)], {**street, "name": f"Row {row}"})
        for row in range(rows)
    ] + [
        Way(1000 + column, [crossing(column, row) for row in range(rows)], {**street, "name": f"Column {column}"})
        for column in range(columns)
    ]
    return nodes, ways
