"""A day's tours over time as numbers: where each bar of an SVG goes, in the units of its view box. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from desk.board.tours import Call, Tour

WIDTH: Final = 1200
TRACK_FROM: Final = 170.0
TRACK_TO: Final = 1170.0
AXIS: Final = 26
ROW: Final = 30
BAR: Final = 16
NARROWEST: Final = 3.0
MOST_TICKS: Final = 16
LONGEST_NAME: Final = 20

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A full hour, and where it lies."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The time at one door. ``calls`` is who is called at there."""

    x: str
    width: str
    state: str
    calls: Sequence[Call]


@dataclass(frozen=True, slots=True)
class Row:
    """One tour: its name, the line from leaving to coming back, its doors, and its break."""

    tour: Tour
    name: str
    y: int
    begins: str
    ends: str
    bars: Sequence[Bar]
    pause: str


@dataclass(frozen=True, slots=True)
class Gantt:
    """All tours, one below the other. ``now`` is empty where that is not on the axis."""

    height: int
    ticks: Sequence[Tick]
    rows: Sequence[Row]
    now: str


@dataclass(frozen=True, slots=True)
class _Axis:
    begins: datetime
    ends: datetime

    def at(self, moment: datetime) -> float:
        share = (moment - self.begins) / (self.ends - self.begins)
        return TRACK_FROM + min(max(share, 0.0), 1.0) * (TRACK_TO - TRACK_FROM)


def draw(tours: Sequence[Tour], *, zone: tzinfo, at: datetime) -> Gantt | None:
    """Lay tours out over time, from the full hour before the first to the one after the last; ``None`` without any."""
    if not tours:
        return None
    moments = [moment for tour in tours for moment in _moments(tour)]
    axis = _Axis(_full_hour(min(moments)), _full_hour(max(moments)) + _HOUR)
    rows = [_row(tour, axis, y=AXIS + ROW * number) for number, tour in enumerate(tours)]
    now = _number(axis.at(at)) if axis.begins <= at <= axis.ends else ""
    return Gantt(AXIS + ROW * len(rows), _ticks(axis, zone), rows, now)


def _moments(tour: Tour) -> list[datetime]:
    doors = [moment for call in tour.calls if call.door for moment in call.door]
    return [tour.departs_at, tour.returns_at, *doors]


def _full_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _ticks(axis: _Axis, zone: tzinfo) -> list[Tick]:
    hours = round((axis.ends - axis.begins) / _HOUR)
    step = -(-hours // MOST_TICKS)
    moments = [axis.begins + hour * _HOUR for hour in range(0, hours + 1, step)]
    return [Tick(_number(axis.at(moment)), f"{moment.astimezone(zone):%H:%M}") for moment in moments]


def _row(tour: Tour, axis: _Axis, *, y: int) -> Row:
    name = f"{tour.number} {tour.driver.given_name} {tour.driver.family_name}".strip()
    return Row(
        tour=tour,
        name=name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
        y=y,
        begins=_number(axis.at(tour.departs_at)),
        ends=_number(axis.at(tour.returns_at)),
        bars=[bar for calls in tour.doors if (bar := _bar(calls, axis))],
        pause=_number(axis.at(tour.pause_at)) if tour.pause_at else "",
    )


def _bar(calls: Sequence[Call], axis: _Axis) -> Bar | None:
    spans = [call.door for call in calls if call.door]
    if not spans:
        return None
    left = axis.at(min(span.begins_at for span in spans))
    width = max(axis.at(max(span.leaves_at for span in spans)) - left, NARROWEST)
    is_done = all(call.is_done for call in calls)
    state = "late" if any(call.is_late for call in calls) else "done" if is_done else "ahead"
    return Bar(_number(left), _number(width), state, calls)


def _number(value: float) -> str:
    return f"{value:.1f}"
