"""The figures that are shown: what each is called, how it is written, and how finely its axis may be divided. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.insight.reports import Line
from feedback.insight.statistics import Figure


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the figures of a line. ``steps`` are what its axis may be divided by, the finest first."""

    name: str
    label: str | Promise
    least: float
    most: float
    steps: Sequence[float]
    write: Callable[[float], str]

    def of(self, line: Line) -> Figure:
        """Give this figure of a line."""
        figure: Figure = getattr(line, self.name)
        return figure

    def say(self, figure: Figure) -> str:
        """Write a figure, or that it rests on too little."""
        if not figure.is_enough or figure.value is None:
            return _("too few to say")
        return self.write(figure.value)

    def say_interval(self, figure: Figure) -> str:
        """Write from where to where a figure may lie; nothing where it is not said."""
        if not figure.is_enough or figure.interval is None:
            return ""
        return _("%(low)s to %(high)s") % {
            "low": self.write(figure.interval.low),
            "high": self.write(figure.interval.high),
        }


def _percent(value: float) -> str:
    return f"{value * 100:.0f} %"


def _stars(value: float) -> str:
    return f"{value:.1f}"


def _score(value: float) -> str:
    # A minus sign, and none before a score that is written as 0.
    return f"{round(value):d}".replace("-", "\N{MINUS SIGN}")


_SHARES: Final = (0.05, 0.1, 0.25)

MEASURES: Final = (
    Measure("stars", gettext_lazy("Stars"), 1, 5, (0.1, 0.2, 0.5, 1), _stars),
    Measure("satisfied", gettext_lazy("Four or five stars"), 0, 1, _SHARES, _percent),
    Measure("nps", gettext_lazy("Net Promoter Score"), -100, 100, (10, 25, 50), _score),
    Measure("response", gettext_lazy("Answered when asked"), 0, 1, _SHARES, _percent),
    Measure("on_time", gettext_lazy("On time"), 0, 1, _SHARES, _percent),
    Measure("first_attempt", gettext_lazy("At the first attempt"), 0, 1, _SHARES, _percent),
)
