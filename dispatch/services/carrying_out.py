"""What a shopper's change does to planning, in the transaction that writes it down, and how it is taken back.

A place in a slot is taken or given back, the demand says the new time or place, and the shopper is promised and told
it at once; a corrected address must be one that a van goes to; the minutes that somebody needs are planned in. Routes
follow after the commit, see ``following``.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self

from atlas import areas
from dispatch.doors import SERVICE_SECONDS
from dispatch.models import Demand, Hub
from dispatch.models.plans import Way
from dispatch.services import demands, slots
from tracking.changes import keeping
from tracking.changes.keeping import Keeper, NoRoom
from tracking.changes.models import Action, Change
from tracking.rounds.models import Place, RouteState
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Address
from tracking.shipments.window import Cause, Window

A_DAY: Final = timedelta(hours=6)
"""What lasts longer than this is told as a day rather than as a time of it."""

Moments = tuple[datetime, datetime]


class Aim(NamedTuple):
    """When and whereto something is brought: moments in ISO 8601, a pickup point's slug, the key of a slot.

    ``kept`` is until when it is kept where it is collected.
    """

    start: str
    end: str
    place: str = ""
    slot: str = ""
    kept: str = ""

    @classmethod
    def of(cls, demand: Demand) -> Self:
        """Say how it is now."""
        booking = slots.booked([demand.shipment]).get(demand.shipment_id)
        return cls(
            start=demand.earliest.isoformat(),
            end=demand.latest.isoformat(),
            place=demand.pickup_point.slug if demand.pickup_point else "",
            slot=slots.key_of(booking.slot_day.slot_id, booking.slot_day.day) if booking else "",
            kept=demand.kept_until.isoformat() if demand.kept_until else "",
        )


def register() -> None:
    """Let changes of these actions make their room here."""
    for action in (Action.RESCHEDULE, Action.SLOT, Action.HOLD, Action.PICKUP_POINT):
        keeping.register(action, Keeper(_keep_aim, _give_back_aim))
    keeping.register(Action.ADDRESS, Keeper(_keep_address, _give_back_address))
    keeping.register(Action.NEEDS, Keeper(_keep_needs, _give_back_needs))


def _keep_aim(change: Change, at: datetime) -> dict[str, Any]:
    """Bring it when and whereto was asked for.

    Raises ``NoRoom``.
    """
    demand, details, shipment = _demand(change.shipment, at=at), change.details, change.shipment
    now = Aim.of(demand)
    slot = details["key"] if change.action == Action.SLOT else ""
    wanted = Aim(
        start=details.get("start", now.start),
        end=details.get("end", now.end),
        place=details.get("place", ""),
        slot=slot,
        kept=details.get("kept_until", ""),
    )
    before = {"aim": list(now), "promised": _iso(shipment.promise), "told": _iso(shipment.window)}
    _aim(demand, wanted, at=at)
    start, end = demand.earliest, demand.latest
    shipments.promise(shipment, start=start, end=end, at=at)
    _tell(shipment, (start, end), at=at)
    return before


def _give_back_aim(change: Change, at: datetime) -> None:
    """Bring it as before, and promise and tell what was promised and told then.

    Raises ``NoRoom``.
    """
    demand, before, shipment = _demand(change.shipment, at=at), change.before, change.shipment
    _aim(demand, Aim(*before["aim"]), at=at)
    start, end = _moments(before["promised"]) or (None, None)
    shipments.promise(shipment, start=start, end=end, at=at)
    _tell(shipment, _moments(before["told"]) or (demand.earliest, demand.latest), at=at)


def _aim(demand: Demand, aim: Aim, *, at: datetime) -> None:
    _book(demand.shipment, aim.slot, at=at)
    demands.aim(demand, earliest=datetime.fromisoformat(aim.start), latest=datetime.fromisoformat(aim.end))
    place = Place.objects.filter(slug=aim.place).first() if aim.place else None
    if place != demand.pickup_point:
        was_collected = demand.way == Way.COLLECT
        demands.turn(demand, place, kept_until=datetime.fromisoformat(aim.kept) if aim.kept else None)
        if was_collected and demand.shipment.status == Status.READY_FOR_PICKUP:
            shipments.record(demand.shipment, Status.AT_HUB, at=at)


def _tell(shipment: Shipment, span: Moments, *, at: datetime) -> None:
    """Tell a time of day, or a day where it is most of one."""
    start, end = span
    day = start.astimezone(shipment.zone).date()
    told = Window(day, start, end) if end - start <= A_DAY else Window(day)
    shipments.estimate(shipment, told, cause=Cause.ASKED, at=at)


def _iso(window: Window | None) -> list[str] | None:
    return [moment.isoformat() for moment in window.span] if window and window.span else None


def _moments(known: list[str] | None) -> Moments | None:
    return (datetime.fromisoformat(known[0]), datetime.fromisoformat(known[1])) if known else None


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
    locked = Demand.objects.select_for_update(of=("self",)).select_related("hub__place", "pickup_point")
    demand = locked.get(shipment=shipment)
    demand.shipment = shipment
    return demand


def _locate(shipment: Shipment, text: str) -> tuple[float, float] | None:
    """Find an address on the map that the shipment's own is on."""
    if shipment.latitude is None or shipment.longitude is None:
        return None
    area = areas.find(shipment.latitude, shipment.longitude)
    found = area.addresses.search(text, limit=1) if area else []
    return (found[0].latitude, found[0].longitude) if found and found[0].number else None
