"""Charts as numbers: where each mark of an SVG goes, in the units of its view box. Pure; the templates draw.

An axis begins and ends at round values around what is to be seen, and says them: a dot needs no zero.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from desk.insight.measures import Measure
from feedback.insight.reports import Line
from feedback.insight.statistics import Figure

WIDTH: Final = 360
TRACK_FROM: Final = 116.0
TRACK_TO: Final = 304.0
ROW: Final = 24
AXIS: Final = 24
MOST_TICKS: Final = 4
MOST_ROWS: Final = 24
LONGEST_LABEL: Final = 16

TREND_HEIGHT: Final = 150
TREND_FROM: Final = 44.0
TREND_TO: Final = 350.0
TREND_TOP: Final = 10.0
TREND_BOTTOM: Final = 124.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A round value on an axis, and where it lies."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A row: its name, the dot, and the line from one end of the interval to the other; no dot where too few spoke."""

    label: str
    y: str
    text: str
    is_enough: bool
    dot: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Intervals:
    """A figure of several lines, one below the other."""

    measure: Measure
    height: int
    axis_y: int
    ticks: Sequence[Tick]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure over time: a line with the band of its intervals, in pieces where too few spoke in between."""

    measure: Measure
    ticks: Sequence[Tick]
    first: str
    last: str
    pieces: Sequence["Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Days or weeks in a row that can be said something of: the points of the line, the outline of the band, dots."""

    line: str
    band: str
    dots: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a place between two ends."""

    low: float
    high: float
    step: float

    def at(self, value: float, start: float, end: float) -> float:
        """Say where a value lies between two ends."""
        return start + (value - self.low) / (self.high - self.low) * (end - start)

    def ticks(self, measure: Measure, start: float, end: float) -> list[Tick]:
        """List the round values of the axis."""
        values = [self.low + number * self.step for number in range(round((self.high - self.low) / self.step) + 1)]
        return [Tick(_number(self.at(value, start, end)), measure.write(value)) for value in values]


def intervals(measure: Measure, named: Sequence[tuple[str, Line]]) -> Intervals:
    """Lay out a figure of some lines, with their names; of many the first ones alone."""
    shown = named[:MOST_ROWS]
    scale = _scale(measure, [measure.of(line) for _, line in shown])
    marks = [
        _mark(measure, measure.of(line), scale, label=label, y=ROW * row + ROW / 2)
        for row, (label, line) in enumerate(shown)
    ]
    bottom = ROW * len(shown)
    return Intervals(measure, bottom + AXIS, bottom, scale.ticks(measure, TRACK_FROM, TRACK_TO), marks)


def trend(measure: Measure, lines: Sequence[Line]) -> Trend:
    """Lay out a figure of some days or weeks, oldest first."""
    scale = _scale(measure, [measure.of(line) for line in lines])
    days: list[date] = [line.key for line in lines]
    pieces = [_piece(measure, piece, scale, days) for piece in _pieces(measure, lines)]
    ends = [f"{day:%-d %b}" for day in (days[0], days[-1])] if days else ["", ""]
    return Trend(measure, scale.ticks(measure, TREND_BOTTOM, TREND_TOP), ends[0], ends[1], pieces)


def bar(part: int, whole: int) -> str:
    """Say how long the bar of a part is, where that of the whole takes the whole track."""
    return _number((TRACK_TO - TRACK_FROM) * part / whole)


def shorten(label: str) -> str:
    """Cut a name to what fits beside a track."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _mark(measure: Measure, figure: Figure, scale: Scale, *, label: str, y: float) -> Mark:
    text = measure.say(figure)
    if not figure.is_enough or figure.value is None or figure.interval is None:
        return Mark(shorten(label), _number(y), text, is_enough=False)
    places = [scale.at(value, TRACK_FROM, TRACK_TO) for value in (figure.value, *figure.interval)]
    return Mark(shorten(label), _number(y), text, True, *(_number(place) for place in places))


def _pieces(measure: Measure, lines: Iterable[Line]) -> list[list[Line]]:
    """Cut lines into pieces wherever one says too little."""
    pieces: list[list[Line]] = [[]]
    for line in lines:
        if measure.of(line).is_enough:
            pieces[-1].append(line)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _piece(measure: Measure, lines: Sequence[Line], scale: Scale, days: Sequence[date]) -> Piece:
    middle, upper, lower = [], [], []
    for line in lines:
        figure = measure.of(line)
        if figure.value is None or figure.interval is None:
            continue
        x = _number(_day_at(line.key, days))
        y, low, high = (_number(scale.at(v, TREND_BOTTOM, TREND_TOP)) for v in (figure.value, *figure.interval))
        middle.append((x, y))
        upper.append((x, high))
        lower.append((x, low))
    return Piece(_points(middle), _points([*upper, *reversed(lower)]), middle)


def _day_at(day: date, days: Sequence[date]) -> float:
    """Say where a day lies between the first and the last one; in the middle where there is but one."""
    span = (days[-1] - days[0]).days
    along = (day - days[0]).days / span if span else 0.5
    return TREND_FROM + along * (TREND_TO - TREND_FROM)


def _scale(measure: Measure, figures: Iterable[Figure]) -> Scale:
    """Find the finest axis with few ticks that holds all intervals which are said."""
    said = [figure.interval for figure in figures if figure.is_enough and figure.interval is not None]
    low = min((interval.low for interval in said), default=measure.least)
    high = max((interval.high for interval in said), default=measure.most)
    for step in measure.steps:
        first = math.floor((low - measure.least) / step + 1e-9)
        last = max(math.ceil((high - measure.least) / step - 1e-9), first + 1)
        if last - first <= MOST_TICKS:
            return Scale(measure.least + first * step, measure.least + last * step, step)
    return Scale(measure.least, measure.most, measure.steps[-1])


def _points(places: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _number(value: float) -> str:
    """Write a coordinate the way SVG reads it, whatever the reader's language."""
    return f"{value:.1f}"
