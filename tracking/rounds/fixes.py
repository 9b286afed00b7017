"""What a device reports, and whether it may move the marker. Pure.

Phones report late, twice, out of order, with a wrong clock, and now and then from somewhere they are not. Whatever they
report is kept; the marker follows only what is newer than where it stands and could have been reached since.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from atlas import projection

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
TOP_SPEED_MPS: Final = 70.0
CONFIRMATIONS: Final = 2
SHORTEST_INTERVAL_SECONDS: Final = 1.0
"""Two fixes nearer in time are judged as if a second lay between: what lies between them is noise, not speed."""

MOST_ALLOWANCE_M: Final = 100.0
"""However little a device trusts a fix, no more than this is put down to its accuracy: a vague jump is a jump."""


@dataclass(frozen=True, slots=True)
class RawFix:
    """A fix as it was reported, in degrees, metres and seconds; what the device does not know is ``None``."""

    latitude: float
    longitude: float
    recorded_at: datetime
    heading: float | None = None
    speed_mps: float | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A fix, and the moment it speaks of: never later than it came in, whatever the device's clock says."""

    fix: RawFix
    moment: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a driver is: the last fix that counted, and the fixes of a jump that nothing has confirmed yet."""

    last: Seen | None = None
    held: tuple[Seen, ...] = ()


class Verdict(StrEnum):
    """What becomes of a fix. All but the refused ones are kept."""

    NEWEST = "newest"
    LATE = "late"
    HELD = "held"
    REFUSED = "refused"


def judge(trail: Trail, fix: RawFix, *, at: datetime, top_speed_mps: float = TOP_SPEED_MPS) -> tuple[Verdict, Trail]:
    """Say what becomes of a fix that came in ``at``, and where the driver is from then on.

    Only ``NEWEST`` moves the marker. A fix that could not have been reached is ``HELD``; so is the next that could be
    reached from it; the one after that is believed. Any fix that fits the trail drops what is held, and one as old as
    the last that counted, the same one again for instance, is ``LATE`` and neither confirms nor drops anything.
    """
    if fix.recorded_at - at > FUTURE_TOLERANCE:
        return Verdict.REFUSED, trail
    if trail.last is not None and fix.recorded_at <= trail.last.fix.recorded_at:
        return Verdict.LATE, trail
    seen = Seen(fix, min(fix.recorded_at, at))
    if trail.last is None or _is_reachable(trail.last, seen, top_speed_mps):
        return Verdict.NEWEST, Trail(seen)
    return _hold(trail, seen, top_speed_mps)


def _hold(trail: Trail, seen: Seen, top_speed_mps: float) -> tuple[Verdict, Trail]:
    """Judge a fix that cannot be reached from the trail by the jump that is held, if one is."""
    before = trail.held[-1] if trail.held else None
    if before is not None and seen.fix.recorded_at <= before.fix.recorded_at:
        return Verdict.LATE, trail
    goes_on = before is not None and _is_reachable(before, seen, top_speed_mps)
    held = (*trail.held, seen) if goes_on else (seen,)
    if len(held) > CONFIRMATIONS:
        return Verdict.NEWEST, Trail(seen)
    return Verdict.HELD, Trail(trail.last, held)


def _is_reachable(start: Seen, end: Seen, top_speed_mps: float) -> bool:
    distance_m = projection.distance_m(start.fix.latitude, start.fix.longitude, end.fix.latitude, end.fix.longitude)
    seconds = max((end.moment - start.moment).total_seconds(), SHORTEST_INTERVAL_SECONDS)
    return bool(distance_m <= top_speed_mps * seconds + _allowance_m(start.fix) + _allowance_m(end.fix))


def _allowance_m(fix: RawFix) -> float:
    return min(fix.accuracy_m or 0.0, MOST_ALLOWANCE_M)
