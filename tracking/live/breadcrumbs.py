"""Fixes on their way to the database: they wait in a Redis stream until a task writes them down, many at a time.

An entry leaves the stream only once the database has it, and by its own id. Whoever is killed in between leaves it for
the next flush, and the same fix written twice is one row; so nothing is lost and nothing is doubled.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from tracking import connection
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Driver, Position

STREAM: Final = "doorstep:breadcrumbs"
ENTRIES_AT_ONCE: Final = 1000
CLAIM: Final = "doorstep:breadcrumbs:claim"
CLAIM_LASTS_SECONDS: Final = 10
"""As long as a flush of as many entries may take, and as long as a killed one keeps the next from starting."""


def encode(driver_id: int, raw_fixes: Sequence[RawFix], *, at: datetime) -> bytes:
    """Write the fixes of one request down for the stream; of no fixes there is nothing to write."""
    return orjson.dumps([driver_id, at, raw_fixes]) if raw_fixes else b""


def keep(driver_id: int, raw_fixes: Sequence[RawFix], *, at: datetime) -> None:
    """Write the fixes of one request to the database at once. Twice is harmless."""
    _write(_rows(driver_id, raw_fixes, at=at))


def flush() -> None:
    """Move everything that waits to the database. Twice is harmless, and so is being killed.

    One caller of several does the work, as long as it takes no longer than a claim lasts; a second one would only do it
    over again.

    Raises ``connection.Away``.
    """
    client = connection.sync_client()
    if not client.set(CLAIM, b"", nx=True, ex=CLAIM_LASTS_SECONDS):
        return
    try:
        while _flush_some() == ENTRIES_AT_ONCE:
            client.expire(CLAIM, CLAIM_LASTS_SECONDS)
    finally:
        client.delete(CLAIM)


def _flush_some() -> int:
    """Move what has waited longest to the database; gives the number of requests it came in."""
    client = connection.sync_client()
    entries: Any = client.xrange(STREAM, count=ENTRIES_AT_ONCE)
    _write([row for _, entry in entries for row in _read(entry[b"fixes"])])
    if entries:
        client.xdel(STREAM, *(id_ for id_, _ in entries))
    return len(entries)


def _read(entry: bytes) -> list[Position]:
    """Read what ``encode`` wrote."""
    driver_id, received_at, known = orjson.loads(entry)
    raw_fixes = [RawFix(**{**fix, "recorded_at": datetime.fromisoformat(fix["recorded_at"])}) for fix in known]
    return _rows(driver_id, raw_fixes, at=datetime.fromisoformat(received_at))


def _rows(driver_id: int, raw_fixes: Sequence[RawFix], *, at: datetime) -> list[Position]:
    return [
        Position(
            driver_id=driver_id,
            recorded_at=raw_fix.recorded_at,
            received_at=at,
            latitude=raw_fix.latitude,
            longitude=raw_fix.longitude,
            heading=raw_fix.heading,
            speed_mps=raw_fix.speed_mps,
            accuracy_m=raw_fix.accuracy_m,
        )
        for raw_fix in raw_fixes
    ]


def _write(rows: Sequence[Position]) -> None:
    """Write rows down but those of drivers who have been erased since."""
    known = set(Driver.objects.filter(id__in={row.driver_id for row in rows}).values_list("id", flat=True))
    rounds.keep_positions(row for row in rows if row.driver_id in known)
