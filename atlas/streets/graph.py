"""The street graph as arrays: edges with their shape and speed, and where a point is on them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from atlas import pack
from atlas.pack import Arrays, BadPack, Pack
from atlas.projection import Floats, Plane

Integers = NDArray[np.int64]
Point = tuple[float, float]


class Snaps(NamedTuple):
    """Points put onto the streets: the edge, metres from its tail, metres from point to street.

    ``places`` are the points themselves, in metres on the graph's plane.
    """

    edges: Integers
    offsets_m: Floats
    distances_m: Floats
    places: Floats

    def part(self, rows: slice) -> "Snaps":
        """Give some of the points."""
        return Snaps(self.edges[rows], self.offsets_m[rows], self.distances_m[rows], self.places[rows])


class Ends(NamedTuple):
    """The tail and the head of the edge that each point is on: nodes, and seconds to or from there.

    One row a point. The seconds are infinite where a one-way street forbids it.
    """

    nodes: NDArray[np.int32]
    seconds: Floats
    lengths_m: Floats


class Graph:
    """Streets and junctions of one area, read from the part ``streets`` of its pack.

    Of each edge the pack holds the points in millionths of a degree, the tail and the head, the name
    and, for either direction, the speed (0: no way) and what arriving at the far end costs.
    Raises ``BadPack`` where these do not fit together.
    """

    def __init__(self, packed: Pack) -> None:
        part = packed.arrays("streets")
        try:
            self._read(part)
        except (KeyError, IndexError, ValueError, shapely.GEOSException) as problem:
            raise BadPack(f"{packed.path}: the streets do not fit together ({problem})") from problem
        self.node_count = int(self.ends.max()) + 1
        self.lengths_m: Floats = shapely.length(self._lines)
        self._vertices = self._measure_vertices()
        self._tree = shapely.STRtree(self._lines)
        self.snap([(0.0, 0.0)])  # the first query builds the tree: let that be now, in one thread

    def snap(self, points: Sequence[Point]) -> Snaps:
        """Find for each point the nearest place on any street."""
        degrees = np.array(points, dtype=np.float64).reshape(-1, 2)
        places = self._plane.to_metres(degrees[:, 0], degrees[:, 1])
        spots = shapely.points(places)
        edges = self._tree.query_nearest(spots, all_matches=False)[1]
        lines = self._lines[edges]
        offsets_m = shapely.line_locate_point(lines, spots)
        return Snaps(edges, offsets_m, shapely.distance(lines, spots), places)

    def exits(self, snaps: Snaps) -> Ends:
        """Say how long it takes from the points to either end of their edge, and past it."""
        ends = self._reach(snaps, self.metres_per_second[snaps.edges, ::-1])
        return ends._replace(seconds=ends.seconds + self.cost_seconds[snaps.edges, ::-1])

    def entries(self, snaps: Snaps) -> Ends:
        """Say how long it takes to the points from either end of their edge."""
        return self._reach(snaps, self.metres_per_second[snaps.edges])

    def direct_seconds(self, origins: Snaps, destinations: Snaps) -> Floats:
        """Say how long it takes without leaving an edge: (origins, destinations), else infinite."""
        is_shared = origins.edges[:, None] == destinations.edges[None, :]
        gaps_m = destinations.offsets_m[None, :] - origins.offsets_m[:, None]
        forward, backward = (speed[:, None] for speed in self.metres_per_second[origins.edges].T)
        within = seconds_for(np.abs(gaps_m), np.where(gaps_m > 0, forward, backward))
        return np.where(is_shared, np.where(gaps_m == 0, 0.0, within), np.inf)

    def shape(self, edge: int, is_forward: bool) -> Floats:
        """Draw an edge in a direction: latitude, longitude, metres from where it is entered."""
        vertices = self._vertices[self._first_points[edge] : self._first_points[edge + 1]]
        if is_forward:
            return vertices
        return np.column_stack([vertices[::-1, :2], self.lengths_m[edge] - vertices[::-1, 2]])

    def _reach(self, snaps: Snaps, metres_per_second: Floats) -> Ends:
        rest_m = self.lengths_m[snaps.edges] - snaps.offsets_m
        lengths_m = np.stack([snaps.offsets_m, rest_m], axis=1)
        return Ends(self.ends[snaps.edges], seconds_for(lengths_m, metres_per_second), lengths_m)

    def _read(self, part: Arrays) -> None:
        """Take the arrays over: those with two columns hold tail and head, or forward and backward."""
        counts = part["point_counts"].astype(np.int64)
        if not 0 < counts.sum() == len(part["points"]):
            raise ValueError("there are more or fewer points than edges have")
        self._points: Floats = part["points"] / 1e6
        self._first_points = np.concatenate([[0], np.cumsum(counts)])
        self._plane = Plane(float(self._points[:, 0].mean()))
        self.names = np.array(pack.to_strings(part["name_texts"]), dtype=object)[part["names"]]
        self.ends = np.stack([part["tails"], part["heads"]], axis=1)
        self.metres_per_second = _both(part, "kmh") / 36  # tenths of km/h
        self.cost_seconds = _both(part, "cost") / 10
        places = self._plane.to_metres(self._points[:, 0], self._points[:, 1])
        edges = np.repeat(np.arange(len(counts)), counts)
        self._lines: NDArray[np.object_] = shapely.linestrings(places, indices=edges)
        columns = (self._lines, self.ends, self.metres_per_second, self.cost_seconds, self.names)
        if {len(column) for column in columns} != {len(counts)}:
            raise ValueError("not every edge has all it needs")
        if self.ends.min() < 0 or self.ends.max() >= 2 * len(self.ends):
            raise ValueError("a junction has an impossible number")

    def _measure_vertices(self) -> Floats:
        """Add to each point its metres from the tail of its edge: latitude, longitude, metres."""
        places = shapely.get_coordinates(self._lines)
        steps_m = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
        steps_m[self._first_points[:-1]] = 0.0
        from_first_m = np.cumsum(steps_m)
        counts = np.diff(self._first_points)
        from_tail_m = from_first_m - np.repeat(from_first_m[self._first_points[:-1]], counts)
        return np.column_stack([self._points, from_tail_m])


def seconds_for(lengths_m: Floats, metres_per_second: Floats) -> Floats:
    """Divide, element by element; infinite where the speed is 0."""
    seconds = np.full(np.broadcast_shapes(lengths_m.shape, metres_per_second.shape), np.inf)
    np.divide(lengths_m, metres_per_second, out=seconds, where=metres_per_second > 0)
    return seconds


def _both(part: Arrays, what: str) -> Floats:
    forward, backward = part[f"forward_{what}"], part[f"backward_{what}"]
    return np.stack([forward, backward], axis=1).astype(np.float64)
