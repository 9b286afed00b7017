"""From a figure with its unit to points from 0 to 1, and how far a figure of few deliveries is trusted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from carriers.criteria import Criterion, Source

NOTHING: Final = Decimal("0.000")
MIDDLE: Final = Decimal("0.500")
ALL: Final = Decimal("1.000")

TO_POINTS: Final = Decimal("0.001")
TO_FIGURES: Final = Decimal("0.0001")

PRIOR: Final[Mapping[Criterion, int]] = {
    Criterion.ON_WINDOW: 20,
    Criterion.SATISFACTION: 10,
    Criterion.CLAIMS: 100,
}
"""As many deliveries like the mean of all carriers are added to each carrier's own.

What happens once in a hundred deliveries needs more of them than what happens in nine of ten. The posterior mean of a
share under a beta prior of this weight, and of a mean under a normal one: B. Efron and C. Morris, "Data analysis using
Stein's estimator and its generalizations", JASA 70 (1975).
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """The figure that gets nothing and the one that gets all, with what lies between in proportion."""

    worst: Decimal
    best: Decimal

    def points(self, figure: Decimal) -> Decimal:
        """Give from 0.000 to 1.000; what lies beyond an end gets no more or less than the end."""
        share = (figure - self.worst) / (self.best - self.worst)
        return min(ALL, max(NOTHING, share)).quantize(TO_POINTS, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Figure:
    """What is known of a carrier, ``None`` where nothing is; ``n`` is what it rests on where it was counted.

    A cost says its ``source``.
    """

    value: Decimal | None = None
    n: int | None = None
    source: Source | None = None


SHARES: Final[Mapping[Criterion, Scale]] = {
    Criterion.ON_WINDOW: Scale(Decimal("0.5"), Decimal(1)),
    Criterion.SATISFACTION: Scale(Decimal(1), Decimal(5)),
    Criterion.CLAIMS: Scale(Decimal("0.05"), Decimal(0)),
    Criterion.CAPACITY: Scale(Decimal(0), Decimal(1)),
}
"""On window: half of all windows is what no carrier may sink to. Stars as they are given. Claims: one delivery in
twenty, some ten times what is usual. Room: the share of the day's places that is free."""


def scales(*, dear: Decimal, dirty_g: int) -> dict[Criterion, Scale]:
    """Give all scales; what is dear, and how many grams of CO2e are many, a brand says for itself."""
    return {
        **SHARES,
        Criterion.COST: Scale(dear, Decimal(0)),
        Criterion.CO2: Scale(Decimal(dirty_g), Decimal(0)),
    }


def shrink(figure: Figure, mean: Decimal, *, prior: int) -> Decimal:
    """Pull a counted figure towards the mean of all carriers, the more the fewer deliveries it rests on."""
    n = figure.n or 0
    value = mean if figure.value is None else figure.value
    return ((value * n + mean * prior) / (n + prior)).quantize(TO_FIGURES, ROUND_HALF_EVEN)
