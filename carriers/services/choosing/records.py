"""A choice as it is written down: all that its sums were worked out from, so that they can be worked out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from carriers.criteria import Criterion
from carriers.models.choices import Choice
from carriers.scoring.scales import Scale
from carriers.scoring.sums import Candidate, Line, Scorer, Sum
from carriers.services.choosing.market import WhyNot


@dataclass(frozen=True, slots=True)
class Told:
    """A candidate as it stands in the record: its name as it was then, and its sum."""

    name: str
    sum: Sum


@dataclass(frozen=True, slots=True)
class Account:
    """What a choice was made from: how carriers were measured, the sums, best first, and why others had none."""

    scorer: Scorer
    ranked: Sequence[Told]
    refused: Sequence[tuple[str, WhyNot]]

    def written(self) -> dict[str, Any]:
        """Write it down as plain data, every decimal as its digits."""
        scales = self.scorer.scales.items()
        return {
            "weights": {criterion.value: weight for criterion, weight in self.scorer.weights.items()},
            "scales": {criterion.value: [str(scale.worst), str(scale.best)] for criterion, scale in scales},
            "means": {criterion.value: str(mean) for criterion, mean in self.scorer.means.items()},
            "ranked": [
                {
                    "carrier": told.sum.name,
                    "name": told.name,
                    "total": str(told.sum.total),
                    "lines": [line.written() for line in told.sum.lines],
                }
                for told in self.ranked
            ],
            "refused": [{"name": name, "why": why.value} for name, why in self.refused],
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read what ``written`` wrote."""
        scorer = Scorer(
            weights={Criterion(name): weight for name, weight in record["weights"].items()},
            scales={Criterion(name): Scale(Decimal(w), Decimal(b)) for name, (w, b) in record["scales"].items()},
            means={Criterion(name): Decimal(mean) for name, mean in record["means"].items()},
        )
        ranked = [
            Told(one["name"], Sum(one["carrier"], tuple(Line.read(line) for line in one["lines"])))
            for one in record["ranked"]
        ]
        return cls(scorer, ranked, [(one["name"], WhyNot(one["why"])) for one in record["refused"]])

    def again(self) -> list[Sum]:
        """Work the sums out once more from the figures in the record; what comes out is what was printed."""
        figures = {told.sum.name: {line.criterion: line.figure for line in told.sum.lines} for told in self.ranked}
        return self.scorer.rank(Candidate(name, known) for name, known in figures.items())


def of(choice: Choice) -> Account:
    """Read the account of a choice."""
    return Account.read(choice.account)
