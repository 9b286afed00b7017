"""Where a driver was shown to be at any minute: what their phones reported, followed once more by the same rules.

What came in at one moment came in one request, so that the steps are those that were taken then. Not kept, and so not
followed, are breaks and stops that were taken out; nothing was shown either while Redis was away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.conf import settings

from tracking import facts
from tracking.facts.past import Past
from tracking.live import track
from tracking.live.track import Audience, Track
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Position, Stop, StopState
from tracking.visibility import Fix

RUN_UP: Final = timedelta(minutes=15)
"""Before the first route sets off; where the driver was by then only matters to whether the next fix is believed."""


def last_fix_for(past: Past, *, at: datetime) -> Fix | None:
    """Give the last fix that the readers of a shipment had been shown. Two queries, and a step for each request."""
    own = past.shipment.stop
    if own is None or own.route.started_at is None:
        return None
    since, driver_id = own.route.started_at - RUN_UP, own.route.shift.driver_id
    doors = Stop.objects.filter(route__shift__driver=driver_id, route__started_at__lte=at).select_related(
        "route__shift"
    )
    kept = [stop for stop in doors if stop.id == own.id or stop.state != StopState.REMOVED]
    reported = Position.objects.filter(driver=driver_id, received_at__range=(since, at))
    followed = Track()
    for received_at, fixes in groupby(reported.order_by("received_at", "id"), key=lambda row: row.received_at):
        audience = _audience(kept, at=received_at)
        raw_fixes = [_raw(row) for row in fixes]
        followed = track.follow(followed, raw_fixes, audience, at=received_at, speed=settings.SPEED).track
    return followed.last_shown_at(own.id)


def _audience(stops: Sequence[Stop], *, at: datetime) -> Audience:
    """Give the doors of the routes that were under way, if the driver was at work."""
    return Audience(doors=tuple(facts.doors_of([stop for stop in stops if _is_under_way(stop, at=at)])))


def _is_under_way(stop: Stop, *, at: datetime) -> bool:
    route, shift = stop.route, stop.route.shift
    spans = [(route.started_at, route.finished_at), (shift.started_at, shift.ended_at)]
    return all(start is not None and start <= at and (end is None or at < end) for start, end in spans)


def _raw(row: Position) -> RawFix:
    return RawFix(row.latitude, row.longitude, row.recorded_at, row.heading, row.speed_mps, row.accuracy_m)
