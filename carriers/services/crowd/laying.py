"""What is laid for a courier who accepted: a shift, a route, its stops and the link to the driver's page; and undone.

From here on a courier is a driver like all others: they scan at the hub, set off, and prove what they handed over.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise, permutations
from typing import Final

from django.conf import settings
from django.urls import reverse

from atlas import travel
from carriers.models.crowd import Courier, Offer
from carriers.services import places
from carriers.services.places import Point
from dispatch.services.publishing import AFTER, BEFORE
from driving.services import links
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, Shift, ShiftState, StopState
from tracking.rounds.services import StopPlan
from tracking.shipments import services as shipments
from tracking.shipments import window
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment, ShipmentQuerySet
from tracking.shipments.services import Door, Layout
from tracking.shipments.window import Cause, Window

TO_THE_HUB: Final = timedelta(minutes=15)
"""How long whoever accepts has to come to the hub, before the route is to leave."""

AT_THE_DOOR: Final = timedelta(minutes=3)
LINGERS: Final = timedelta(hours=1)


def carried(offer: Offer) -> ShipmentQuerySet:
    """Find what is in an offer still."""
    return Shipment.objects.filter(offered__offer=offer, offered__until=None)


def lay(offer: Offer, courier: Courier, *, at: datetime) -> Route:
    """Plan the errand of a locked offer for a courier: give them a shift, a route and the link to their page.

    What may not be brought any more is left out. Shoppers hear when to expect them, where that is news.
    """
    waiting = list(carried(offer).order_by("latitude", "longitude", "id"))
    doors = {point: list(here) for point, here in groupby(waiting, key=_point)}
    hub = (offer.hub.latitude, offer.hub.longitude)
    order = _shortest(hub, list(doors))
    drives = [timedelta(seconds=leg.seconds * courier.vehicle_type.pace) for leg in travel.legs([hub, *order])]
    leaves_at = max(at + TO_THE_HUB, offer.earliest - drives[0])
    ends_at = leaves_at + sum(drives, timedelta()) + AT_THE_DOOR * len(order) + LINGERS
    shift = rounds.plan_shift(courier.driver, starts_at=at, ends_at=max(ends_at, offer.latest))
    route = rounds.plan_route(shift, hub=offer.hub, departs_at=leaves_at, stops=[])
    laid: list[Door] = []
    windows: dict[int, tuple[Window, Cause]] = {}
    there_at = leaves_at
    for point, drive in zip(order, drives, strict=True):
        there_at += drive
        plan = StopPlan(*point, service_seconds=int(AT_THE_DOOR.total_seconds()), planned_at=there_at)
        laid.append(Door(plan, tuple(shipment.id for shipment in doors[point])))
        windows |= {shipment.id: (_window(offer, shipment, there_at), Cause.PLANNED) for shipment in doors[point]}
        there_at += AT_THE_DOOR
    shipments.lay_out([Layout(route.id, laid, windows)], at=at)
    links.issue(shift, at=at)
    return route


def page_of(shift: Shift) -> str:
    """Give the address of the driver's page of a shift, where there is one."""
    link = shift.drive_links.good().order_by("-id").first()
    return f"{settings.BASE_URL}{reverse('driving:page', args=[link.token])}" if link else ""


def is_loaded(offer: Offer) -> bool:
    """Say whether anything of an accepted offer has been taken on board, or done at a door. Locks its routes."""
    if offer.shift is None:
        return False
    for route in offer.shift.routes.order_by("id"):
        rounds.lock_route(route.id)
    mine = carried(offer)
    parcels = Parcel.objects.filter(shipment__in=mine, status=Status.OUT_FOR_DELIVERY)
    visited = offer.shift.routes.filter(stops__state=StopState.DONE)
    return mine.filter(status=Status.OUT_FOR_DELIVERY).exists() or parcels.exists() or visited.exists()


def undo(offer: Offer, *, at: datetime) -> bool:
    """Take a locked offer off the courier who has loaded nothing of it. Says whether that was done."""
    if is_loaded(offer):
        return False
    _leave(offer, carried(offer), at=at)
    end_shift(offer, at=at)
    return True


def take_off(offer: Offer, some: Iterable[Shipment], *, at: datetime) -> bool:
    """Take shipments off the route of a locked offer of which nothing is loaded. Says whether that was done."""
    if is_loaded(offer):
        return False
    _leave(offer, carried(offer).filter(id__in=[shipment.id for shipment in some]), at=at)
    return True


def end_shift(offer: Offer, *, at: datetime) -> None:
    """End the shift of an offer, or take it out of the calendar where it never began; with it sharing ends."""
    shift = offer.shift
    if shift is None or shift.state == ShiftState.ENDED:
        return
    if shift.state == ShiftState.PLANNED:
        if not shift.routes.filter(stops__state=StopState.DONE).exists():
            rounds.cancel_shift(shift)
            offer.shift = None
            return
        rounds.move_shift(shift, ShiftState.WORKING, at=at)
    rounds.drop_empty_routes([shift.id])
    rounds.move_shift(shift, ShiftState.ENDED, at=at)


def _leave(offer: Offer, leaving: ShipmentQuerySet, *, at: datetime) -> None:
    """Take shipments off this courier's stops, back to the hub."""
    on_route = leaving.filter(stop__route__shift=offer.shift_id)
    for shipment in on_route.order_by("id"):
        shipments.withdraw(shipment, at=at)
        if shipment.status == Status.PLANNED:
            shipments.record(shipment, Status.AT_HUB, at=at)


def _shortest(hub: Point, doors: Sequence[Point]) -> Sequence[Point]:
    """Put a handful of doors in the order that is quickest from the hub."""
    points = [hub, *doors]
    seconds, _ = travel.matrix(points, points)
    orders = permutations(range(1, len(points)))
    best = min(orders, key=lambda order: sum(seconds[leg] for leg in pairwise([0, *order])))
    return [points[number] for number in best]


def _window(offer: Offer, shipment: Shipment, there_at: datetime) -> Window:
    """Say when a shopper is to expect the courier, within what was promised where that can be."""
    low, high = there_at - BEFORE, there_at + AFTER
    if offer.earliest <= there_at <= offer.latest:
        low, high = max(low, offer.earliest), min(high, offer.latest)
    return window.between(low, high, shipment.zone)


def _point(shipment: Shipment) -> places.Point:
    return shipment.latitude or 0.0, shipment.longitude or 0.0
