"""Why a time changed: the lines of the window's ledger that a shopper would have noticed, each with its cause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from tracking.shipments.models import WindowChange
from tracking.shipments.window import WORTH_TELLING, Cause, Window
from tracking.words import times


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the time: when, why, what was told from then on, and what had been told before (or nothing)."""

    at: datetime
    when: str
    reason: str
    told: str
    before: str


def tell(ledger: Iterable[WindowChange], *, zone: tzinfo, now: datetime) -> list[Change]:
    """Say why the time is what it is, in the order given; what moved by 5 minutes or less is left out."""
    return [_change(line, zone=zone, now=now) for line in ledger if _is_noticeable(line)]


def _is_noticeable(line: WindowChange) -> bool:
    if not (line.start and line.end and line.previous_start and line.previous_end):
        return True
    return abs(line.start - line.previous_start) > WORTH_TELLING or abs(line.end - line.previous_end) > WORTH_TELLING


def _change(line: WindowChange, *, zone: tzinfo, now: datetime) -> Change:
    told = Window(line.date, line.start and line.start.astimezone(zone), line.end and line.end.astimezone(zone))
    at = line.at.astimezone(zone)
    return Change(
        at=at,
        when=times.capitalised(times.moment(at, now=now)),
        reason=str(Cause(line.cause).label),
        told=times.window(told, now=now),
        before=_before(line, zone=zone, now=now),
    )


def _before(line: WindowChange, *, zone: tzinfo, now: datetime) -> str:
    if line.previous_start is None or line.previous_end is None:
        return ""
    start, end = line.previous_start.astimezone(zone), line.previous_end.astimezone(zone)
    return times.window(Window(start.date(), start, end), now=now)
