"""One way through the streets, and where on it a van is after some time."""

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from atlas.streets.graph import Graph, Point
from atlas.streets.search import Path


class Stretch(NamedTuple):
    """A part of a route in one street; the name is empty where the street has none."""

    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Route:
    """The quickest way between two places on the streets.

    ``points`` is its line, ``seconds`` the time from the start at each of them, never falling. The
    stretches are in the order in which they are driven and add up to the distance.
    """

    points: tuple[Point, ...]
    seconds: tuple[float, ...]
    stretches: tuple[Stretch, ...]
    distance_m: float

    @property
    def duration_seconds(self) -> float:
        """How long the whole of it takes."""
        return self.seconds[-1]

    def point_at(self, seconds: float) -> Point:
        """Say where a van is that long after it set out; it waits at either end."""
        after = bisect.bisect_right(self.seconds, seconds)
        if after == 0:
            return self.points[0]
        if after == len(self.points):
            return self.points[-1]
        start, end = self.seconds[after - 1], self.seconds[after]
        share = (seconds - start) / (end - start)
        (latitude, longitude), (to_latitude, to_longitude) = self.points[after - 1 : after + 1]
        return (
            latitude + share * (to_latitude - latitude),
            longitude + share * (to_longitude - longitude),
        )


def along(graph: Graph, path: Path, start_offset_m: float, end_offset_m: float) -> Route:
    """Draw the way along a path: its edges from end to end, but for the start and the end of it.

    The offsets are metres from the tail of the first edge, and from that of the last one. A wait at a
    junction counts at the last point before it is left behind.
    """
    edges, sides = np.array(path.edges), np.where(path.is_forward, 0, 1)
    lengths_m, speeds = graph.lengths_m[edges], graph.metres_per_second[edges, sides]
    costs = graph.cost_seconds[edges, sides]
    bases_m = np.cumsum(lengths_m) - lengths_m
    bases_seconds = np.cumsum(lengths_m / speeds + costs) - lengths_m / speeds - costs
    start_m = start_offset_m if path.is_forward[0] else lengths_m[0] - start_offset_m
    end_m = bases_m[-1] + (end_offset_m if path.is_forward[-1] else lengths_m[-1] - end_offset_m)

    shapes = [graph.shape(edge, forward) for edge, forward in zip(*path, strict=True)]
    legs = np.repeat(np.arange(len(shapes)), [len(shape) for shape in shapes])
    vertices = np.concatenate(shapes)
    vertices_m = bases_m[legs] + vertices[:, 2]
    is_passed = (vertices_m > start_m) & (vertices_m < end_m) & (np.diff(legs, append=-1) == 0)
    passed_m = np.concatenate([[start_m], vertices_m[is_passed], [end_m]])
    legs = np.concatenate([[0], legs[is_passed], [len(edges) - 1]])
    seconds = bases_seconds[legs] + (passed_m - bases_m[legs]) / speeds[legs]
    points = [np.interp(passed_m, vertices_m, column) for column in vertices[:, :2].T]
    driven_m = np.minimum(bases_m + lengths_m, end_m) - np.maximum(bases_m, start_m)
    return Route(
        points=tuple(zip(*np.round(points, 6).tolist(), strict=True)),
        seconds=tuple((seconds - seconds[0]).tolist()),
        stretches=tuple(_stretches(graph.names[edges].tolist(), driven_m.tolist())),
        distance_m=float(end_m - start_m),
    )


def _stretches(names: list[str], driven_m: list[float]) -> Iterator[Stretch]:
    for name, group in itertools.groupby(zip(names, driven_m, strict=True), key=itemgetter(0)):
        yield Stretch(name, sum(length_m for _, length_m in group))
