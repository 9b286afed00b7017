"""Lines that an extract's edge has cut, closed again along that edge.

The method is the one every renderer of coastlines uses: what enters the box has to leave it, and from
where one line leaves, one walks along the border to where the next one enters, with the inside on
the left all the way.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from atlas.building.shapes.chains import Chain
from atlas.drawing.shapes import Box
from atlas.projection import Floats

Point = tuple[float, float]
Run = list[Point]


class LooseEnd(Exception):
    """A line that stops inside the box, too far from the border to say where it would meet it."""

    def __init__(self, point: Point) -> None:
        super().__init__(point)
        self.point = point


class WrongWay(Exception):
    """Two lines in a row that both leave the box: one of them runs against its direction."""

    def __init__(self, point: Point) -> None:
        super().__init__(point)
        self.point = point


def bridged(chain: Chain, box: Box) -> Chain:
    """Drop the unknown nodes of every gap that is shorter than the way out of the box from its two ends."""
    known = ~np.isnan(chain.points[:, 0])
    if not known.any():
        return chain
    if chain.is_closed and not known[0]:
        first = int(np.argmax(known))
        turned = np.append(np.roll(np.arange(len(known) - 1), -first), first)
        chain, known = Chain(chain.nodes[turned], chain.points[turned]), known[turned]
    kept = known.copy()
    places = np.flatnonzero(known).tolist()
    for before, after in itertools.pairwise(places):
        if after - before > 1 and not _is_short_gap(_point(chain, before), _point(chain, after), box):
            kept[before + 1 : after] = True
    return Chain(chain.nodes[kept], chain.points[kept])


def runs(chain: Chain, box: Box, *, reach: float = math.inf) -> list[Run]:
    """Cut a chain into runs through the box, each from border to border.

    Unknown nodes are taken to lie outside: the ends before and after them are carried to the
    nearest border. Raises ``LooseEnd`` where an end is farther than ``reach`` from it.
    """
    inside = [run for stretch in _stretches(chain) for run in _clipped(stretch, box)]
    return [_carried(run, box, reach) for run in inside if len(run) > 1]


def prolonged(chain: Chain, box: Box, *, reach: float) -> list[Run]:
    """Cut a chain where nodes are unknown, and draw what stops there straight on to the border.

    It stays as it is where that would be farther than ``reach``.
    """
    lines = []
    for stretch in _stretches(chain):
        line = stretch
        if line[0] != _point(chain, 0):
            line = _straight_on(line[::-1], box, reach)[::-1]
        if line[-1] != _point(chain, -1):
            line = _straight_on(line, box, reach)
        lines.append(line)
    return [line for line in lines if len(line) > 1]


def close(runs: Sequence[Run], box: Box) -> list[Run]:
    """Close runs along the border into rings, with what lies to the left of each run inside.

    Raises ``WrongWay`` where entries and exits do not alternate around the box.
    """
    if not runs:
        return []
    entries = [(position(run[0], box), 1, place) for place, run in enumerate(runs)]
    exits = [(position(run[-1], box), 0, place) for place, run in enumerate(runs)]
    around = sorted(entries + exits)
    following: dict[int, int] = {}
    for (_, is_entry, place), (_, next_is_entry, next_place) in itertools.pairwise([*around, around[0]]):
        if is_entry == next_is_entry:
            raise WrongWay(runs[place][0 if is_entry else -1])
        if not is_entry:
            following[place] = next_place
    rings = []
    while following:
        first, step = following.popitem()
        ring = [*runs[first], *_corners(runs[first][-1], runs[step][0], box)]
        while step != first:
            ring += runs[step]
            here, step = step, following.pop(step)
            ring += _corners(runs[here][-1], runs[step][0], box)
        rings.append(ring)
    return rings


def polygon(ring: Run | Floats) -> shapely.Geometry:
    """Make a valid area of a ring; of fewer than three points it is empty."""
    return shapely.make_valid(shapely.Polygon(ring)) if len(ring) > 2 else shapely.Polygon()


def position(point: Point, box: Box) -> float:
    """Say how far along the border a point on it is, from the lower left corner, counterclockwise."""
    x, y = point
    if y == box.bottom:
        return x - box.left
    if x == box.right:
        return box.width + y - box.bottom
    if y == box.top:
        return box.width + box.height + box.right - x
    return 2 * box.width + box.height + box.top - y


def _corners(start: Point, end: Point, box: Box) -> list[Point]:
    """List the corners that one passes from one point of the border to another, counterclockwise."""
    around = 2 * (box.width + box.height)
    begin = position(start, box)
    walk = (position(end, box) - begin) % around
    corners = [(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top), (box.left, box.top)]
    passed = sorted(((position(corner, box) - begin) % around, corner) for corner in corners)
    return [corner for distance, corner in passed if 0 < distance < walk]


def _stretches(chain: Chain) -> Iterator[Run]:
    """Split a chain where nodes are unknown; one that is closed begins after such a place."""
    known = ~np.isnan(chain.points[:, 0])
    points = chain.points
    if chain.is_closed and not known.all():
        turn = int(np.argmin(known))
        known, points = np.roll(known[:-1], -turn), np.roll(points[:-1], -turn, axis=0)
    for is_known, group in itertools.groupby(zip(known.tolist(), points.tolist(), strict=True), key=lambda n: n[0]):
        if is_known:
            yield [(x, y) for _, (x, y) in group]


def _point(chain: Chain, place: int) -> Point:
    x, y = chain.points[place].tolist()
    return x, y


def _is_short_gap(end: Point, start: Point, box: Box) -> bool:
    way_out = math.dist(end, _nearest(end, box)) + math.dist(start, _nearest(start, box))
    return _is_inside(end, box) and _is_inside(start, box) and math.dist(end, start) <= way_out


def _is_inside(point: Point, box: Box) -> bool:
    return box.left <= point[0] <= box.right and box.bottom <= point[1] <= box.top


def _nearest(point: Point, box: Box) -> Point:
    """Find the point of the border nearest to a point inside."""
    x, y = point
    ways_out = [
        (x - box.left, (box.left, y)),
        (box.right - x, (box.right, y)),
        (y - box.bottom, (x, box.bottom)),
        (box.top - y, (x, box.top)),
    ]
    return min(ways_out)[1]


def _straight_on(line: Run, box: Box, reach: float) -> Run:
    """Draw a line on from its end in the direction that it has there, up to the border."""
    if len(line) < 2 or not _is_inside(line[-1], box):
        return line
    (from_x, from_y), (x, y) = line[-2:]
    length = math.hypot(x - from_x, y - from_y) or math.inf
    dx, dy = (x - from_x) / length, (y - from_y) / length
    across = ((box.right if dx > 0 else box.left) - x) / dx if dx else math.inf
    upwards = ((box.top if dy > 0 else box.bottom) - y) / dy if dy else math.inf
    way = min(across, upwards)
    return [*line, (x + way * dx, y + way * dy)] if way <= reach else line


def _carried(run: Run, box: Box, reach: float) -> Run:
    """Carry the ends of a run to the border where they stop short of it."""
    start, end = _nearest(run[0], box), _nearest(run[-1], box)
    for point, border in ((run[0], start), (run[-1], end)):
        if math.dist(point, border) > reach:
            raise LooseEnd(point)
    return [start] * (start != run[0]) + run + [end] * (end != run[-1])


def _clipped(line: Run, box: Box) -> Iterator[Run]:
    """Yield the parts of a line within the box, in order and in its direction."""
    run: Run = []
    for start, end in itertools.pairwise(line):
        part = _segment_within(start, end, box)
        if part is None:
            continue
        if not run or run[-1] != part[0]:
            yield run
            run = [part[0]]
        if part[1] != part[0]:
            run.append(part[1])
    yield run


def _segment_within(start: Point, end: Point, box: Box) -> tuple[Point, Point] | None:
    """Clip one segment (Liang and Barsky, 1984); a cut end lies on the border to the last digit."""
    enters, leaves = 0.0, 1.0
    entry, exit_ = start, end
    dx, dy = end[0] - start[0], end[1] - start[1]
    sides = (
        (-dx, start[0] - box.left, (box.left, None)),
        (dx, box.right - start[0], (box.right, None)),
        (-dy, start[1] - box.bottom, (None, box.bottom)),
        (dy, box.top - start[1], (None, box.top)),
    )
    for outward, room, (side_x, side_y) in sides:
        if outward == 0:
            if room < 0:
                return None
            continue
        share = room / outward
        at = (
            start[0] + share * dx if side_x is None else side_x,
            start[1] + share * dy if side_y is None else side_y,
        )
        if outward < 0 and share > enters:
            enters, entry = share, at
        elif outward > 0 and share < leaves:
            leaves, exit_ = share, at
    return (entry, exit_) if enters <= leaves else None
