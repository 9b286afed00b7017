"""Routes through any small town, against a search that is too simple to be wrong."""

import heapq
import itertools
import math
from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.pack import Arrays
from atlas.projection import Plane
from atlas.streets.graph import Point
from atlas.streets.routing import Streets
from tests.atlas import towns
from tests.atlas.extracts import Node, Way, crossing, place

SIZE = 4
KINDS = [
    {"highway": "residential"},
    {"highway": "residential", "oneway": "yes"},
    {"highway": "tertiary", "oneway": "-1", "maxspeed": "40"},
    {"highway": "primary", "maxspeed": "60"},
    {"highway": "service"},
    None,
]
AROUND = [(column, row) for column in range(SIZE) for row in range(SIZE) if {column, row} & {0, SIZE - 1}]


Spot = tuple[int, float]
"""A place on a street: the number of its edge, and which share of it lies before the place."""


class Town(NamedTuple):
    """A town, what its pack holds, and places in it to go to."""

    streets: Streets
    arrays: Arrays
    spots: list[Spot]
    points: list[Point]


@st.composite
def towns_with_places(draw: st.DrawFn) -> Town:
    """Draw a town: any streets within a two-way road all around it, which holds enough of it together."""
    jitter = st.integers(-30, 30).map(lambda percent: percent / 100)
    controls = st.sampled_from([{}, {"highway": "traffic_signals"}, {"highway": "stop"}])
    squares = list(itertools.product(range(SIZE), repeat=2))
    nodes = [
        Node(crossing(column, row), place(column + draw(jitter), row + draw(jitter)), draw(controls))
        for column, row in squares
    ]
    ways: list[Way] = []
    for (column, row), (right, up) in itertools.product(squares, [(1, 0), (0, 1), (1, 1)]):
        start, end = (column, row), (column + right, row + up)
        is_around = right != up and start in AROUND and end in AROUND
        tags = KINDS[0] if is_around else draw(st.sampled_from(KINDS))
        if max(end) < SIZE and tags is not None:
            name = f"Street {len(ways) + 1}"
            ways.append(Way(len(ways) + 1, [crossing(*start), crossing(*end)], {**tags, "name": name}))
    packed = towns.pack_of(nodes, ways)
    arrays = packed.arrays("streets")
    edges, shares = st.integers(0, len(arrays["tails"]) - 1), st.integers(5, 95).map(lambda percent: percent / 100)
    spots = draw(st.lists(st.tuples(edges, shares), min_size=2, max_size=6, unique=True))
    ends = arrays["points"].reshape(-1, 2, 2) / 1e6
    points = [tuple((ends[edge, 0] + share * (ends[edge, 1] - ends[edge, 0])).tolist()) for edge, share in spots]
    return Town(Streets(packed), arrays, spots, points)


class Reference:
    """Streets as a plain graph, into which the places are built as nodes, searched as in a textbook."""

    def __init__(self, town: Town) -> None:
        self.arcs: defaultdict[object, list[tuple[object, float]]] = defaultdict(list)
        ends = town.arrays["points"].reshape(-1, 2, 2) / 1e6
        plane = Plane(float(ends[:, :, 0].mean()))
        tails, heads = (plane.to_metres(ends[:, side, 0], ends[:, side, 1]) for side in (0, 1))
        for edge, length_m in enumerate(np.linalg.norm(heads - tails, axis=1).tolist()):
            within = [(share * length_m, spot) for spot in town.spots if spot[0] == edge for share in spot[1:]]
            tail, head = int(town.arrays["tails"][edge]), int(town.arrays["heads"][edge])
            row = [(0.0, tail), *sorted(within), (length_m, head)]
            for direction, stops in (("forward", row), ("backward", row[::-1])):
                metres_per_second = town.arrays[f"{direction}_kmh"][edge] / 36
                if metres_per_second:
                    steps = [abs(end - start) / metres_per_second for (start, _), (end, _) in itertools.pairwise(stops)]
                    steps[-1] += town.arrays[f"{direction}_cost"][edge] / 10
                    for (_, start), (_, end), seconds in zip(stops, stops[1:], steps, strict=False):
                        self.arcs[start].append((end, seconds))

    def seconds(self, origin: Spot, destination: Spot) -> float:
        """Search with a heap, as Dijkstra is taught."""
        tickets = itertools.count()
        queue: list[tuple[float, int, object]] = [(0.0, next(tickets), origin)]
        done = set()
        while queue:
            seconds, _, node = heapq.heappop(queue)
            if node == destination:
                return seconds
            if node not in done:
                done.add(node)
                for head, more in self.arcs[node]:
                    heapq.heappush(queue, (seconds + more, next(tickets), head))
        return math.inf


@settings(max_examples=60, deadline=None)
@given(towns_with_places())
def test_the_matrix_holds_the_quickest_ways(town: Town) -> None:
    reference = Reference(town)

    seconds, _ = town.streets.matrix(town.points, town.points)

    expected = [[reference.seconds(start, end) for end in town.spots] for start in town.spots]
    assert seconds == pytest.approx(np.array(expected), abs=0.01)


@settings(max_examples=40, deadline=None)
@given(towns_with_places())
def test_a_route_is_what_the_matrix_says_of_it(town: Town) -> None:
    seconds, lengths_m = town.streets.matrix(town.points, town.points)

    for (row, start), (column, end) in itertools.product(enumerate(town.points), repeat=2):
        route = town.streets.route(start, end)
        assert route.duration_seconds == pytest.approx(seconds[row, column], abs=0.01)
        assert route.distance_m == pytest.approx(lengths_m[row, column], abs=0.1)
        assert sum(stretch.distance_m for stretch in route.stretches) == pytest.approx(route.distance_m, abs=1e-6)
        assert list(route.seconds) == sorted(route.seconds)
        assert [route.points[0], route.points[-1]] == [pytest.approx(start, abs=2e-6), pytest.approx(end, abs=2e-6)]


@settings(max_examples=40, deadline=None)
@given(towns_with_places())
def test_a_way_by_a_third_place_is_never_quicker(town: Town) -> None:
    seconds, _ = town.streets.matrix(town.points, town.points)

    by_third_place = (seconds[:, :, None] + seconds[None, :, :]).min(axis=1)

    assert (seconds <= by_third_place + 0.01).all()


@settings(max_examples=40, deadline=None)
@given(towns_with_places())
def test_no_route_goes_against_a_one_way_street(town: Town) -> None:
    for start, end in itertools.permutations(town.points, 2):
        for step in itertools.pairwise(town.streets.route(start, end).points):
            assert step[0] == step[1] or _may_be_driven(town, *step)


def _may_be_driven(town: Town, start: Point, end: Point) -> bool:
    """Tell whether some street has both points on it and may be driven from one to the other."""
    ends = town.arrays["points"].reshape(-1, 2, 2) / 1e6
    tails, heads = ends[:, 0], ends[:, 1]
    along = heads - tails
    shares, gaps = [], []
    for point in (start, end):
        share = ((np.array(point) - tails) * along).sum(axis=1) / (along**2).sum(axis=1)
        shares.append(share)
        gaps.append(np.linalg.norm(tails + share[:, None] * along - point, axis=1))
    is_on = np.maximum(*gaps) < 3e-6
    is_forward = shares[1] > shares[0]
    is_allowed = np.where(is_forward, town.arrays["forward_kmh"], town.arrays["backward_kmh"]) > 0
    return bool((is_on & is_allowed).any())
