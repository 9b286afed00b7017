"""What it is worth that drivers, and shoppers who look on, find the order of stops that they know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dispatch.planning.plan import TimedTour

# A stop that is followed by another one than before has to save this share of what a stop costs on average.
_SHARE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which stop comes after which one ("": none), and the price of changing that for one of them."""

    successors: Mapping[str, str]
    price: float

    def cost(self, tours: Iterable[TimedTour]) -> float:
        """Return the price of all that tours change."""
        after = _successors(tours)
        return self.price * sum(after.get(name) != successor for name, successor in self.successors.items())


def of(tours: Sequence[TimedTour]) -> Keeping:
    """Keep the order of tours that are under way."""
    successors = _successors(tours)
    money = sum(tour.cost.money for tour in tours)
    return Keeping(successors, _SHARE * money / len(successors) if successors else 0.0)


def _successors(tours: Iterable[TimedTour]) -> dict[str, str]:
    return dict(pair for tour in tours for pair in pairwise([*(call.visit for call in tour.calls), ""]))


NOTHING: Final = Keeping({}, 0.0)
