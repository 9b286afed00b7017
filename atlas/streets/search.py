"""The quickest ways through the street graph: Dijkstra's algorithm, in SciPy's C.

It runs over arcs from node to node. The places where ways begin are nodes of their own for the time
of one search; where they end is looked up afterwards, so that one tree serves all destinations.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from atlas.pack import BadPack
from atlas.projection import Floats
from atlas.streets.graph import Ends, Graph, Integers, Snaps, seconds_for

_WITHIN_EDGE = 2  # how a way ends, beside past the tail (0) or the head (1) of its last edge

# A search looks first as far as a slow, winding way would lead, and only then everywhere.
_SLOW_METRES_PER_SECOND = 4.0
_SLACK_SECONDS = 120.0


class Trees(NamedTuple):
    """The quickest ways from some origins, one tree a row.

    ``seconds`` to each node, infinite beyond the limit of the search; ``previous`` is the node before
    it on the way, where origin k counts as node ``node_count + k``.
    """

    seconds: Floats
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
        seconds = seconds_for(graph.lengths_m[:, None], graph.metres_per_second)
        weights = (seconds + graph.cost_seconds).T.ravel()
        order = np.lexsort((weights, heads, tails))
        order = order[np.isfinite(weights[order])]
        keys = tails[order].astype(np.int64) * graph.node_count + heads[order]
        is_quickest = np.diff(keys, prepend=-1) > 0
        order = order[is_quickest]
        self._keys = keys[is_quickest]
        self._node_count = graph.node_count
        self._starts = np.searchsorted(tails[order], np.arange(graph.node_count + 1))
        self._heads = heads[order]
        self._seconds = weights[order]
        self.edges: Integers = order % len(graph.ends)
        self.is_forward: NDArray[np.bool_] = order < len(graph.ends)
        self.lengths_m: Floats = graph.lengths_m[self.edges]
        size = (graph.node_count, graph.node_count)
        matrix = sparse.csr_array((self._seconds, self._heads, self._starts), shape=size)
        if sparse.csgraph.connected_components(matrix, connection="strong", return_labels=False) != 1:
            raise BadPack("not every street can be reached from every other")

    def between(self, tails: NDArray[np.int32], heads: NDArray[np.int32]) -> Integers:
        """Find the arc from each tail to the head beside it; there must be one."""
        return np.searchsorted(self._keys, tails.astype(np.int64) * self._node_count + heads)

    def explore(self, exits: Ends, limit_seconds: float) -> Trees:
        """Find the quickest ways to all nodes within the limit, from points with these exits."""
        is_open = np.isfinite(exits.seconds)
        last_starts = self._starts[-1] + np.cumsum(is_open.sum(axis=1))
        size = self._node_count + len(exits.nodes)
        matrix = sparse.csr_array(
            (
                np.concatenate([self._seconds, exits.seconds[is_open]]),
                np.concatenate([self._heads, exits.nodes[is_open]]),
                np.concatenate([self._starts, last_starts]),
            ),
            shape=(size, size),
        )
        origins = np.arange(self._node_count, size)
        seconds, previous = sparse.csgraph.dijkstra(
            matrix, indices=origins, return_predecessors=True, limit=limit_seconds
        )
        return Trees(seconds, previous)


class Ways:
    """The quickest ways from some origins to some destinations; ``seconds`` has a row an origin."""

    def __init__(self, graph: Graph, arcs: Arcs, origins: Snaps, destinations: Snaps) -> None:
        self._node_count = graph.node_count
        self._arcs = arcs
        self._origins, self._destinations = origins, destinations
        self._exits, self._entries = graph.exits(origins), graph.entries(destinations)
        gaps_m = np.linalg.norm(destinations.places - origins.places[:, None], axis=2)
        near_seconds = _SLACK_SECONDS + gaps_m.max() / _SLOW_METRES_PER_SECOND
        self._trees = arcs.explore(self._exits, near_seconds)
        choices = self._choices(graph)
        if choices.min(axis=2).max() > near_seconds:
            self._trees = arcs.explore(self._exits, np.inf)
            choices = self._choices(graph)
        self.seconds: Floats = choices.min(axis=2)
        self._endings: Integers = choices.argmin(axis=2)

    def _choices(self, graph: Graph) -> Floats:
        """Say what each way takes by how it ends: past the tail, past the head, within the first edge."""
        past_ends = self._trees.seconds[:, self._entries.nodes] + self._entries.seconds
        within_edge = graph.direct_seconds(self._origins, self._destinations)
        return np.concatenate([past_ends, within_edge[:, :, None]], axis=2)

    def lengths_m(self) -> Floats:
        """Measure the ways, one row an origin. All are followed back at once, arc by arc."""
        lengths_m = np.abs(self._destinations.offsets_m - self._origins.offsets_m[:, None])
        rows, columns = np.nonzero(self._endings != _WITHIN_EDGE)
        sides = self._endings[rows, columns]
        nodes = self._entries.nodes[columns, sides]
        sums = self._entries.lengths_m[columns, sides]
        left = np.arange(len(rows))
        while left.size:
            before = self._trees.previous[rows[left], nodes[left]]
            is_origin = before >= self._node_count
            first, left, before = left[is_origin], left[~is_origin], before[~is_origin]
            exit_sides = self._exit_sides(rows[first], nodes[first])
            sums[first] += self._exits.lengths_m[rows[first], exit_sides]
            sums[left] += self._arcs.lengths_m[self._arcs.between(before, nodes[left])]
            nodes[left] = before
        lengths_m[rows, columns] = sums
        return lengths_m

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
        exit_side = self._exit_sides(np.array([row]), chain[:1])[0]
        arcs = self._arcs.between(chain[:-1], chain[1:])
        return Path(
            [int(self._origins.edges[row]), *self._arcs.edges[arcs].tolist(), last_edge],
            [bool(exit_side), *self._arcs.is_forward[arcs].tolist(), ending == 0],
        )

    def _exit_sides(self, rows: Integers, nodes: NDArray[np.int32]) -> Integers:
        """Say by which end of its edge an origin was left on the way to that node beside it."""
        seconds = np.where(self._exits.nodes[rows] == nodes[:, None], self._exits.seconds[rows], np.inf)
        sides: Integers = seconds.argmin(axis=1)
        return sides
