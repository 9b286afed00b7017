"""What is known of where a driver is, and what of it may be shown to whom. Pure: a step, with no clock and no Redis.

A track is all that is remembered between two requests; ``positions`` keeps it in Redis and steps it on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson

from tracking import visibility
from tracking.rounds import fixes
from tracking.rounds.fixes import RawFix, Seen, Trail, Verdict
from tracking.visibility import Door, Fix, Hold

DECIMALS: Final = 5
"""Of a degree: a metre, which is all that a page may know."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A shipment whose readers may see the driver now, and the stop whose door is theirs."""

    shipment_id: int
    stop_id: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may see a driver now, and the doors that the position must not give away.

    Without doors there is no round: the driver is not at work, or not on the road, and nothing is shown.
    """

    doors: tuple[Door, ...] = ()
    viewers: tuple[Viewer, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """Where a driver is, what is being held back, and the last fix that was shown: to all, and at one stop alone."""

    trail: Trail = field(default_factory=Trail)
    hold: Hold | None = None
    shown: Fix | None = None
    shown_at_stop: tuple[int, Fix] | None = None

    def last_shown_at(self, stop_id: int) -> Fix | None:
        """Give the last fix that the people behind this stop were shown."""
        own = self.shown_at_stop[1] if self.shown_at_stop and self.shown_at_stop[0] == stop_id else None
        shown = [fix for fix in (own, self.shown) if fix is not None]
        return max(shown, key=lambda fix: fix.recorded_at, default=None)


@dataclass(frozen=True, slots=True)
class Step:
    """What one request changed: the track after it, a verdict for each fix, and whom to show which fix."""

    track: Track
    verdicts: list[Verdict]
    fix: Fix | None = None
    shipment_ids: tuple[int, ...] = ()


def follow(track: Track, raw_fixes: Sequence[RawFix], audience: Audience, *, at: datetime, speed: float) -> Step:
    """Take a track on by the fixes of one request, in the order in which they were recorded.

    Only the newest can be shown, and only if it moved the marker. Demo days run ``speed`` times as fast as the clock.
    """
    trail, verdicts = _judge(track.trail, raw_fixes, at=at, top_speed_mps=fixes.TOP_SPEED_MPS * speed)
    if trail.last is None or trail.last is track.trail.last or not audience.doors:
        return Step(replace(track, trail=trail), verdicts)
    fix = _public(trail.last)
    near = visibility.doors_near(fix.latitude, fix.longitude, audience.doors)
    hold = visibility.next_hold(track.hold, near, at=at, period=visibility.HOLD / speed)
    if at - fix.recorded_at > visibility.HIDDEN_AFTER:
        return Step(replace(track, trail=trail, hold=hold), verdicts)
    readers = tuple([viewer.shipment_id for viewer in audience.viewers if visibility.may_see_fix(viewer.stop_id, hold)])
    return Step(_show(track, fix, trail=trail, hold=hold), verdicts, fix, readers)


def encode(track: Track) -> bytes:
    """Write a track down. Equal tracks are written alike."""
    return orjson.dumps(track, default=sorted)


def decode(written: bytes) -> Track:
    """Read a track that was written down; nothing written is a track of which nothing is known."""
    if not written:
        return Track()
    known = orjson.loads(written)
    last, hold, own = known["trail"]["last"], known["hold"], known["shown_at_stop"]
    return Track(
        trail=Trail(last and _seen(last), tuple(_seen(held) for held in known["trail"]["held"])),
        hold=hold
        and Hold(frozenset(hold["stop_ids"]), _moment(hold["began_at"]), hold["until"] and _moment(hold["until"])),
        shown=known["shown"] and _fix(known["shown"]),
        shown_at_stop=own and (own[0], _fix(own[1])),
    )


def _judge(
    trail: Trail, raw_fixes: Sequence[RawFix], *, at: datetime, top_speed_mps: float
) -> tuple[Trail, list[Verdict]]:
    verdicts = [Verdict.REFUSED] * len(raw_fixes)
    for index in sorted(range(len(raw_fixes)), key=lambda index: raw_fixes[index].recorded_at):
        verdicts[index], trail = fixes.judge(trail, raw_fixes[index], at=at, top_speed_mps=top_speed_mps)
    return trail, verdicts


def _public(seen: Seen) -> Fix:
    """Round a fix to what may be shown; the rule of doors is held on what is shown."""
    fix = seen.fix
    heading = None if fix.heading is None else float(round(fix.heading) % 360)
    return Fix(round(fix.latitude, DECIMALS), round(fix.longitude, DECIMALS), heading, seen.moment)


def _show(track: Track, fix: Fix, *, trail: Trail, hold: Hold | None) -> Track:
    """Remember whom a fix was shown to: everybody, the one stop whose door it is near, or nobody."""
    if hold is None:
        return Track(trail, shown=fix)
    if len(hold.stop_ids) == 1:
        return Track(trail, hold, track.shown, (min(hold.stop_ids), fix))
    return Track(trail, hold, track.shown, track.shown_at_stop)


def _seen(known: dict[str, Any]) -> Seen:
    fix = {**known["fix"], "recorded_at": _moment(known["fix"]["recorded_at"])}
    return Seen(RawFix(**fix), _moment(known["moment"]))


def _fix(known: dict[str, Any]) -> Fix:
    return Fix(**{**known, "recorded_at": _moment(known["recorded_at"])})


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
