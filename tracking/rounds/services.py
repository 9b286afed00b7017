"""The only writer of rounds: shifts, routes, stops and devices. Knows nothing of shipments.

What a shopper would notice when a stop is completed or a route sets off is written by ``shipments.services``, which
calls down to here.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Max

from tracking.rounds import signals
from tracking.rounds.models import (
    Device,
    Driver,
    Place,
    Position,
    Route,
    RouteState,
    Shift,
    ShiftState,
    Stop,
    StopState,
)

OUT_OF_THE_WAY: Final = 10_000
"""More stops than any route has."""


class IllegalShiftStep(Exception):
    """A driver cannot go from this state of the shift to that one."""


class AlreadyUnderWay(Exception):
    """The route has set off already, or is over."""


@dataclass(frozen=True, slots=True)
class StopPlan:
    """A stop as a plan names it: a point in degrees, the time at the door, and when the plan expects the driver."""

    latitude: float
    longitude: float
    service_seconds: int = 180
    planned_at: datetime | None = None


SHIFT_STEPS: dict[ShiftState, frozenset[ShiftState]] = {
    ShiftState.PLANNED: frozenset({ShiftState.WORKING}),
    ShiftState.WORKING: frozenset({ShiftState.ON_BREAK, ShiftState.ENDED}),
    ShiftState.ON_BREAK: frozenset({ShiftState.WORKING, ShiftState.ENDED}),
    ShiftState.ENDED: frozenset(),
}


def plan_shift(driver: Driver, *, starts_at: datetime, ends_at: datetime) -> Shift:
    """Enter a driver's working time for one day."""
    return Shift.objects.create(driver=driver, starts_at=starts_at, ends_at=ends_at)


def cancel_shift(shift: Shift) -> None:
    """Take a shift out of the calendar that has not begun, with its routes."""
    Shift.objects.filter(id=shift.id, state=ShiftState.PLANNED).delete()


@transaction.atomic
def move_shift(shift: Shift, to: ShiftState, *, at: datetime) -> Shift:
    """Begin, pause, resume or end a driver's work.

    Raises ``IllegalShiftStep`` where the step is not allowed.
    """
    shift = Shift.objects.select_for_update().get(id=shift.id)
    if to not in SHIFT_STEPS[ShiftState(shift.state)]:
        raise IllegalShiftStep(f"A shift that is {shift.state} cannot become {to}.")
    shift.state = to
    if shift.started_at is None:
        shift.started_at = at
    if to == ShiftState.ENDED:
        shift.ended_at = at
    shift.save(update_fields=["state", "started_at", "ended_at"])
    driver_id = shift.driver_id
    transaction.on_commit(lambda: signals.shift_changed.send_robust(Shift, driver_id=driver_id))
    return shift


def limit_sharing(shift: Shift, *, until: datetime) -> None:
    """Say from when on nobody sees where the driver of a shift is, unless it was said before. Twice is harmless."""
    Shift.objects.filter(id=shift.id, shares_until=None).update(shares_until=until)


@transaction.atomic
def plan_route(shift: Shift, *, hub: Place, departs_at: datetime, stops: Sequence[StopPlan]) -> Route:
    """Write a planned route down: its stops are numbered from 1 in the order given."""
    route = Route.objects.create(shift=shift, hub=hub, departs_at=departs_at)
    Stop.objects.bulk_create(
        Stop(
            route=route,
            sequence=sequence,
            latitude=plan.latitude,
            longitude=plan.longitude,
            service_seconds=plan.service_seconds,
            planned_at=plan.planned_at,
        )
        for sequence, plan in enumerate(stops, start=1)
    )
    return route


def depart_at(route: Route, moment: datetime) -> None:
    """Let a route that has not set off do so at another moment."""
    Route.objects.filter(id=route.id, state=RouteState.PLANNED).update(departs_at=moment)


def drop_empty_routes(shift_ids: Iterable[int]) -> None:
    """Delete the routes of these shifts that have not set off and have no stops to come."""
    planned = Route.objects.filter(shift__in=shift_ids, state=RouteState.PLANNED)
    planned.exclude(stops__state__in=[StopState.PENDING, StopState.DONE]).delete()


def rearrange(route: Route, wanted: Sequence[tuple[int | None, StopPlan]]) -> list[Stop]:
    """Put the stops to come of a locked route in this order, and give them in it; one without an id is made.

    Stops to come that are not named stay, behind the others. What is there in this order already keeps its numbers.
    """
    pending = {stop.id: stop for stop in route.stops.pending()}
    stops = [
        pending.pop(stop_id) if stop_id else Stop(route=route, latitude=plan.latitude, longitude=plan.longitude)
        for stop_id, plan in wanted
    ]
    for stop, (_, plan) in zip(stops, wanted, strict=True):
        stop.service_seconds, stop.planned_at = plan.service_seconds, plan.planned_at
    _number(route, [*stops, *pending.values()])
    Stop.objects.bulk_update([stop for stop in stops if stop.id], ["service_seconds", "planned_at"])
    Stop.objects.bulk_create(stop for stop in stops if not stop.id)
    return stops


def _number(route: Route, stops: Sequence[Stop]) -> None:
    """Count stops on from the last that is not to come; leave alone what is in order already."""
    numbers = [stop.sequence or 0 for stop in stops]
    if all(earlier < later for earlier, later in itertools.pairwise([0, *numbers])):
        return
    first = 1 + (route.stops.exclude(state=StopState.PENDING).aggregate(last=Max("sequence"))["last"] or 0)
    # First out of the way: no two stops of a route may have one number, not even in between.
    route.stops.pending().update(sequence=F("sequence") + OUT_OF_THE_WAY)
    for number, stop in enumerate(stops, start=first):
        stop.sequence = number
    Stop.objects.bulk_update([stop for stop in stops if stop.id], ["sequence"])


@transaction.atomic
def start_route(route: Route, *, at: datetime) -> Route:
    """Set a route off.

    Raises ``AlreadyUnderWay`` where it has set off before.
    """
    route = lock_route(route.id)
    if route.state != RouteState.PLANNED:
        raise AlreadyUnderWay(f"Route {route.id} is {route.state}.")
    route.state = RouteState.ACTIVE
    route.started_at = at
    route.save(update_fields=["state", "started_at"])
    return route


def lock_route(route_id: int) -> Route:
    """Lock a route until the end of the transaction; whoever locks shipments of it too locks the route first."""
    return Route.objects.select_for_update().get(id=route_id)


def arrive(stop: Stop, *, at: datetime) -> None:
    """Note that the driver is at the door. Twice is harmless: the first arrival stands."""
    Stop.objects.filter(id=stop.id, arrived_at=None, state=StopState.PENDING).update(arrived_at=at)


def settle_stop(stop_id: int, state: StopState, *, at: datetime, left_at: datetime | None = None) -> bool:
    """Complete or remove a stop, left now or at ``left_at``, and finish its route with the last one.

    Says whether anything changed.

    Call it with the route locked. Twice is harmless.
    """
    done_at = (left_at or at) if state == StopState.DONE else None
    if not Stop.objects.pending().filter(id=stop_id).update(state=state, done_at=done_at, settled_at=at):
        return False
    Route.objects.active().filter(stops__id=stop_id).exclude(stops__state=StopState.PENDING).update(
        state=RouteState.FINISHED, finished_at=at
    )
    return True


def approach(stop: Stop, *, at: datetime) -> bool:
    """Note that the driver is about to reach a stop. Says whether this was news; twice is harmless."""
    return bool(Stop.objects.pending().filter(id=stop.id, approached_at=None).update(approached_at=at))


def claim_estimate(route_id: int, *, at: datetime, not_since: datetime) -> bool:
    """Claim the right to estimate a route, if nobody did since ``not_since``: one caller of many gets ``True``."""
    return bool(Route.objects.due_for_estimate(not_since=not_since).filter(id=route_id).update(estimated_at=at))


def issue_device(driver: Driver, *, at: datetime) -> Device:
    """Give a driver an address for positions; its key is the secret."""
    return Device.objects.create(driver=driver, created_at=at)


def revoke_device(device: Device, *, at: datetime) -> None:
    """Close an address for positions. Twice is harmless."""
    if Device.objects.live().filter(id=device.id).update(revoked_at=at):
        key = device.key
        transaction.on_commit(lambda: signals.device_revoked.send_robust(Device, key=key))


def keep_positions(positions: Iterable[Position]) -> None:
    """Write breadcrumbs down, a thousand at a time. A fix that is known already is passed over: twice is harmless."""
    Position.objects.bulk_create(positions, batch_size=1000, ignore_conflicts=True)


def forget_positions(*, recorded_before: datetime) -> int:
    """Delete breadcrumbs that have outlived their use; gives their number."""
    return Position.objects.older_than(recorded_before).delete()[0]
