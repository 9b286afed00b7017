"""Shipments on stops: which door, which route, and what the others on that route notice."""

from datetime import datetime
from typing import Final

from django.db import transaction

from tracking.rounds import services as rounds
from tracking.rounds.models import Route, Stop, StopState
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import versions
from tracking.shipments.signals import StopsChange

EXPECTED: Final = frozenset({Status.PLANNED, Status.OUT_FOR_DELIVERY})
"""Statuses in which somebody waits for a driver at a stop."""

NOT_YET_EXPECTED: Final = frozenset({Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB})
"""Statuses in which a shipment may have its stop already, on a route of later."""


def is_off_the_round(before: Status, after: Status) -> bool:
    """Say whether a shipment that goes from one status to another has nobody on the way to its stop any more."""
    return after not in (EXPECTED if before in EXPECTED else EXPECTED | NOT_YET_EXPECTED)


@transaction.atomic
def assign(shipment: Shipment, stop: Stop, *, at: datetime) -> None:
    """Put a shipment on a stop of a route; the stop it was on before goes when nobody else is waiting there."""
    shipment = versions.lock(shipment, and_route_id=stop.route_id)
    left, shipment.stop, shipment.hub = shipment.stop, stop, stop.route.hub
    shipment.save(update_fields=["stop", "hub"])
    versions.touch([shipment.id], at=at)
    if left is not None and left.id != stop.id:
        leave(left, shipment, StopState.REMOVED, at=at)
        versions.announce_stops(left.route_id, StopsChange.REMOVED)
    versions.announce_stops(stop.route_id, StopsChange.ADDED)


@transaction.atomic
def withdraw(shipment: Shipment, *, at: datetime) -> None:
    """Take a shipment off its stop before the driver got there; the stop goes when nobody else is waiting at it."""
    shipment = versions.lock(shipment)
    stop = shipment.stop
    if stop is None:
        return
    shipment.stop = None
    shipment.save(update_fields=["stop"])
    versions.touch([shipment.id], at=at)
    leave(stop, shipment, StopState.REMOVED, at=at)
    versions.announce_stops(stop.route_id, StopsChange.REMOVED)
    versions.announce_windows([shipment.id])


@transaction.atomic
def set_off(route: Route, *, at: datetime) -> Route:
    """Start a route: everything loaded for it is on its way from now on.

    Raises ``rounds.services.AlreadyUnderWay`` where it has set off before.
    """
    route = rounds.start_route(route, at=at)
    loaded = Shipment.objects.filter(stop__route=route, status=Status.OUT_FOR_DELIVERY)
    versions.touch(list(loaded.values_list("id", flat=True)), at=at)
    versions.announce_stops(route.id, StopsChange.SET_OFF)
    return route


@transaction.atomic
def approach(stop: Stop, *, at: datetime) -> None:
    """Note that the driver is about to reach a stop. Twice is harmless."""
    rounds.lock_route(stop.route_id)
    if not rounds.approach(stop, at=at):
        return
    waiting = Shipment.objects.filter(stop=stop, status=Status.OUT_FOR_DELIVERY)
    ids = list(waiting.values_list("id", flat=True))
    versions.touch(ids, at=at)
    versions.announce_windows(ids)


def leave(stop: Stop, shipment: Shipment, state: StopState, *, at: datetime, left_at: datetime | None = None) -> None:
    """Settle a stop that a shipment has left once nothing is to do there, and count anew for those after it.

    A visited stop is done although a parcel that was never loaded was meant for it too. The shipment itself has its
    new version already. Whoever left it did so at ``left_at``, where that was before ``at``.
    """
    keeps_it = {Status.OUT_FOR_DELIVERY} if state == StopState.DONE else EXPECTED
    if Shipment.objects.filter(stop=stop, status__in=keeps_it).exists():
        return
    if rounds.settle_stop(stop.id, state, at=at, left_at=left_at):
        behind = Shipment.objects.on_the_road().filter(stop__route=stop.route_id, stop__sequence__gt=stop.sequence)
        versions.touch(list(behind.exclude(id=shipment.id).values_list("id", flat=True)), at=at)
        versions.announce_stops(stop.route_id, StopsChange.DONE if state == StopState.DONE else StopsChange.REMOVED)
