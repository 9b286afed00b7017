"""How far a bound has to be moved so that it holds as often as it claims; learned anew from each outcome.

A margin is a quantile of how far outcomes lay beyond a bound. It begins at what the past says and follows the outcomes
by the rule of quantile tracking: after a miss it grows by a step times 0.9, after a hit it shrinks by a step times
0.1, so that in the long run a tenth is missed at either end, whatever the outcomes do (adaptive conformal inference:
Gibbs and Candès, NeurIPS 2021; with steps that grow smaller: Angelopoulos, Barber and Bates, ICML 2024). The steps
never vanish, because hubs change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

MISSED: Final = 0.1
"""The share of outcomes that may lie beyond either end: an 80% window."""

STEP: Final = 0.02
LEAST_STEP: Final = 0.005
SETTLES_AFTER: Final = 100.0
DECAY: Final = 0.6

Hub = TypeVar("Hub")


@dataclass(frozen=True, slots=True)
class Margin:
    """By how much to move either bound outwards, after ``n`` outcomes. ``spread`` is how much outcomes usually vary."""

    low: float
    high: float
    spread: float
    n: int = 0

    def learn(self, below: float, above: float) -> Self:
        """Take in one outcome: how far it lay below the lower bound, and above the upper one (inside: negative)."""
        step = self.spread * max(STEP * (SETTLES_AFTER / (SETTLES_AFTER + self.n)) ** DECAY, LEAST_STEP)
        return type(self)(
            low=self.low + step * ((below > self.low) - MISSED),
            high=self.high + step * ((above > self.high) - MISSED),
            spread=self.spread,
            n=self.n + 1,
        )


@dataclass(slots=True)
class Margins(Generic[Hub]):
    """The margins of each hub and horizon; a hub without outcomes has those of all together."""

    pooled: list[Margin]
    own: dict[tuple[Hub, int], Margin] = field(default_factory=dict)

    def of(self, hub: Hub, horizon: int) -> Margin:
        """Give the margin of a hub at a horizon."""
        return self.own.get((hub, horizon), self.pooled[horizon])

    def learn(self, hub: Hub, horizon: int, *, below: float, above: float) -> None:
        """Take in one outcome of a hub; it begins where all together stand."""
        self.own[hub, horizon] = self.of(hub, horizon).learn(below, above)
        self.pooled[horizon] = self.pooled[horizon].learn(below, above)


def fit(below: NDArray[np.float64], above: NDArray[np.float64]) -> Margin:
    """Give the margin that outcomes of the past would have called for (conformalised quantile regression).

    Romano, Patterson and Candès, NeurIPS 2019, each end by itself.
    """
    level = min((1 - MISSED) * (1 + 1 / len(below)), 1.0)
    low, high = (float(np.quantile(beyond, level)) for beyond in (below, above))
    return Margin(low, high, spread=float(np.std(np.concatenate([below, above]))))


def horizon_of(minutes: float, horizons: Sequence[float]) -> int:
    """Say in which of the horizons, each the end of one, some minutes lie."""
    return int(np.searchsorted(horizons, minutes, side="right"))
