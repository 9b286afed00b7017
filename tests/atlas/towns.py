"""Towns for tests: the streets of small extracts, built and loaded as an installation would."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from atlas.building import graph, network
from atlas.pack import Pack, Writer
from atlas.streets.routing import Streets
from tests.atlas import extracts
from tests.atlas.extracts import Node, Way

STEP_NORTH_M = 111.19508
"""Metres from one row of the grid to the next."""

STREET_METRES_PER_SECOND = 24 / 3.6
"""What a van drives on a street of the grid, with its limit of 30 km/h."""


def pack_of(nodes: Iterable[Node], ways: Iterable[Way]) -> Pack:
    """Build a pack that holds the streets of these ways and nothing else."""
    with TemporaryDirectory() as folder:
        extract = extracts.write(Path(folder, "town.osm.pbf"), nodes, ways)
        with Writer(Path(folder, "town.area")) as writer:
            writer.put("streets", **graph.build(network.read(extract, None)))
        return Pack(Path(folder, "town.area"))


def streets_of(nodes: Iterable[Node], ways: Iterable[Way]) -> Streets:
    """Build the streets of these ways."""
    return Streets(pack_of(nodes, ways))


def tagged(ways: Iterable[Way], name: str, **tags: str) -> list[Way]:
    """Give the ways of a name more tags."""
    return [way._replace(tags={**way.tags, **tags}) if way.tags.get("name") == name else way for way in ways]


def marked(nodes: Iterable[Node], node_id: int, **tags: str) -> list[Node]:
    """Give one node tags."""
    return [node._replace(tags=tags) if node.id == node_id else node for node in nodes]


def extended(ways: Iterable[Way], name: str, *new_nodes: int) -> list[Way]:
    """Put nodes into the ways of a name, after their first one."""
    return [
        way._replace(nodes=[way.nodes[0], *new_nodes, *way.nodes[1:]]) if way.tags.get("name") == name else way
        for way in ways
    ]
