"""What of a shopper's change has to be made room for in the transaction that writes it down, and how it is taken back.

A place in a slot is taken or given back, a corrected address must be one that a van goes to, the minutes that somebody
needs are planned in. Plans follow after the commit, see ``following``.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from atlas import areas
from dispatch.doors import SERVICE_SECONDS
from dispatch.models import Demand, Hub
from dispatch.services import demands, slots
from tracking.changes import keeping
from tracking.changes.keeping import Keeper, NoRoom
from tracking.changes.models import Action, Change
from tracking.rounds.models import RouteState
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment
from tracking.shipments.services import Address


def register() -> None:
    """Let changes of these actions make their room here."""
    for action in (Action.RESCHEDULE, Action.SLOT, Action.HOLD, Action.PICKUP_POINT):
        keeping.register(action, Keeper(_keep_slot, _give_back_slot))
    keeping.register(Action.ADDRESS, Keeper(_keep_address, _give_back_address))
    keeping.register(Action.NEEDS, Keeper(_keep_needs, _give_back_needs))


def _keep_slot(change: Change, at: datetime) -> dict[str, Any]:
    """Take a place in the slot that was asked for, or give back the one it had for what is in none."""
    had = slots.booked([change.shipment]).get(change.shipment_id)
    _book(change.shipment, change.details["key"] if change.action == Action.SLOT else "", at=at)
    return {"slot": slots.key_of(had.slot_day.slot_id, had.slot_day.day) if had else ""}


def _give_back_slot(change: Change, at: datetime) -> None:
    _book(change.shipment, change.before["slot"], at=at)


def _book(shipment: Shipment, key: str, *, at: datetime) -> None:
    if not key:
        slots.release(shipment, at=at)
        return
    try:
        slot, day = slots.read_key(key)
        slots.book(shipment, slot, day, at=at)
    except (slots.Full, slots.TooLate, slots.NotOffered) as error:
        raise NoRoom from error


def _keep_address(change: Change, at: datetime) -> dict[str, Any]:
    """Bring it to another address of the same hub.

    Raises ``NoRoom`` where nobody knows it, or no van of the hub goes there.
    """
    demand, said = _demand(change.shipment, at=at), change.details
    point = _locate(change.shipment, f"{said['street']}, {said['postcode']} {said['city']}")
    hub = demand.hub or demands.hub_for(change.shipment, Hub.objects.select_related("place"))
    if point is None or hub is None or demands.away_m(hub, point) > hub.reach_m:
        raise NoRoom
    to = Address(said["street"], said["postcode"], said["city"], *point)
    return {"address": asdict(_readdress(change.shipment, to, at=at))}


def _give_back_address(change: Change, at: datetime) -> None:
    _readdress(change.shipment, Address(**change.before["address"]), at=at)


def _readdress(shipment: Shipment, to: Address, *, at: datetime) -> Address:
    """Bring it elsewhere; the stop on a route that has not set off is left, and it is planned anew."""
    if shipment.stop is not None and shipment.stop.route.state == RouteState.PLANNED:
        shipments.withdraw(shipment, at=at)
    return shipments.readdress(shipment, to, at=at)


def _keep_needs(change: Change, at: datetime) -> dict[str, Any]:
    """Plan the minutes in that somebody needs to come to the door."""
    demand, minutes = _demand(change.shipment, at=at), change.details.get("minutes")
    before = demand.service_seconds
    if minutes:
        demands.take_time(demand, SERVICE_SECONDS + 60 * int(minutes))
    return {"service_seconds": before}


def _give_back_needs(change: Change, at: datetime) -> None:
    demands.take_time(_demand(change.shipment, at=at), change.before["service_seconds"])


def _demand(shipment: Shipment, *, at: datetime) -> Demand:
    """Find what a shipment asks of a plan.

    Raises ``NoRoom`` where a carrier sees to it.
    """
    if demands.take_in(shipment, at=at) is None:
        raise NoRoom
    return Demand.objects.select_for_update(of=("self",)).select_related("hub__place").get(shipment=shipment)


def _locate(shipment: Shipment, text: str) -> tuple[float, float] | None:
    """Find an address on the map that the shipment's own is on."""
    if shipment.latitude is None or shipment.longitude is None:
        return None
    area = areas.find(shipment.latitude, shipment.longitude)
    found = area.addresses.search(text, limit=1) if area else []
    return (found[0].latitude, found[0].longitude) if found and found[0].number else None
