"""An instance as a problem, and what its numbers mean."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.planning.problem import NO_WAY, Problem, Whole

Numbers = NDArray[np.float64]


class Unreadable(Exception):
    """The text is not that of an instance; says what is wrong with it."""


class Unsupported(Unreadable):
    """The instance asks for something that a problem cannot hold; says what."""


class Rounding(StrEnum):
    """What becomes of numbers with a fraction: how many parts of a unit are kept, and how."""

    NONE = "none"  # the numbers are whole
    ROUND = "round"  # to the nearest whole number
    TRUNC = "trunc"  # down to a whole number
    DIMACS = "dimacs"  # down to a tenth
    EXACT = "exact"  # to the nearest thousandth

    @property
    def parts(self) -> int:
        """Into how many parts a unit is divided."""
        return {Rounding.DIMACS: 10, Rounding.EXACT: 1000}.get(self, 1)

    def whole(self, numbers: Numbers) -> Whole:
        """Return numbers in parts of a unit.

        Raises ``Unreadable`` where they are not finite, below zero, or larger than a problem can hold.
        """
        if not np.isfinite(numbers).all() or (numbers < 0).any():
            raise Unreadable("A number is negative, or not a number.")
        scaled = numbers * self.parts
        if (scaled >= NO_WAY).any():
            raise Unreadable("A number is too large.")
        is_down = self in {Rounding.TRUNC, Rounding.DIMACS}
        whole: Whole = (np.floor(scaled + _GRAIN) if is_down else np.rint(scaled)).astype(np.int64)
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A problem whose visits are called by the numbers of the clients, and whose money is the unit of the instance.

    Its metres and seconds are the parts that ``rounding`` makes of a unit.
    """

    name: str
    problem: Problem
    rounding: Rounding


# Lest 0.3 * 10 be rounded down to 2.
_GRAIN: Final = 1e-9
