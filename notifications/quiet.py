"""Quiet hours by the clock of the recipient, on the nights too when that clock is changed. Pure.

Quiet hours begin when the clock first shows their beginning and end when it last shows their end: the hour that is
repeated wakes nobody. A time that is skipped counts as the moment at which the clock is put forward.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


def until(at: datetime, zone: tzinfo, quiet_from: time, quiet_until: time) -> datetime | None:
    """Say when the quiet hours end that hold at a moment; ``None`` where none do. Equal ends mean no quiet hours."""
    moment = at.astimezone(UTC)
    while (end := _end_of(moment, zone, quiet_from, quiet_until)) is not None:
        moment = end
    return moment if moment != at else None


def _end_of(moment: datetime, zone: tzinfo, quiet_from: time, quiet_until: time) -> datetime | None:
    if quiet_from == quiet_until:
        return None
    nights = 1 if quiet_until < quiet_from else 0
    today = moment.astimezone(zone).date()
    for evening in (today - DAY, today):
        begin = _first_shown(evening, quiet_from, zone)
        end = _last_shown(evening + nights * DAY, quiet_until, zone)
        if begin <= moment < end:
            return end
    return None


def _first_shown(day: date, clock: time, zone: tzinfo) -> datetime:
    return min(_shown(day, clock, zone))


def _last_shown(day: date, clock: time, zone: tzinfo) -> datetime:
    return max(_shown(day, clock, zone))


def _shown(day: date, clock: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """Give the first and the last moment at which a clock shows a time; they differ only in a repeated hour."""
    written = datetime.combine(day, clock, tzinfo=zone)
    first, last = written.astimezone(UTC), written.replace(fold=1).astimezone(UTC)
    if last < first:
        first = last = _put_forward(last, first, zone)
    return first, last


def _put_forward(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Find the one moment between two at which the clock is put forward, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after.replace(microsecond=0)
