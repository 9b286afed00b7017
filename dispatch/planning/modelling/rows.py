"""How slow the drives from a place are likely to be, by when they are likely to be made.

A search that knows one drive from each place to each gets the drives of a row as slow as the traffic is inside the
window of the place the row begins at: the slowest for a narrow window, the mean for a wide one.
"""

from typing import Final

from dispatch.planning.problem import Span, Traffic

HOUR: Final = 3600

# Up to here a window is narrow.
_NARROW: Final = 5 * HOUR


def factor(traffic: Traffic, span: Span, day: Span) -> float:
    """Return by how much drives take longer that begin within the span, of a day that the vehicles are out."""
    start, end = max(span[0], day[0]), min(span[1], day[1])
    factors = _factors(traffic, start, max(start, end))
    return max(factors) if end - start <= _NARROW else sum(factors) / len(factors)


def is_even(traffic: Traffic) -> bool:
    """Tell whether all hours are alike."""
    return len(set(traffic.factors)) == 1


def _factors(traffic: Traffic, start: int, end: int) -> list[float]:
    hours = range(start // HOUR, min(end // HOUR, start // HOUR + len(traffic.factors) - 1) + 1)
    return [traffic.factors[hour % len(traffic.factors)] for hour in hours]
