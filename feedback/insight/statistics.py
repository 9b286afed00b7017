"""Figures that say how sure they are: each with the number it rests on and a 95 % interval. Pure."""

from dataclasses import dataclass
from math import sqrt
from typing import Final, NamedTuple

Z: Final = 1.959963984540054
"""The standard normal distribution lies within this of 0 in 95 of 100 cases."""

FLOOR: Final = 10
"""On fewer ratings or deliveries than this nobody is judged."""

HUNDRED: Final = 100.0


class Interval(NamedTuple):
    """From where to where a figure may lie, given how little it rests on."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, its interval, and the number it rests on; without one there is neither."""

    n: int
    value: float | None = None
    interval: Interval | None = None

    @property
    def is_enough(self) -> bool:
        """Whether it rests on enough to be said aloud."""
        return self.n >= FLOOR


def wilson(part: float, n: int) -> Interval:
    """Give Wilson's score interval of a share of ``n`` (at least 1), which stays within 0 and 1 however small ``n`` is.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927); recommended
    for small samples by Newcombe, Statistics in Medicine 17 (1998), method 3.
    """
    share, weight = part / n, Z * Z / n
    middle = (share + weight / 2) / (1 + weight)
    reach = Z * sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def share(part: int, n: int) -> Figure:
    """Say which share of ``n`` is ``part``, from 0 to 1, with Wilson's interval."""
    return Figure(n, part / n, wilson(part, n)) if n else Figure(0)


def mean(total: float, n: int, *, least: float, most: float) -> Figure:
    """Say the mean of ``n`` answers between ``least`` and ``most`` that add up to ``total``.

    Its interval is that of a share, drawn out to the scale. No distribution on the scale with that mean varies more
    (Bhatia and Davis, American Mathematical Monthly 107, 2000), so that it is rather too wide than too narrow, and
    never closes where the few who answered agree.
    """
    if not n:
        return Figure(0)
    width = most - least
    low, high = wilson((total - n * least) / width, n)
    return Figure(n, total / n, Interval(least + width * low, least + width * high))


def nps(promoters: int, detractors: int, n: int) -> Figure:
    """Give the Net Promoter Score, from -100 to 100: promoters less detractors, of a hundred.

    (F. Reichheld, "The one number you need to grow", HBR, December 2003.) It is a difference of two shares of the same
    sample; the interval is the adjusted Wald interval for that, with one more of each and two more in all: Bonett and
    Price, Journal of Educational and Behavioral Statistics 37 (2012). Plain Wald is too narrow for small samples.
    """
    if not n:
        return Figure(0)
    for_us, against_us = (promoters + 1) / (n + 2), (detractors + 1) / (n + 2)
    middle = for_us - against_us
    reach = Z * sqrt((for_us + against_us - middle * middle) / (n + 2))
    interval = Interval(max(-1.0, middle - reach) * HUNDRED, min(1.0, middle + reach) * HUNDRED)
    return Figure(n, (promoters - detractors) / n * HUNDRED, interval)
