"""The quickest ways through the street graph: Dijkstra's algorithm, in SciPy's C.

It runs over arcs from node to node. The places where ways begin are nodes of their own for the time of one search;
where they end is looked up afterwards, so that one tree of ways serves all destinations.

What a way costs is one whole number: its milliseconds, and below them its centimetres. So one search adds up both
without loss, for areas of less than 18 hours and 1,300 km, and of two ways as quick as each other the shorter wins.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from atlas.pack import BadPack
from atlas.projection import Floats
from atlas.streets.graph import Ends, Graph, Integers, Snaps, seconds_for

_MILLISECOND = float(1 << 27)  # in centimetres, of which no way has as many
_WITHIN_EDGE = 2  # how a way ends, beside past the tail (0) or the head (1) of its last edge

# A search looks first as far as a slow, winding way would lead, and only then everywhere.
_SLOW_METRES_PER_SECOND = 4.0
_SLACK_SECONDS = 120.0


class Trees(NamedTuple):
    """The quickest ways from some origins, one tree a row.

    ``costs`` to each node, infinite beyond the limit of the search; ``previous`` is the node before it on the way,
    where origin k counts as node ``node_count + k``.
    """

    costs: Floats
    previous: NDArray[np.int32]


class Path(NamedTuple):
    """The edges of a way in the order in which they are driven, and whether from tail to head."""

    edges: list[int]
    is_forward: list[bool]


class Arcs:
    """The ways from a node to the next, sorted by tail and head: of several the quickest.

    Raises ``BadPack`` where they do not lead from every node to every other.
    """

    def __init__(self, graph: Graph) -> None:
        along, against = graph.ends, graph.ends[:, ::-1]
        tails, heads = along.T.ravel(), against.T.ravel()
        seconds = seconds_for(graph.lengths_m[:, None], graph.metres_per_second) + graph.cost_seconds
        costs = _costs(seconds, graph.lengths_m[:, None]).T.ravel()
        order = np.lexsort((costs, heads, tails))
        order = order[np.isfinite(costs[order])]
        keys = tails[order].astype(np.int64) * graph.node_count + heads[order]
        is_quickest = np.diff(keys, prepend=-1) > 0
        order = order[is_quickest]
        self._keys = keys[is_quickest]
        self._node_count = graph.node_count
        self._starts = np.searchsorted(tails[order], np.arange(graph.node_count + 1))
        self._heads = heads[order]
        self._costs = costs[order]
        self.edges: Integers = order % len(graph.ends)
        self.is_forward: NDArray[np.bool_] = order < len(graph.ends)
        size = (graph.node_count, graph.node_count)
        matrix = sparse.csr_array((self._costs, self._heads, self._starts), shape=size)
        if sparse.csgraph.connected_components(matrix, connection="strong", return_labels=False) != 1:
            raise BadPack("not every street can be reached from every other")

    def between(self, tails: NDArray[np.int32], heads: NDArray[np.int32]) -> Integers:
        """Find the arc from each tail to the head beside it; there must be one."""
        return np.searchsorted(self._keys, tails.astype(np.int64) * self._node_count + heads)

    def explore(self, exits: Ends, limit_seconds: float) -> Trees:
        """Find the quickest ways to all nodes within the limit, from points with these exits."""
        costs = _costs(exits.seconds, exits.lengths_m)
        is_open = np.isfinite(costs)
        last_starts = self._starts[-1] + np.cumsum(is_open.sum(axis=1))
        size = self._node_count + len(exits.nodes)
        matrix = sparse.csr_array(
            (
                np.concatenate([self._costs, costs[is_open]]),
                np.concatenate([self._heads, exits.nodes[is_open]]),
                np.concatenate([self._starts, last_starts]),
            ),
            shape=(size, size),
        )
        origins, limit = np.arange(self._node_count, size), 1000 * limit_seconds * _MILLISECOND
        return Trees(*sparse.csgraph.dijkstra(matrix, indices=origins, return_predecessors=True, limit=limit))


class Ways:
    """The quickest ways from some origins to some destinations: ``seconds`` and ``lengths_m``, a row an origin."""

    def __init__(self, graph: Graph, arcs: Arcs, origins: Snaps, destinations: Snaps) -> None:
        self._node_count = graph.node_count
        self._arcs = arcs
        self._origins, self._destinations = origins, destinations
        self._exits, self._entries = graph.exits(origins), graph.entries(destinations)
        gaps_m = np.linalg.norm(destinations.places - origins.places[:, None], axis=2)
        near_seconds = _SLACK_SECONDS + float(gaps_m.max()) / _SLOW_METRES_PER_SECOND
        self._trees = arcs.explore(self._exits, near_seconds)
        choices = self._choices(graph)
        if choices.min(axis=2).max() > 1000 * near_seconds * _MILLISECOND:
            self._trees = arcs.explore(self._exits, np.inf)
            choices = self._choices(graph)
        milliseconds, centimetres = np.divmod(choices.min(axis=2), _MILLISECOND)
        self.seconds: Floats = milliseconds / 1000
        self.lengths_m: Floats = centimetres / 100
        self._endings: Integers = choices.argmin(axis=2)

    def path(self, row: int, column: int) -> Path:
        """Follow one way back and name its edges."""
        ending = int(self._endings[row, column])
        last_edge = int(self._destinations.edges[column])
        if ending == _WITHIN_EDGE:
            gap_m = self._destinations.offsets_m[column] - self._origins.offsets_m[row]
            may_go_forward = np.isfinite(self._exits.seconds[row, 1])
            return Path([last_edge], [bool(gap_m > 0 or (gap_m == 0 and may_go_forward))])
        previous = self._trees.previous[row]
        nodes = [self._entries.nodes[column, ending]]
        while (before := previous[nodes[-1]]) < self._node_count:
            nodes.append(before)
        chain = np.array(nodes[::-1])
        exits = np.where(self._exits.nodes[row] == chain[0], self._exits.seconds[row], np.inf)
        arcs = self._arcs.between(chain[:-1], chain[1:])
        return Path(
            [int(self._origins.edges[row]), *self._arcs.edges[arcs].tolist(), last_edge],
            [bool(exits.argmin() == 1), *self._arcs.is_forward[arcs].tolist(), ending == 0],
        )

    def _choices(self, graph: Graph) -> Floats:
        """Say what each way costs by how it ends: past the tail, past the head, within the first edge."""
        past_ends = self._trees.costs[:, self._entries.nodes] + _costs(self._entries.seconds, self._entries.lengths_m)
        gaps_m = np.abs(self._destinations.offsets_m - self._origins.offsets_m[:, None])
        within_edge = _costs(graph.direct_seconds(self._origins, self._destinations), gaps_m)
        return np.concatenate([past_ends, within_edge[:, :, None]], axis=2)


def _costs(seconds: Floats, lengths_m: Floats) -> Floats:
    """Make one whole number of time and length; it stays infinite where the time is."""
    return np.rint(1000 * seconds) * _MILLISECOND + np.rint(100 * lengths_m)
