"""The sea, from the coastline: OpenStreetMap draws it with the land on the left and the water on the right.

What does not add up is refused with the place, because a flooded city is worse than no map.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely

from atlas import projection
from atlas.building.shapes import borders, chains
from atlas.building.shapes.borders import LooseEnd, WrongWay
from atlas.building.shapes.chains import Chain
from atlas.drawing import shapes
from atlas.drawing.shapes import Box

REACH_M = 500.0  # a cut coastline ends at its last node inside, which is rarely farther from the edge


class BadCoastline(Exception):
    """A coastline from which one cannot tell the land from the sea; the text says where and why."""


def sea(ways: Sequence[Chain], box: Box) -> shapely.Geometry:
    """Assemble coastline ways into the part of the box that is sea, as one geometry.

    Lines that cross the box divide it. A closed ring has the other side within, whichever way it
    runs; where only rings tell, the largest one's direction does: an island has the sea around it. Without
    any coastline there is no sea. Raises ``BadCoastline`` where ways meet head to head, stop inside
    the box, or do not leave the water on the right.
    """
    _require_one_direction(ways, box)
    joined = [borders.bridged(chain, box) for chain in chains.join(_without_repeats(ways), may_turn=False)]
    rings = [chain for chain in joined if chain.is_closed and chain.is_known]
    crossing = [chain.turned for chain in joined if not (chain.is_closed and chain.is_known)]
    reach = REACH_M * shapes.units_per_m(box)
    try:
        runs = [run for chain in crossing for run in borders.runs(chain, box, reach=reach)]
        basins = [borders.polygon(ring) for ring in borders.close(runs, box)]
    except LooseEnd as problem:
        raise BadCoastline(
            f"the coastline stops at {_degrees(problem.point)}, in the middle of the area: "
            "cut the extract with complete ways, or choose bounds on this side of that point"
        ) from problem
    except WrongWay as problem:
        raise BadCoastline(
            f"the coastline near {_degrees(problem.point)} runs the wrong way: the water must be on its right"
        ) from problem
    surroundings = shapely.union_all(basins) if basins else _around(rings, box)
    islands = shapely.build_area(shapely.union_all([shapely.LinearRing(ring.points) for ring in rings]))
    return shapely.symmetric_difference(surroundings, shapely.intersection(islands, shapely.box(*box)))


def _around(rings: Sequence[Chain], box: Box) -> shapely.Geometry:
    """Say what is around rings that no other line explains: the whole box is sea, or none of it."""
    areas = [chains.signed_area(ring.points) for ring in rings]
    has_sea_around = bool(areas) and max(areas, key=abs) > 0
    return shapely.box(*box) if has_sea_around else shapely.Polygon()


def _without_repeats(ways: Sequence[Chain]) -> list[Chain]:
    """Drop ways of the same nodes as an earlier one."""
    return list({tuple(way.nodes.tolist()): way for way in ways}.values())


def _require_one_direction(ways: Sequence[Chain], box: Box) -> None:
    """Raise ``BadCoastline`` where two different ways begin, or two end, at a node in the box."""
    open_ways = [way for way in _without_repeats(ways) if way.nodes[0] != way.nodes[-1]]
    for end, does in ((0, "begin"), (-1, "end")):
        uses = Counter(int(way.nodes[end]) for way in open_ways)
        places = {int(way.nodes[end]): way.points[end].tolist() for way in open_ways}
        for node in _within(box, [node for node, count in uses.items() if count > 1], places):
            raise BadCoastline(
                f"two coastline ways {does} at node {node} ({_degrees(places[node])}): one of them runs the wrong way"
            )


def _within(box: Box, nodes: Sequence[int], places: Mapping[int, Sequence[float]]) -> Iterator[int]:
    for node in nodes:
        x, y = places[node]
        if box.left <= x <= box.right and box.bottom <= y <= box.top:
            yield node


def _degrees(point: Sequence[float]) -> str:
    latitude, longitude = projection.from_mercator(shapes.to_unit(np.array(point)))
    return f"{latitude:.5f}, {longitude:.5f}"
