"""From roads to a graph: the largest part from where everything can be reached, without spare nodes."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from atlas import pack, projection
from atlas.building.network import Network, Road
from atlas.building.roads import Use

logger = logging.getLogger(__name__)

# What crossing, turning and looking costs at a junction without signs, by who has to give way.
GIVING_WAY_SECONDS = 5.0
AMONG_EQUALS_SECONDS = 3.0
WITH_PRIORITY_SECONDS = 1.0
FREE_FLOW_RANK = 6
STREET_RANK = 2

SIMPLIFIED_MILLIONTHS = 9.0  # about a metre, which is what a map of a street is good for
LEAST_JUNCTIONS = 10
USUAL_SHARE = 0.8  # of the roads that are connected; an extract with less has islands, or was cut badly


class Unusable(Exception):
    """An extract from which no useful area can be built; the text says why, for a person."""


class _Edges(NamedTuple):
    """Roads cut at junctions, with the number of the junction at either end."""

    roads: list[Road]
    tails: NDArray[np.int32]
    heads: NDArray[np.int32]


def build(network: Network) -> pack.Arrays:
    """Build the arrays of the part ``streets``, which ``atlas.streets`` describes.

    Where much of the roads is left out, the log says so. Raises ``Unusable`` where there are no roads, or none that
    lead anywhere and back.
    """
    if not network.roads:
        raise Unusable("there is no road in it that a van may use (within the bounds)")
    pieces = _cut_at_junctions(network.roads)
    connected = _largest_connected_part(pieces)
    edges = _number(_join(connected))
    junctions = junction_count(edges.tails, edges.heads)
    if junctions < LEAST_JUNCTIONS:
        raise Unusable(
            f"of its {len(network.roads)} pieces of road the largest part in which every place can "
            f"be reached from every other has {junctions} junctions; {LEAST_JUNCTIONS} are needed"
        )
    if len(connected) < USUAL_SHARE * len(pieces):
        logger.warning("Only %d of %d pieces of road lead everywhere and back.", len(connected), len(pieces))
    return _arrays(edges, network)


def junction_count(tails: NDArray[np.int32], heads: NDArray[np.int32]) -> int:
    """Count the places where edges meet or end."""
    return len(np.union1d(tails, heads))


def _cut_at_junctions(roads: list[Road]) -> list[Road]:
    """Cut roads wherever one ends, crosses another or comes back to itself."""
    uses = Counter(node for road in roads for node in road.nodes)
    uses.update(node for road in roads for node in (road.nodes[0], road.nodes[-1]))
    cut = []
    for road in roads:
        start = 0
        for index in range(1, len(road.nodes)):
            if uses[road.nodes[index]] > 1:
                cut.append(Road(road.use, road.nodes[start : index + 1]))
                start = index
    return cut


def _largest_connected_part(roads: list[Road]) -> list[Road]:
    """Keep the roads among which one can drive from each to each: no island, trap or cut-off end."""
    edges = _number(roads)
    arcs = [
        (tail, head)
        for road, tail, head in zip(roads, edges.tails, edges.heads, strict=True)
        for allowed, tail, head in (
            (road.use.forward_kmh, tail, head),
            (road.use.backward_kmh, head, tail),
        )
        if allowed
    ]
    tails, heads = np.array(arcs, dtype=np.int32).T
    size = int(max(edges.tails.max(), edges.heads.max())) + 1
    matrix = sparse.csr_array((np.ones(len(arcs), np.int8), (tails, heads)), shape=(size, size))
    _, labels = sparse.csgraph.connected_components(matrix, connection="strong")
    largest = np.bincount(labels).argmax()
    inside = (labels[edges.tails] == largest) & (labels[edges.heads] == largest)
    return [road for road, is_inside in zip(roads, inside, strict=True) if is_inside]


def _number(roads: list[Road]) -> _Edges:
    """Give each end of a road a number, in the order in which they are first met."""
    numbers: dict[int, int] = {}
    ends = [numbers.setdefault(node, len(numbers)) for road in roads for node in (road.nodes[0], road.nodes[-1])]
    pairs = np.array(ends, dtype=np.int32).reshape(-1, 2)
    return _Edges(roads, pairs[:, 0], pairs[:, 1])


def _join(roads: list[Road]) -> list[Road]:
    """Join two roads into one where they alone meet and a driver would not notice."""
    at: defaultdict[int, list[int]] = defaultdict(list)
    for index, road in enumerate(roads):
        at[road.nodes[0]].append(index)
        at[road.nodes[-1]].append(index)
    joined = dict(enumerate(roads))
    for node, indexes in at.items():
        if len(indexes) != 2 or indexes[0] == indexes[1]:
            continue
        kept, spent = indexes
        first, second = _ending_at(joined[kept], node), _starting_at(joined[spent], node)
        if first.use != second.use:
            continue
        joined[kept] = Road(first.use, first.nodes + second.nodes[1:])
        del joined[spent]
        end = at[second.nodes[-1]]
        end[end.index(spent)] = kept
    return list(joined.values())


def _ending_at(road: Road, node: int) -> Road:
    return road if road.nodes[-1] == node else _reversed(road)


def _starting_at(road: Road, node: int) -> Road:
    return road if road.nodes[0] == node else _reversed(road)


def _reversed(road: Road) -> Road:
    use = road.use._replace(forward_kmh=road.use.backward_kmh, backward_kmh=road.use.forward_kmh)
    return Road(use, road.nodes[::-1])


def _arrays(edges: _Edges, network: Network) -> pack.Arrays:
    lines = [_line(road, network) for road in edges.roads]
    names = sorted({road.use.name for road in edges.roads})
    numbers = {name: index for index, name in enumerate(names)}
    costs = _costs(edges, network)
    uses = [road.use for road in edges.roads]
    return {
        "points": np.concatenate(lines).astype(np.int32),
        "point_counts": np.array([len(line) for line in lines], dtype=np.uint32),
        "tails": edges.tails,
        "heads": edges.heads,
        "names": np.array([numbers[use.name] for use in uses], dtype=np.uint32),
        "forward_kmh": _tenths(use.forward_kmh for use in uses),
        "backward_kmh": _tenths(use.backward_kmh for use in uses),
        "forward_cost": _tenths(forward for forward, _ in costs),
        "backward_cost": _tenths(backward for _, backward in costs),
        "name_texts": pack.from_strings(names),
    }


def _line(road: Road, network: Network) -> NDArray[np.float64]:
    places = np.array([network.places[node] for node in road.nodes], dtype=np.float64)
    line = shapely.simplify(shapely.LineString(places), SIMPLIFIED_MILLIONTHS)
    return np.asarray(shapely.get_coordinates(line))


def _tenths(values: Iterable[float]) -> NDArray[np.uint16]:
    return np.array([round(10 * value) for value in values], dtype=np.uint16)


def _costs(edges: _Edges, network: Network) -> list[tuple[float, float]]:
    """Say what reaching the far end of each road costs in seconds: (forward, backward)."""
    arms: defaultdict[int, list[int]] = defaultdict(list)
    for road in edges.roads:
        arms[road.nodes[0]].append(road.use.rank)
        arms[road.nodes[-1]].append(road.use.rank)
    return [
        (
            _cost(road.use, road.nodes, arms, network),
            _cost(road.use, road.nodes[::-1], arms, network),
        )
        for road in edges.roads
    ]


def _cost(use: Use, nodes: list[int], arms: dict[int, list[int]], network: Network) -> float:
    """Charge the dearest sign or signal of those for the far end, or else the junction there itself."""
    control = max(_controls(nodes, network), default=0.0)
    if control:
        return control
    others = arms[nodes[-1]].copy()
    others.remove(use.rank)
    streets = [rank for rank in others if rank >= STREET_RANK]
    if len(streets) < 2 or use.rank >= FREE_FLOW_RANK:
        return 0.0
    if use.rank in streets:
        streets.remove(use.rank)  # the same road, straight on
    highest = max(streets)
    if highest > use.rank:
        return GIVING_WAY_SECONDS
    return AMONG_EQUALS_SECONDS if highest == use.rank else WITH_PRIORITY_SECONDS


def _controls(nodes: list[int], network: Network) -> Iterator[float]:
    """Yield what signs and signals cost those who come along: they stand at the junction they are for, or before it.

    One nearer to the other end speaks to those who come the other way.
    """
    start, end = network.places[nodes[0]], network.places[nodes[-1]]
    for node in nodes[1:]:
        if node in network.control_seconds:
            place = network.places[node]
            if _flight_m(place, end) <= _flight_m(place, start):
                yield network.control_seconds[node]


def _flight_m(place: tuple[int, int], other: tuple[int, int]) -> float:
    return float(projection.distance_m(*(millionths / 1e6 for millionths in (*place, *other))))
