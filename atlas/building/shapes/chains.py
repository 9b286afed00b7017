"""Ways of an extract joined end to end, some of whose nodes the extract may not hold."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atlas.projection import Floats


class Chain(NamedTuple):
    """Nodes in a row, with their places on the world; ``nan`` where the extract does not hold the node."""

    nodes: NDArray[np.int64]
    points: Floats

    @property
    def is_closed(self) -> bool:
        return bool(self.nodes[0] == self.nodes[-1]) and len(self.nodes) > 3

    @property
    def is_known(self) -> bool:
        """Whether the extract holds every node."""
        return not bool(np.isnan(self.points).any())

    @property
    def turned(self) -> "Chain":
        """The same nodes, last first."""
        return Chain(self.nodes[::-1], self.points[::-1])


def join(ways: Sequence[Chain], *, may_turn: bool) -> list[Chain]:
    """Join ways that share an end into chains as long as can be; where one closes, it ends.

    A way is laid against its direction only if it may be turned. Each way is used once, and the
    result depends on nothing but the ways and their order.
    """
    both = [*ways, *(way.turned for way in ways)] if may_turn else list(ways)
    departures: defaultdict[int, list[int]] = defaultdict(list)
    for place, way in enumerate(both):
        departures[int(way.nodes[0])].append(place)
    arrivals = Counter(int(way.nodes[-1]) for way in both)
    own_twin = 1 if may_turn else 0
    loose_first = sorted(range(len(both)), key=lambda place: arrivals[int(both[place].nodes[0])] > own_twin)
    free = set(range(len(ways)))
    chains = []
    for first in loose_first:
        if first % len(ways) not in free:
            continue
        parts = [first]
        free.remove(first % len(ways))
        while both[parts[-1]].nodes[-1] != both[first].nodes[0]:
            ways_on = departures[int(both[parts[-1]].nodes[-1])]
            step = next((place for place in ways_on if place % len(ways) in free), None)
            if step is None:
                break
            parts.append(step)
            free.remove(step % len(ways))
        chains.append(_end_to_end([both[place] for place in parts]))
    return chains


def signed_area(points: Floats) -> float:
    """Measure what a ring of points goes round: positive where it keeps it on its left."""
    x, y = (points - points[0]).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def _end_to_end(ways: Sequence[Chain]) -> Chain:
    first, *others = ways
    return Chain(
        np.concatenate([first.nodes, *(way.nodes[1:] for way in others)]),
        np.concatenate([first.points, *(way.points[1:] for way in others)]),
    )
