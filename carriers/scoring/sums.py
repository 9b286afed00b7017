"""The sum of a candidate, line by line, and who comes first. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from carriers.criteria import Criterion, Source
from carriers.scoring import scales
from carriers.scoring.scales import MIDDLE, PRIOR, Figure, Scale

HUNDREDTH: Final = Decimal("0.01")
NOTHING: Final = Decimal("0.00000")
UNKNOWN: Final = Figure()


class Basis(StrEnum):
    """What the points of a line rest on."""

    KNOWN = "known"
    SHRUNK = "shrunk"
    MEAN = "mean"
    NEUTRAL = "neutral"


class NotWhole(Exception):
    """Weights are parts of a hundred, none below nothing, and together a hundred."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could carry it, by a name that no other has, and what is known of them."""

    name: str
    figures: Mapping[Criterion, Figure]


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a sum: the figure with its ``n``, the figure ``counted``, the points for it, and their weight.

    ``weight`` is in parts of a hundred.
    """

    criterion: Criterion
    figure: Figure
    counted: Decimal | None
    points: Decimal
    weight: int
    basis: Basis

    @property
    def share(self) -> Decimal:
        """The weight as a share of 1."""
        return self.weight * HUNDREDTH

    @property
    def product(self) -> Decimal:
        """What the line adds to the sum, exactly."""
        return self.points * self.share

    def written(self) -> dict[str, Any]:
        """Write the line down as plain data, every decimal as its digits."""
        return {
            "criterion": self.criterion.value,
            "value": _said(self.figure.value),
            "n": self.figure.n,
            "source": self.figure.source and self.figure.source.value,
            "counted": _said(self.counted),
            "points": str(self.points),
            "weight": self.weight,
            "product": str(self.product),
            "basis": self.basis.value,
        }

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Self:
        """Read what ``written`` wrote, now or before costs said their source."""
        source = line.get("source")
        return cls(
            Criterion(line["criterion"]),
            Figure(_heard(line["value"]), line["n"], source and Source(source)),
            _heard(line["counted"]),
            Decimal(line["points"]),
            line["weight"],
            Basis(line["basis"]),
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """All lines of a candidate; they add up to ``total`` exactly, which is from 0 to 1."""

    name: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """What the lines add up to."""
        return sum((line.product for line in self.lines), start=NOTHING)


@dataclass(frozen=True, slots=True)
class Scorer:
    """What all candidates are measured by: weights in parts of a hundred, scales, and the means of all carriers.

    ``means`` holds the mean of each counted criterion of which anybody has figures.

    Raises ``NotWhole``.
    """

    weights: Mapping[Criterion, int]
    scales: Mapping[Criterion, Scale]
    means: Mapping[Criterion, Decimal]
    _products: dict[tuple[Criterion, Figure], Decimal] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if sum(self.weights.values()) != 100 or min(self.weights.values()) < 0:
            raise NotWhole(f"Together they weigh {sum(self.weights.values())}.")

    def rank(self, candidates: Iterable[Candidate]) -> list[Sum]:
        """Sum candidates up, best first; of equals, the first by name."""
        return sorted(map(self.sum, candidates), key=_place)

    def best(self, candidates: Iterable[Candidate]) -> Candidate | None:
        """Give who ``rank`` would put first, if there is anybody; for many, because it remembers every product."""
        return min(candidates, key=lambda one: (-self.total(one), one.name), default=None)

    def total(self, candidate: Candidate) -> Decimal:
        """Say what the sum of a candidate comes to, without its lines."""
        return sum(
            (self._product(criterion, candidate.figures.get(criterion, UNKNOWN)) for criterion in self._weighing()),
            start=NOTHING,
        )

    def sum(self, candidate: Candidate) -> Sum:
        """Sum a candidate up: a line for each criterion that weighs anything."""
        return Sum(candidate.name, tuple(self._lines(candidate.figures)))

    def line(self, criterion: Criterion, figure: Figure) -> Line:
        """Turn a figure into points, and say on what they rest."""
        counted, basis = self._count(criterion, figure)
        points = MIDDLE if counted is None else self.scales[criterion].points(counted)
        return Line(criterion, figure, counted, points, self.weights.get(criterion, 0), basis)

    def _lines(self, figures: Mapping[Criterion, Figure]) -> Iterator[Line]:
        for criterion in self._weighing():
            yield self.line(criterion, figures.get(criterion, UNKNOWN))

    def _weighing(self) -> Iterator[Criterion]:
        return (criterion for criterion in Criterion if self.weights.get(criterion))

    def _product(self, criterion: Criterion, figure: Figure) -> Decimal:
        key = criterion, figure
        known = self._products.get(key)
        if known is None:
            known = self._products[key] = self.line(criterion, figure).product
        return known

    def _count(self, criterion: Criterion, figure: Figure) -> tuple[Decimal | None, Basis]:
        """Say which figure counts: as it is, pulled to the mean, the mean itself, or none."""
        prior = PRIOR.get(criterion)
        if prior is None:
            return figure.value, Basis.NEUTRAL if figure.value is None else Basis.KNOWN
        mean = self.means.get(criterion)
        if mean is None:
            return None, Basis.NEUTRAL
        is_known = figure.value is not None and bool(figure.n)
        return scales.shrink(figure, mean, prior=prior), Basis.SHRUNK if is_known else Basis.MEAN


def _place(found: Sum) -> tuple[Decimal, str]:
    return -found.total, found.name


def pool(figures: Iterable[Figure]) -> Decimal | None:
    """Give the mean of carriers' figures, each with the weight of what it rests on; ``None`` where there are none."""
    known = [(figure.value, figure.n) for figure in figures if figure.value is not None and figure.n]
    total = sum(n for _value, n in known)
    if not total:
        return None
    return (sum((value * n for value, n in known), start=Decimal(0)) / total).quantize(scales.TO_FIGURES)


def _said(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _heard(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
