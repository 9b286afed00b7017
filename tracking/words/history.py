"""What happened so far, newest first, by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from tracking.facts import EventFact
from tracking.words import times

MOST: Final = 60
"""Lines on the page; a longer history is in the text version."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: the time of day (empty where nobody said it), what it was, and where."""

    at: datetime
    clock: str
    label: str
    place: str


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day, and how people call that day."""

    label: str
    lines: list[Line]


def days(events: Sequence[EventFact], *, now: datetime) -> list[Day]:
    """Group the newest events by the day on which they happened."""
    newest = events[-MOST:][::-1]
    return [
        Day(
            times.capitalised(times.day(date, today=now.date())),
            [Line(event.at, _clock(event), event.label, event.place) for event in same_day],
        )
        for date, same_day in groupby(newest, key=lambda event: event.at.date())
    ]


def _clock(event: EventFact) -> str:
    return times.clock(event.at) if event.has_time else ""
