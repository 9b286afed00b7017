"""Writing a plan down: whole routes at once, with who is on them and when they are told to be home."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction

from tracking.rounds import services as rounds
from tracking.rounds.models import Route, RouteState, Stop, StopState
from tracking.rounds.services import StopPlan
from tracking.shipments.lifecycle import FINISHED, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import steps, stops, versions, windows
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause, Window

MAY_BE_LAID: Final = frozenset({*stops.NOT_YET_EXPECTED, Status.PLANNED, Status.ATTEMPTED})
"""Statuses in which a shipment may be put on a route that has not set off."""

BECOME_PLANNED: Final = frozenset({Status.CREATED, Status.AT_HUB, Status.ATTEMPTED})
"""Those of them that are at a hub, or in its stock; what is still on its way there has a stop before it is planned."""


@dataclass(frozen=True, slots=True)
class Door:
    """A stop as a plan wants it, and who waits there."""

    stop: StopPlan
    shipment_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A route as a plan wants it from now on: its stops to come, in order, and what is told by shipment."""

    route_id: int
    doors: Sequence[Door]
    windows: Mapping[int, tuple[Window, Cause]] = field(default_factory=dict)


@transaction.atomic
def lay_out(layouts: Sequence[Layout], *, off: Collection[int] = (), at: datetime) -> list[int]:
    """Give routes these stops to come, put shipments on them, and take others (``off``) off theirs; all or nothing.

    A route that has set off keeps what is on it and gets nothing else; shipments that no plan may move any more are
    passed over, and a stop with one that no door names stays, behind the others. Only who is told another time, is
    moved, is counted anew or takes a step has a new version, so that twice is harmless. Gives the ids of those who are
    told another time.
    """
    named = {shipment_id for layout in layouts for door in layout.doors for shipment_id in door.shipment_ids}
    shipments = _lock(named | {*off}, [layout.route_id for layout in layouts])
    before = {layout.route_id: _stops_before(layout.route_id) for layout in layouts}
    left: dict[int, int | None] = {}
    for layout in layouts:
        left |= _lay(layout, shipments)
    left |= _take_off([shipments[shipment_id] for shipment_id in off if shipment_id in shipments])
    emptied = _settle(left.values(), at=at)
    stepped = _step([shipments[shipment_id] for shipment_id in left], at=at)
    told = windows.write(_found(layouts, shipments), at=at)
    counted = {route_id: _differing(counts, _stops_before(route_id)) for route_id, counts in before.items()}
    versions.touch(sorted({*left, *told}.union(*counted.values()) - stepped), at=at)
    changes = {route_id: StopsChange.REORDERED for route_id, shipment_ids in counted.items() if shipment_ids}
    changes |= dict.fromkeys(emptied, StopsChange.REMOVED)
    changes |= {stop.route_id: StopsChange.ADDED for moved in left if (stop := shipments[moved].stop) is not None}
    for route_id, change in changes.items():
        versions.announce_stops(route_id, change)
    if told:
        versions.announce_windows(told)
    return told


def _lock(shipment_ids: Collection[int], route_ids: Sequence[int]) -> dict[int, Shipment]:
    """Lock routes and shipments, in their order; gives the shipments by id."""
    here = Route.objects.filter(stops__shipments__in=shipment_ids).values_list("id", flat=True)
    for route_id in sorted({*route_ids, *here}):
        rounds.lock_route(route_id)
    chosen = Shipment.objects.filter(id__in=shipment_ids).select_related("stop__route").order_by("id")
    return {shipment.id: shipment for shipment in chosen.select_for_update(of=("self",))}


def _lay(layout: Layout, shipments: Mapping[int, Shipment]) -> dict[int, int | None]:
    """Put the stops of a route in order and everybody on theirs; gives the stops that were left, by shipment."""
    route = Route.objects.select_related("hub").get(id=layout.route_id)
    doors = [(door, here) for door in layout.doors if (here := _of_door(door, route, shipments))]
    known: set[int] = set()
    wanted = [(_stop_of(door, here, route, known), door.stop) for door, here in doors]
    left: dict[int, int | None] = {}
    for stop, (_, here) in zip(rounds.rearrange(route, wanted), doors, strict=True):
        for shipment in here:
            if shipment.stop_id != stop.id:
                left[shipment.id] = shipment.stop_id
                shipment.stop, shipment.hub = stop, route.hub
                shipment.save(update_fields=["stop", "hub"])
    return left


def _of_door(door: Door, route: Route, shipments: Mapping[int, Shipment]) -> list[Shipment]:
    """Choose those of a door that may be on a route."""
    known = [shipments[shipment_id] for shipment_id in door.shipment_ids if shipment_id in shipments]
    return [shipment for shipment in known if _may_be_on(route, shipment)]


def _may_be_on(route: Route, shipment: Shipment) -> bool:
    if shipment.stop is not None and shipment.stop.is_pending and shipment.stop.route_id == route.id:
        return shipment.status not in FINISHED
    return route.state == RouteState.PLANNED and shipment.status in MAY_BE_LAID


def _stop_of(door: Door, here: Sequence[Shipment], route: Route, known: set[int]) -> int | None:
    """Find the stop of a route that a door is already; none twice."""
    point = (door.stop.latitude, door.stop.longitude)
    for stop in (shipment.stop for shipment in here):
        is_it = stop and stop.is_pending and stop.route_id == route.id and (stop.latitude, stop.longitude) == point
        if stop is not None and is_it and stop.id not in known:
            known.add(stop.id)
            return stop.id
    return None


def _take_off(shipments: Iterable[Shipment]) -> dict[int, int | None]:
    """Take shipments off stops of routes that have not set off; gives the stops that were left, by shipment."""
    left: dict[int, int | None] = {}
    for shipment in shipments:
        if shipment.stop is not None and shipment.stop.is_pending and shipment.stop.route.state == RouteState.PLANNED:
            left[shipment.id] = shipment.stop_id
            shipment.stop = None
            shipment.save(update_fields=["stop"])
    return left


def _settle(stop_ids: Iterable[int | None], *, at: datetime) -> set[int]:
    """Remove the stops that nobody is left at; gives the routes they were on."""
    left = Stop.objects.pending().filter(id__in=[stop_id for stop_id in stop_ids if stop_id])
    empty = left.exclude(shipments__in=Shipment.objects.unfinished())
    return {stop.route_id for stop in empty if rounds.settle_stop(stop.id, StopState.REMOVED, at=at)}


def _step(shipments: Iterable[Shipment], *, at: datetime) -> set[int]:
    """Record the steps that follow from being put on a route, or taken off; gives the ids of who took one."""
    stepped = set()
    for shipment in shipments:
        if shipment.stop is not None and shipment.status in BECOME_PLANNED:
            steps.record(shipment, Status.PLANNED, at=at)
            stepped.add(shipment.id)
        elif shipment.stop is None and shipment.status == Status.PLANNED:
            steps.record(shipment, Status.AT_HUB, at=at)
            stepped.add(shipment.id)
    return stepped


def _found(layouts: Sequence[Layout], shipments: Mapping[int, Shipment]) -> dict[int, tuple[Window, Cause]]:
    """Collect the windows of those who are on the routes that these windows are of."""
    return {
        shipment_id: found
        for layout in layouts
        for shipment_id, found in layout.windows.items()
        if (stop := shipments[shipment_id].stop) is not None and stop.route_id == layout.route_id
    }


def _stops_before(route_id: int) -> dict[int, int]:
    """Count the stops before each shipment that a driver has with them on a route."""
    pending = list(Stop.objects.pending().filter(route=route_id).values_list("id", flat=True))
    waiting = Shipment.objects.on_the_road().filter(stop__in=pending).values_list("id", "stop_id")
    return {shipment_id: pending.index(stop_id) for shipment_id, stop_id in waiting}


def _differing(before: Mapping[int, int], after: Mapping[int, int]) -> set[int]:
    return {shipment_id for shipment_id, count in after.items() if before.get(shipment_id) != count}
