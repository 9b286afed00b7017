"""From where a driver is to what each shopper is told: reads a route's progress, forecasts, writes the windows down.

The first, plain forecast is tracking's own; an app above that knows better says so when it is ready:

    arrivals.use(forecasts.foretell)

Whoever foretells arrivals ends in ``shipments.services.estimate_all``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from atlas import travel
from tracking.live import positions
from tracking.rounds import estimate
from tracking.rounds import services as rounds
from tracking.rounds.estimate import Ahead, Arrival, Progress
from tracking.rounds.models import Route, ShiftState, Stop, StopState
from tracking.shipments import services, window
from tracking.shipments.models import Shipment
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause, Window
from tracking.visibility import HIDDEN_AFTER, Fix

AT_MOST_EVERY: Final = timedelta(seconds=15)
ARRIVES_WITHIN: Final = timedelta(minutes=4)
BREAK_SECONDS: Final = 15 * 60.0
"""What is assumed to be left of a break: nobody tells us its end."""


Forecaster = Callable[[Route, Progress, Sequence[Ahead]], list[Arrival]]
"""Foretells the stops ahead on an active route (fetched with its shift and hub), in order; none may be left out."""


def plainly(route: Route, progress: Progress, ahead: Sequence[Ahead]) -> list[Arrival]:
    """Forecast by street times and priors alone."""
    return estimate.forecast(progress, ahead)


_forecasters: Final[list[Forecaster]] = [plainly]


def use(forecaster: Forecaster) -> None:
    """Let this one foretell arrivals from now on; for ``AppConfig.ready``."""
    _forecasters[:] = [forecaster]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What explains a change of the windows besides the driver's pace."""

    change: StopsChange | None
    is_on_break: bool
    is_out_of_touch: bool


def estimate_route(route_id: int, *, at: datetime, change: StopsChange | None = None) -> list[int]:
    """Forecast the stops of an active route and tell the shoppers whose window must change; gives their ids.

    Called on each change of the stops (``change``), and from the sweep, which gets through at most every 15 s a route.
    Twice is harmless.
    """
    not_since = at if change else at - AT_MOST_EVERY
    if not rounds.claim_estimate(route_id, at=at, not_since=not_since):
        return []
    route = Route.objects.select_related("shift", "hub").get(id=route_id)
    pending = list(route.stops.filter(state=StopState.PENDING))
    fix = positions.last_raw_fix(route.shift.driver_id)
    circumstances = Circumstances(
        change=change,
        is_on_break=route.shift.state == ShiftState.ON_BREAK,
        is_out_of_touch=fix is not None and at - fix.recorded_at > HIDDEN_AFTER,
    )
    (forecaster,) = _forecasters
    arrivals = forecaster(route, _progress(route, pending, fix, at=at), _ahead(route, pending, fix))
    if arrivals and arrivals[0].middle - at <= ARRIVES_WITHIN:
        services.approach(pending[0], at=at)
    return services.estimate_all(_windows(arrivals, circumstances), route_id=route_id, at=at)


def cause_of(told: Window | None, found: Window, circumstances: Circumstances) -> Cause:
    """Say in one word why a shopper who was told ``told`` is now told ``found``."""
    if told is None or told.start is None or told.end is None or found.start is None or found.end is None:
        return Cause.FIRST if told is None else Cause.ON_THE_ROAD
    is_later, is_earlier = found.end > told.end, found.start < told.start
    if not (is_later or is_earlier):
        return Cause.NARROWED
    if circumstances.change == StopsChange.REORDERED:
        return Cause.REPLANNED
    if is_later:
        return _cause_of_delay(circumstances)
    return Cause.STOPS_REMOVED if circumstances.change == StopsChange.REMOVED else Cause.AHEAD


def _cause_of_delay(circumstances: Circumstances) -> Cause:
    if circumstances.is_on_break:
        return Cause.BREAK
    if circumstances.is_out_of_touch:
        return Cause.SIGNAL_LOST
    return Cause.STOPS_ADDED if circumstances.change == StopsChange.ADDED else Cause.BEHIND


def _progress(route: Route, pending: Sequence[Stop], fix: Fix | None, *, at: datetime) -> Progress:
    is_on_break = route.shift.state == ShiftState.ON_BREAK
    return Progress(
        at=at,
        seen_at=fix.recorded_at if fix else None,
        at_first_door_since=pending[0].arrived_at if pending else None,
        pause_seconds=BREAK_SECONDS / settings.SPEED if is_on_break else 0.0,
    )


def _ahead(route: Route, pending: Sequence[Stop], fix: Fix | None) -> list[Ahead]:
    """Measure what is left of a route; a driver never heard of is taken to be at the last door, or at the hub."""
    if fix is not None:
        start = (fix.latitude, fix.longitude)
    else:
        done = route.stops.filter(state=StopState.DONE).order_by("-done_at").first()
        place = done or route.hub
        start = (place.latitude, place.longitude)
    legs = travel.legs([start, *((stop.latitude, stop.longitude) for stop in pending)])
    return [
        Ahead(stop.id, leg.seconds / settings.SPEED, stop.service_seconds / settings.SPEED)
        for stop, leg in zip(pending, legs, strict=True)
    ]


def _windows(arrivals: Sequence[Arrival], circumstances: Circumstances) -> dict[int, tuple[Window, Cause]]:
    waiting = Shipment.objects.on_the_road().filter(stop__in=[arrival.stop_id for arrival in arrivals])
    at_stop = {arrival.stop_id: arrival for arrival in arrivals}
    found = {}
    for shipment in waiting.select_related("stop"):
        if shipment.stop is not None:
            arrival = at_stop[shipment.stop.id]
            between = window.between(arrival.low, arrival.high, shipment.zone)
            found[shipment.id] = between, cause_of(shipment.window, between, circumstances)
    return found
