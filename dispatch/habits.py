"""How busy a hub's roads usually are: published figures, corrected by what its own drives took.

The correction is in two steps, each shrunk: how much slower the hub is than the figures at all hours, then how each
hour differs from that. ``services.habits`` writes down what drives took.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import F, Sum

from dispatch import factors
from dispatch.missing import Missing
from dispatch.models.fleet import Hub

DAYS: Final = 90
"""How far back drives teach: a season."""

LEVEL_SECONDS: Final = 4 * 3600.0
"""The published level weighs as much as so many seconds of a hub's own driving."""

HOUR_SECONDS: Final = 2 * 3600.0
"""The published shape weighs, in each hour, as much as so many."""

_SATURDAY: Final = 6  # by ISO; Sunday is 7


@dataclass(frozen=True, slots=True)
class Driven:
    """What drives took in an hour of a kind of day, and would have on an empty road."""

    kind: str
    hour: int
    seconds: float
    empty_seconds: float


@dataclass(frozen=True, slots=True)
class Habits:
    """By what drives take longer than on an empty road, by kind of day and hour, in fair weather."""

    hours: Mapping[str, Sequence[float]]
    learned_from_seconds: float = 0.0

    @property
    def missing(self) -> frozenset[Missing]:
        """Say whether this is published figures rather than the hub's own."""
        return frozenset({Missing.TRIPS} if self.learned_from_seconds < LEVEL_SECONDS else ())

    def factor(self, day: date, hour: int) -> float:
        """Give the factor of an hour, local time."""
        return self.hours[kind_of(day.isoweekday())][hour]


def kind_of(weekday: int) -> str:
    """Say what kind of day an ISO weekday is, in the words of the table of factors."""
    return {_SATURDAY: "saturday", _SATURDAY + 1: "sunday"}.get(weekday, "weekday")


def of_hub(hub: Hub, *, on: date) -> Habits:
    """Look up how busy a hub's roads usually are, by what was driven in the months before a day."""
    driven = hub.driven_hours.filter(day__lt=on, day__gte=on - timedelta(days=DAYS))
    sums = (
        driven.values("hour", weekday=F("day__iso_week_day"))
        .annotate(took=Sum("seconds"), empty=Sum("empty_seconds"))
        .order_by()
    )
    rows = [Driven(kind_of(row["weekday"]), row["hour"], row["took"], row["empty"]) for row in sums]
    return learn(rows, published=factors.table("travel", on=on)["hours"])


def learn(driven: Iterable[Driven], *, published: Mapping[str, Sequence[float]]) -> Habits:
    """Correct published factors by what was driven. Without any it gives them back."""
    took: defaultdict[tuple[str, int], float] = defaultdict(float)
    empty: defaultdict[tuple[str, int], float] = defaultdict(float)
    for row in driven:
        took[row.kind, row.hour] += row.seconds
        empty[row.kind, row.hour] += row.empty_seconds
    foretold = sum(seconds * published[kind][hour] for (kind, hour), seconds in empty.items())
    level = (sum(took.values()) + LEVEL_SECONDS) / (foretold + LEVEL_SECONDS)

    def corrected(kind: str, hour: int, factor: float) -> float:
        return (took[kind, hour] + HOUR_SECONDS * level * factor) / (empty[kind, hour] + HOUR_SECONDS)

    return Habits(
        hours={
            kind: tuple(corrected(kind, hour, factor) for hour, factor in enumerate(hours))
            for kind, hours in published.items()
        },
        learned_from_seconds=sum(empty.values()),
    )
