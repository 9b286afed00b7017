"""Who may see the driver, and which fix may leave the house. Pure rules, used by every representation and every socket.

Three rules together (FEATURES T4 to T6):

1. A shopper sees the driver only while their own parcel is on the way, the driver is working, and few stops remain or
   the window is near; both thresholds are the brand's.
2. A fix near a door belongs to the people behind that door. Nobody else sees it, or anything newer, until the driver
   has left.
3. What was held back comes out at a multiple of a fixed time after it began, so that the gap does not tell how long the
   driver stayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from atlas import projection
from tracking.shipments.lifecycle import Status

NEIGHBOUR_RADIUS_M: Final = 80.0
"""The promise is 75 m; the rest covers rounding of what is published."""

HOLD: Final = timedelta(minutes=3)
STALE_AFTER: Final = timedelta(seconds=60)
HIDDEN_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sight:
    """What rule 1 needs to know of a shipment and of the driver who has it.

    ``stops_before`` is ``None`` where the shipment is at no pending stop of a route that is on the road.
    """

    status: Status
    stops_before: int | None
    window_start: datetime | None
    from_stops: int
    from_minutes: int
    is_driver_working: bool


@dataclass(frozen=True, slots=True)
class Door:
    """A customer's stop on a route, as far as the position must keep away from it: degrees."""

    stop_id: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a driver was seen: degrees, the heading in degrees clockwise from north where it is known."""

    latitude: float
    longitude: float
    heading: float | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Fixes are being held back because of these doors. ``until`` is set once the driver has left them."""

    stop_ids: frozenset[int]
    began_at: datetime
    until: datetime | None = None

    def lasts(self, at: datetime) -> bool:
        return self.until is None or at < self.until


def is_driver_visible(sight: Sight, *, at: datetime) -> bool:
    """Say whether the shopper may see where the driver is (rule 1)."""
    if sight.status is not Status.OUT_FOR_DELIVERY or sight.stops_before is None or not sight.is_driver_working:
        return False
    is_window_near = sight.window_start is not None and sight.window_start - at <= timedelta(minutes=sight.from_minutes)
    return sight.stops_before <= sight.from_stops or is_window_near


def doors_near(latitude: float, longitude: float, doors: Sequence[Door]) -> frozenset[int]:
    """Name the stops whose doors are so near to a point that it would give them away."""
    if not doors:
        return frozenset()
    distances = projection.distance_m(
        latitude, longitude, [door.latitude for door in doors], [door.longitude for door in doors]
    )
    return frozenset(
        door.stop_id for door, distance in zip(doors, distances, strict=True) if distance <= NEIGHBOUR_RADIUS_M
    )


def next_hold(hold: Hold | None, near: frozenset[int], *, at: datetime, period: timedelta = HOLD) -> Hold | None:
    """Say what is held back once a fix near these doors has come in at ``at`` (rules 2 and 3); ``None`` is nothing.

    ``period`` is positive; a demo that runs faster than the clock divides it by its speed.
    """
    current = hold if hold is not None and hold.lasts(at) else None
    if near:
        began_at = current.began_at if current else at
        return Hold(near | (current.stop_ids if current else frozenset()), began_at)
    if current is not None and current.until is None:
        periods = max(ceil((at - current.began_at) / period), 1)
        return replace(current, until=current.began_at + periods * period)
    return current


def may_see_fix(own_stop_id: int | None, hold: Hold | None) -> bool:
    """Say whether a fix that came in under ``hold`` may be shown at this stop (rule 2)."""
    return hold is None or hold.stop_ids <= {own_stop_id}


def is_shown(fix: Fix, doors: Sequence[Door], own_stop_id: int | None, *, at: datetime) -> bool:
    """Say whether a fix that was public once may still be shown: not too old, and near no door that was added since."""
    near = doors_near(fix.latitude, fix.longitude, doors)
    return at - fix.recorded_at <= HIDDEN_AFTER and near <= {own_stop_id}
