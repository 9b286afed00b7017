"""Positions on their way from a driver's phone to the pages that may show them; the database is not on that way.

Two processes may receive the fixes of one driver at once. Each judges them by what it knows, and writes the outcome
down only if that is still what Redis knows (``commit.lua``): the new track, the breadcrumbs and the message to the open
pages together, or nothing. As each process remembers the last track it wrote, one round trip is the rule.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from channels.db import database_sync_to_async
from django.conf import settings

from tracking import connection
from tracking.live import audience, breadcrumbs, commits, messages, track
from tracking.live.messages import Kind
from tracking.live.track import Audience, Step, Track
from tracking.rounds.fixes import RawFix, Verdict
from tracking.shipments.models import Shipment
from tracking.visibility import Fix

TRACK_LASTS_SECONDS: Final = 24 * 60 * 60
MOST_REMEMBERED: Final = 10_000
TRIES: Final = 30
"""Of several requests at once one is always done, so that as many tries are enough for as many requests."""

INTERVAL_MS: Final = 200
"""Between the fixes of one driver, on average: five a second."""

BURST: Final = 25
BURST_AFTER_SILENCE: Final = 7200
"""What a phone collects in two hours out of reach, at one fix a second."""

LIVE_FOR: Final = timedelta(minutes=1)
"""Requests with a fix that is no older keep the pace; older ones may come as fast as they can, within the last two."""


class TooFast(Exception):
    """A driver's devices report more often than any needs to; nothing was kept. Try again after so many seconds."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class _Known:
    """What this process last knew of a driver: as it is written in Redis, and as it reads."""

    written: bytes = b""
    revision: bytes = b""
    track: Track = field(default_factory=Track)
    audience: Audience = field(default_factory=Audience)


_known: dict[int, _Known] = {}

_in_few_threads = partial(database_sync_to_async, thread_sensitive=False)
"""For what needs the database: after a fresh start, a thread and a connection for each request would slow them all."""


async def accept(driver_id: int, raw_fixes: Sequence[RawFix], *, at: datetime) -> list[Verdict]:
    """Judge the fixes of one request, keep them, and show the newest to those who may see it; gives the verdicts.

    The marker never moves back, however many processes take fixes in at once. While Redis is away nothing is shown, and
    the fixes go to the database at once. Twice is harmless.

    Raises ``TooFast``.
    """
    if not raw_fixes:
        return []
    with suppress(*connection.Away):
        for _ in range(TRIES):
            known = _known.get(driver_id, _Known())
            step = track.follow(known.track, raw_fixes, known.audience, at=at, speed=settings.SPEED)
            match await _commit(driver_id, known, step, raw_fixes, at=at):
                case [b"wait", wait_ms]:
                    raise TooFast(math.ceil(wait_ms / 1000))
                case [b"stale", *now_known]:
                    await _learn(driver_id, *now_known, at=at)
                case _:
                    return step.verdicts
    verdicts: list[Verdict] = await _in_few_threads(_keep)(driver_id, raw_fixes, at=at)
    return verdicts


def last_fix_for(shipment: Shipment) -> Fix | None:
    """Give the last fix that the readers of a shipment, fetched ``with_round``, were shown; ``None`` without Redis."""
    if shipment.stop is None:
        return None
    return _read(shipment.stop.route.shift.driver_id).last_shown_at(shipment.stop.id)


def last_raw_fix(driver_id: int) -> Fix | None:
    """Give the last fix of a driver that counted, shown or not: for forecasts, never for a page."""
    seen = _read(driver_id).trail.last
    return Fix(seen.fix.latitude, seen.fix.longitude, seen.fix.heading, seen.moment) if seen else None


async def _commit(
    driver_id: int, known: _Known, step: Step, raw_fixes: Sequence[RawFix], *, at: datetime
) -> commits.Answer:
    """Write a step down, if it was taken from what is still known; gives the script's answer."""
    written = track.encode(step.track)
    is_live = any(at - raw_fix.recorded_at <= LIVE_FOR for raw_fix in raw_fixes)
    answer = await commits.run(
        [
            *(_key(driver_id), audience.key(driver_id), f"doorstep:pace:{driver_id}", breadcrumbs.STREAM),
            known.written,
            known.revision,
            written,
            TRACK_LASTS_SECONDS,
            breadcrumbs.encode(driver_id, _kept(raw_fixes, step.verdicts), at=at),
            connection.CHANNEL,
            _message(step, at=at),
            int(at.timestamp() * 1000),
            INTERVAL_MS if is_live else 0,
            INTERVAL_MS * BURST,
            INTERVAL_MS * len(raw_fixes),
            INTERVAL_MS * BURST_AFTER_SILENCE,
        ]
    )
    if answer == [b"done"]:
        _remember(driver_id, _Known(written, known.revision, step.track, known.audience))
    return answer


def _message(step: Step, *, at: datetime) -> bytes:
    """Put what a step shows into a message; nothing where it shows nothing to anybody."""
    if step.fix is None or not step.shipment_ids:
        return b""
    return messages.encode(Kind.POSITION, step.shipment_ids, messages.position(step.fix, at=at))


async def _learn(driver_id: int, written: bytes, revision: bytes, said: bytes, *, at: datetime) -> None:
    """Remember what another process wrote; an audience that has expired is found anew, for the next try to see."""
    if not revision:
        await _in_few_threads(audience.renew)(driver_id, at=at)
    found = audience.decode(said) if said else Audience()
    _remember(driver_id, _Known(written, revision, track.decode(written), found))


def _remember(driver_id: int, known: _Known) -> None:
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    _known[driver_id] = known


def _keep(driver_id: int, raw_fixes: Sequence[RawFix], *, at: datetime) -> list[Verdict]:
    """Write fixes to the database without showing any; only what the clock says of them can be judged."""
    verdicts = track.follow(Track(), raw_fixes, Audience(), at=at, speed=settings.SPEED).verdicts
    breadcrumbs.keep(driver_id, _kept(raw_fixes, verdicts), at=at)
    return verdicts


def _kept(raw_fixes: Sequence[RawFix], verdicts: Sequence[Verdict]) -> list[RawFix]:
    judged = zip(raw_fixes, verdicts, strict=True)
    return [raw_fix for raw_fix, verdict in judged if verdict is not Verdict.REFUSED]


def _read(driver_id: int) -> Track:
    try:
        written: Any = connection.sync_client().get(_key(driver_id))
    except connection.Away:
        return Track()
    return track.decode(written or b"")


def _key(driver_id: int) -> str:
    return f"doorstep:driver:{driver_id}"
