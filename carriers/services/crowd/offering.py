"""Offers as others begin and end them: shipments handed to a crowd, taken away from it again, or called off."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from carriers.models.crowd import LIVE, Offer, Offered, OfferState, Terms
from carriers.services import places
from carriers.services.crowd import ending, laying, telling
from dispatch import spoken_for
from dispatch.models import Demand, Fleet, Hub
from dispatch.services import demands
from tracking.rounds.models import Carrier, CarrierKind, Place
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment, ShipmentQuerySet
from tracking.shipments.services.laying import MAY_BE_LAID

MOST_DOORS: Final = 3
RECENT: Final = timedelta(days=14)
AT_ONCE: Final = 100
LEAST_TIME: Final = timedelta(minutes=30)
"""What is to be brought sooner than that is not offered: somebody has to be found, come, and ride."""


class CannotBeOffered(Exception):
    """No crowd can be asked to bring this: nobody knows where to or from, or it is too late."""


@transaction.atomic
def hand_over(shipment: Shipment, carrier: Carrier, *, at: datetime) -> Offer:
    """Let a crowd carry a shipment: it joins an offer to a door beside its own, or begins one. Twice is harmless.

    The shipment is the carrier's from then on; ``signals.offer_ended`` tells where nobody took it.

    Raises ``CannotBeOffered``; nothing has changed then.
    """
    if carrier.kind != CarrierKind.CROWD:
        raise CannotBeOffered(f"{carrier} is no crowd.")
    # Locks the shipment: of two who hand it over at once the second finds what the first did.
    shipments.carry(shipment, carrier, at=at)
    known = Offer.objects.live().filter(offered__shipment=shipment, offered__until=None).first()
    if known is not None:
        return known
    demand = _demand_of(shipment, at=at)
    hub = _hub_of(shipment, demand)
    terms = Terms.objects.get_or_create(carrier=carrier)[0]
    offer = _join(demand, hub, carrier) or _begin(demand, hub, carrier, terms, at=at)
    Offered.objects.create(offer=offer, shipment=shipment)
    return offer


def hand_over_waiting(*, at: datetime, shipment_id: int | None = None) -> None:
    """Hand over what a crowd carries and its couriers were never asked about: one shipment, or some of all.

    What cannot be offered stays with the desk, the newest is tried first, and twice is harmless.
    """
    waiting = unasked().filter(created_at__gt=at - RECENT).select_related("carrier").order_by("-id")
    for shipment in waiting[:AT_ONCE] if shipment_id is None else waiting.filter(id=shipment_id):
        if shipment.carrier is not None:
            with suppress(CannotBeOffered):
                hand_over(shipment, shipment.carrier, at=at)


def unasked() -> ShipmentQuerySet:
    """Find what crowds with terms carry, that is on nobody's round, and about which nobody was ever asked."""
    theirs = Shipment.objects.filter(carrier__kind=CarrierKind.CROWD, carrier__terms__isnull=False)
    return theirs.filter(finished_at=None, stop=None, status__in=MAY_BE_LAID, offered=None)


def register() -> None:
    """Let planning leave alone what couriers are asked about, or bring."""
    spoken_for.register("crowd", _spoken_for)


def _spoken_for() -> QuerySet[Offered, int]:
    return Offered.objects.filter(until=None).values_list("shipment", flat=True)


@transaction.atomic
def take_away(shipment: Shipment, *, at: datetime) -> None:
    """Let a shipment be in no offer any more, because somebody else carries it. Twice is harmless.

    One that a courier has on board stays theirs.
    """
    offer_id = Offered.objects.filter(shipment=shipment, until=None).values_list("offer", flat=True).first()
    if offer_id is None:
        return
    offer = ending.lock(offer_id)
    if offer.state == OfferState.ACCEPTED and not laying.take_off(offer, [shipment], at=at):
        return
    ending.drop(offer, [shipment.id], at=at)


@transaction.atomic
def withdraw(offer: Offer, *, at: datetime) -> bool:
    """Take an offer back, from the courier too who accepted it but has loaded nothing. Says whether that was done.

    Twice is harmless.
    """
    offer = ending.lock(offer.id)
    if offer.state not in LIVE:
        return False
    courier = offer.courier
    if offer.state == OfferState.ACCEPTED and not laying.undo(offer, at=at):
        return False
    ending.close(offer, OfferState.WITHDRAWN, at=at)
    if courier is not None:
        telling.taken_back(offer, courier, at=at)
    return True


def _demand_of(shipment: Shipment, *, at: datetime) -> Demand:
    """Give what a shipment asks for.

    Raises ``CannotBeOffered`` where it cannot be brought any more, or nobody knows where to.
    """
    shipment.refresh_from_db()
    demand = demands.take_in(shipment, at=at)
    is_on_a_round = shipment.stop is not None and shipment.stop.is_pending
    if demand is None or shipment.latitude is None or shipment.status not in MAY_BE_LAID or is_on_a_round:
        raise CannotBeOffered(f"Shipment {shipment.id} goes nowhere that a courier could be sent to.")
    if demand.latest < at + LEAST_TIME:
        raise CannotBeOffered(f"Shipment {shipment.id} is to be there by {demand.latest:%Y-%m-%d %H:%M}.")
    demand.shipment = shipment
    return demand


def _hub_of(shipment: Shipment, demand: Demand) -> Place:
    if shipment.hub is not None:
        return shipment.hub
    hub = demand.hub or demands.hub_for(shipment, Hub.objects.select_related("place"))
    if hub is None:
        raise CannotBeOffered(f"Shipment {shipment.id} leaves from no hub.")
    return hub.place


def _join(demand: Demand, hub: Place, carrier: Carrier) -> Offer | None:
    """Find an offer that still gathers, to doors beside this one at about the same time, and add the load to it."""
    shipment = demand.shipment
    gathering = Offer.objects.filter(state=OfferState.GATHERING, carrier=carrier, hub=hub, brand=shipment.brand)
    for offer in gathering.select_for_update().order_by("id"):
        points = {_point(other) for other in offer.shipments.filter(offered__until=None)}
        earliest, latest = max(offer.earliest, demand.earliest), min(offer.latest, demand.latest)
        is_near = all(places.are_neighbours(point, _point(shipment)) for point in points)
        if not is_near or latest - earliest < LEAST_TIME or len(points | {_point(shipment)}) > MOST_DOORS:
            continue
        offer.earliest, offer.latest, offer.open_until = earliest, latest, latest - LEAST_TIME
        offer.mass_g += demand.mass_g
        offer.volume_ml += demand.volume_ml
        offer.doors = len(points | {_point(shipment)})
        offer.save(update_fields=["earliest", "latest", "open_until", "mass_g", "volume_ml", "doors"])
        return offer
    return None


def _begin(demand: Demand, hub: Place, carrier: Carrier, terms: Terms, *, at: datetime) -> Offer:
    shipment = demand.shipment
    cell = places.cell_at(*_point(shipment))
    fleet = Fleet.objects.filter(carrier=carrier).first() or Fleet(carrier=carrier)
    return Offer.objects.create(
        carrier=carrier,
        brand=shipment.brand,
        hub=hub,
        cell=cell,
        metres=places.metres_to(cell, (hub.latitude, hub.longitude)),
        mass_g=demand.mass_g,
        volume_ml=demand.volume_ml,
        earliest=demand.earliest,
        latest=demand.latest,
        timezone=shipment.timezone,
        pay_per_stop=fleet.cost_per_stop,
        pay_per_km=terms.pay_per_km,
        widens_at=at + timedelta(seconds=terms.gathers_seconds),
        open_until=demand.latest - LEAST_TIME,
        began_at=at,
    )


def _point(shipment: Shipment) -> places.Point:
    """Give the point of a shipment that has one."""
    if shipment.latitude is None or shipment.longitude is None:
        raise CannotBeOffered(f"Nobody knows where shipment {shipment.id} goes.")
    return shipment.latitude, shipment.longitude
