"""The whole way from an extract to an area pack."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

import osmium

from atlas import addresses, pack
from atlas.building import doors, graph, network, shapes
from atlas.building.graph import Unusable
from atlas.building.shapes import BadCoastline
from atlas.drawing import ATTRIBUTION
from atlas.pack import Arrays
from atlas.projection import Bounds

LICENCE = "ODbL-1.0"
_MARGIN_DEGREES = 0.001  # around the outermost roads: some 100 m


class Summary(NamedTuple):
    """What went into a pack."""

    bounds: Bounds
    edges: int
    junctions: int
    doors: int
    streets: int
    size: int


def build(extract: Path, out: Path, *, name: str, bounds: Bounds | None = None) -> Summary:
    """Build an area pack from an OpenStreetMap extract, in place of one that is there.

    Without bounds the area is what the extract says it covers, or else where its roads are. The same
    extract, name and bounds give the same bytes. Raises ``Unusable`` with the reason where no useful
    area can be built, and ``OSError`` where the pack cannot be written; what was there then stays.
    """
    try:
        return _build(extract, out, name, bounds)
    except BadCoastline as problem:
        raise Unusable(str(problem)) from problem
    except sqlite3.OperationalError as problem:
        raise Unusable(f"it cannot be written ({problem})") from problem
    except (RuntimeError, osmium.InvalidLocationError, UnicodeDecodeError) as problem:  # what osmium says of bad files
        raise Unusable(f"it cannot be read ({problem})") from problem


def _build(extract: Path, out: Path, name: str, wanted: Bounds | None) -> Summary:
    with pack.Writer(out) as writer:
        streets = graph.build(network.read(extract, wanted))
        header = osmium.FileProcessor(extract).header
        bounds = wanted or _bounds_said(header) or _bounds_around(streets)
        found = doors.read(extract, bounds)
        drawn = shapes.read(extract, bounds)
        writer.put_meta(
            name=name,
            bounds=",".join(map(str, bounds)),
            attribution=ATTRIBUTION,
            licence=LICENCE,
            as_of=header.get("osmosis_replication_timestamp"),
        )
        writer.put("streets", **streets)
        writer.put("shapes", **drawn.to_arrays())
        addresses.write(writer, found.doors, found.streets)
    edges, junctions = len(streets["tails"]), graph.junction_count(streets["tails"], streets["heads"])
    return Summary(bounds, edges, junctions, len(found.doors), len(found.streets), out.stat().st_size)


def _bounds_said(header: osmium.io.Header) -> Bounds | None:
    box = header.box()
    if not box.valid():
        return None
    bounds = Bounds(box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    return bounds if bounds.is_valid else None


def _bounds_around(streets: Arrays) -> Bounds:
    south, west = (streets["points"].min(axis=0) / 1e6 - _MARGIN_DEGREES).tolist()
    north, east = (streets["points"].max(axis=0) / 1e6 + _MARGIN_DEGREES).tolist()
    return Bounds(*(round(degrees, 6) for degrees in (west, south, east, north)))
