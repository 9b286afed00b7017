"""Ways from points to points: one with its line, or many with their seconds and metres."""

from collections.abc import Sequence

import numpy as np

from atlas.pack import Pack
from atlas.projection import Floats
from atlas.streets import route
from atlas.streets.graph import Graph, Point
from atlas.streets.route import Route
from atlas.streets.search import Arcs, Ways

_CELLS_AT_A_TIME = 4_000_000  # origins by nodes: some 50 MB


class Streets:
    """The streets of one area. Nothing changes after they are loaded, so every thread may ask.

    There is a way from everywhere to everywhere. Coordinates must be finite.
    """

    def __init__(self, packed: Pack) -> None:
        self._graph = Graph(packed)
        self._arcs = Arcs(self._graph)

    def distances_m(self, points: Sequence[Point]) -> Floats:
        """Measure how far from the nearest street each point is."""
        return self._graph.snap(points).distances_m

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point]) -> tuple[Floats, Floats]:
        """Find the quickest ways from each to each: seconds and metres, one row an origin.

        The metres are those of the quickest way, which may not be the shortest.
        """
        shape = (len(origins), len(destinations))
        seconds, lengths_m = np.zeros(shape), np.zeros(shape)
        if not all(shape):
            return seconds, lengths_m
        starts, targets = self._graph.snap(origins), self._graph.snap(destinations)
        step = max(1, _CELLS_AT_A_TIME // self._graph.node_count)
        for first in range(0, len(origins), step):
            rows = slice(first, first + step)
            ways = Ways(self._graph, self._arcs, starts.part(rows), targets)
            seconds[rows], lengths_m[rows] = ways.seconds, ways.lengths_m
        return seconds, lengths_m

    def route(self, origin: Point, destination: Point) -> Route:
        """Find the quickest way between two points, with its line and the names of its streets."""
        start, target = self._graph.snap([origin]), self._graph.snap([destination])
        path = Ways(self._graph, self._arcs, start, target).path(0, 0)
        return route.along(self._graph, path, start.offsets_m[0], target.offsets_m[0])
