"""Who may see a driver now, kept in Redis for every process that receives positions.

Found in the database, kept for at most 30 seconds, so that what only time changes (a window that comes near) comes
right within them, and found anew at every change (``refresh``). Each change takes a turn: whoever read the database
before that turn may not write down what they found.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from tracking import connection, facts, visibility
from tracking.live import publish, watchers
from tracking.live.track import Audience, Viewer
from tracking.rounds.models import Stop
from tracking.shipments.models import Shipment
from tracking.visibility import Door

LONGEST_MS: Final = 30_000
SHORTEST_MS: Final = 20_000
"""How long what was found is kept, by chance: drivers who set off together are not all looked up again together."""

REMEMBERED_SECONDS: Final = 24 * 60 * 60

PUT: Final = Path(__file__).with_name("put.lua").read_text()


def key(driver_id: int) -> str:
    """Name the hash that holds a driver's audience: ``said`` as JSON, and a ``revision`` that differs where it does."""
    return f"doorstep:audience:{driver_id}"


def build(driver_id: int, *, at: datetime) -> Audience:
    """Find in the database who may see a driver, and every door they have. Two queries, however long the round."""
    stops = list(Stop.objects.kept().of_driver(driver_id).select_related("route__shift"))
    if not any(stop.route.shift.is_shared(at=at) for stop in stops):
        return Audience()
    return Audience(doors=tuple(facts.doors_of(stops)), viewers=tuple(_viewers(stops, at=at)))


def refresh(driver_id: int, *, at: datetime) -> None:
    """Find anew who may see a driver, because something about the round has changed.

    Whoever could see the driver and now may not is sent ``hidden``, and no position after it. Twice is harmless. When
    Redis is away nothing happens: nobody is sent a position then either.
    """
    try:
        with connection.sync_client().pipeline() as pipeline:
            pipeline.incr(f"{key(driver_id)}:turn")
            pipeline.expire(f"{key(driver_id)}:turn", REMEMBERED_SECONDS)
            pipeline.delete(key(driver_id))
            turn = str(pipeline.execute()[0])
        _put(driver_id, build(driver_id, at=at), turn=turn)
    except connection.Away:
        return


def renew(driver_id: int, *, at: datetime) -> None:
    """Find anew who may see a driver, because what was found last has expired.

    Raises ``connection.Away``.
    """
    turn = connection.sync_client().get(f"{key(driver_id)}:turn") or b""
    _put(driver_id, build(driver_id, at=at), turn=turn)


def count(driver_id: int) -> int:
    """Say how many open pages may show a driver, as was found last; none while Redis is away."""
    try:
        found: Any = connection.sync_client().get(f"{key(driver_id)}:viewers")
        return watchers.count(orjson.loads(found)) if found else 0
    except connection.Away:
        return 0


def encode(audience: Audience) -> bytes:
    """Write an audience down."""
    return orjson.dumps(audience)


def decode(said: bytes) -> Audience:
    """Read an audience that was written down."""
    known = orjson.loads(said)
    return Audience(
        doors=tuple(Door(**door) for door in known["doors"]),
        viewers=tuple(Viewer(**viewer) for viewer in known["viewers"]),
    )


def _viewers(stops: Sequence[Stop], *, at: datetime) -> Iterator[Viewer]:
    """Choose those who may see the driver of these stops, which is all that ``facts`` asks of their shipments."""
    at_stop: dict[int | None, Stop] = {stop.id: stop for stop in stops}
    waiting = Shipment.objects.on_the_road().filter(stop__in=stops).select_related("brand")
    for shipment in waiting.order_by("id"):
        stop = shipment.stop = at_stop[shipment.stop_id]
        sight = facts.sight_of(shipment, facts.count_stops_before(stop, stops), at=at)
        if visibility.is_driver_visible(sight, at=at):
            yield Viewer(shipment.id, stop.id)


def _put(driver_id: int, audience: Audience, *, turn: str | bytes) -> None:
    """Write an audience down, if nothing has changed since ``turn``, and tell those who dropped out of it."""
    said = encode(audience)
    may_see = {viewer.shipment_id for viewer in audience.viewers}
    before = connection.sync_client().register_script(PUT)(
        keys=[key(driver_id), f"{key(driver_id)}:turn", f"{key(driver_id)}:viewers"],
        args=[
            turn,
            blake2b(said, digest_size=12).hexdigest(),
            said,
            SHORTEST_MS + secrets.randbelow(LONGEST_MS - SHORTEST_MS),
            orjson.dumps(sorted(may_see)),
            REMEMBERED_SECONDS,
        ],
    )
    publish.hidden(sorted(set(orjson.loads(before)) - may_see) if before else [])
