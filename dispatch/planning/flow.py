"""How long a drive takes at an hour of the day: one speed within each hour; who leaves later never arrives sooner."""

import math
from bisect import bisect_right
from itertools import accumulate

from dispatch.planning.problem import NO_WAY, Traffic

HOUR = 3600

# Below what a sum of hours is exact to; whole seconds are rounded up from beyond it.
_GRAIN = 1e-6


class Flow:
    """The hours of a day as drives meet them.

    A drive that takes s seconds on an empty road gets on by 1/f of them each second in an hour of factor f, and is over
    when it has got on by all (the model of Ichoua, Gendreau and Potvin, 2003). Arrivals are whole seconds, rounded up.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._factors = traffic.factors
        self._progress = [0.0, *accumulate(HOUR / factor for factor in traffic.factors)]
        self._is_even = len(set(traffic.factors)) == 1

    def arrival(self, leaves: int, seconds: int) -> int:
        """Return when a drive is over that takes so many seconds on an empty road."""
        if seconds >= NO_WAY:
            return leaves + NO_WAY
        if self._is_even:
            return leaves + math.ceil(seconds * self._factors[0] - _GRAIN)
        hour, gone = divmod(leaves, HOUR)
        arrives = leaves + seconds * self._factors[hour % len(self._factors)]
        if arrives > leaves - gone + HOUR:
            arrives = self._when(self._gone(leaves) + seconds)
        return math.ceil(arrives - _GRAIN)

    def departure(self, arrives: int, seconds: int) -> int:
        """Return the latest second at which to leave in order to arrive by then."""
        if seconds >= NO_WAY:
            return arrives - NO_WAY
        if self._is_even:
            return arrives - math.ceil(seconds * self._factors[0] - _GRAIN)
        leaves = math.floor(self._when(self._gone(arrives) - seconds) + _GRAIN)
        while self.arrival(leaves, seconds) > arrives:
            leaves -= 1
        return leaves

    def _gone(self, moment: int) -> float:
        """Return how far a drive since the zero would have got."""
        hour, gone = divmod(moment, HOUR)
        rounds, hour = divmod(hour, len(self._factors))
        return rounds * self._progress[-1] + self._progress[hour] + gone / self._factors[hour]

    def _when(self, gone: float) -> float:
        """Return when a drive since the zero would have got so far: the inverse of ``_gone``."""
        rounds, rest = divmod(gone, self._progress[-1])
        hour = bisect_right(self._progress, rest, hi=len(self._factors)) - 1
        whole = rounds * len(self._factors) + hour
        return whole * HOUR + (rest - self._progress[hour]) * self._factors[hour]
