"""A crowd for tests: couriers around a hub, and something for them to bring; every default can be overruled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Final

import h3

from carriers.models.crowd import CELL_RESOLUTION, Courier, Invitation, Offer, Terms
from carriers.services import crowd
from carriers.services.crowd import asking, couriers
from carriers.services.crowd.couriers import Person
from dispatch.models import Fleet, Hub
from dispatch.models.fleet import Energy, VehicleClass
from tests.dispatch.fleets import make_demand, make_vehicle_type
from tests.dispatch.hubs import make_hub
from tests.factories import NOON
from tracking.rounds.models import Carrier, CarrierKind, Vehicle
from tracking.shipments.models import Shipment

DOOR: Final = (60.1689, 24.9455)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

_numbers: Final = count(1)


def make_crowd(**terms: object) -> Carrier:
    """Make a crowd that gathers nothing, pays 4.20 a door and 0.80 a kilometre, and asks four rings out."""
    carrier = Carrier.objects.create(slug=f"crowd-{next(_numbers)}", name="Naapurit", kind=CarrierKind.CROWD)
    Fleet.objects.create(carrier=carrier, cost_per_stop=Decimal("4.20"))
    Terms.objects.create(**{"carrier": carrier, "gathers_seconds": 0, **terms})
    return carrier


def make_courier(carrier: Carrier, hub: Hub, *, ring: int = 0, payload_g: int = 15_000, **fields: object) -> Courier:
    """Make Kerttu, who lives so many rings from a hub, rides a bike, and wants to be asked."""
    number = next(_numbers)
    bike = make_vehicle_type(
        slug=f"bike-{number}",
        kind=Vehicle.BIKE,
        vehicle_class=VehicleClass.CARGO_BIKE,
        energy=Energy.MUSCLE,
        payload_g=payload_g,
        volume_ml=60_000,
    )
    person = Person("Kerttu", "Harju", f"+35840555{number:04}", home_in(hub, ring))
    courier = couriers.enrol(carrier, person, bike)
    Courier.objects.filter(id=courier.id).update(**{"is_available": True, **fields})
    courier.refresh_from_db()
    return courier


def home_in(hub: Hub, ring: int) -> tuple[float, float]:
    """Find a point in a cell that is so many rings from a hub's."""
    cell = h3.latlng_to_cell(hub.place.latitude, hub.place.longitude, CELL_RESOLUTION)
    latitude, longitude = h3.cell_to_latlng(min(h3.grid_ring(cell, ring)))
    return latitude, longitude


def begin(carrier: Carrier, hub: Hub, *, at: datetime = NOON) -> tuple[Offer, Shipment]:
    """Hand a shipment over to a crowd."""
    shipment = make_demand(hub, DOOR).shipment
    return crowd.hand_over(shipment, carrier, at=at), shipment


def ask(carrier: Carrier, hub: Hub, *, at: datetime = NOON) -> tuple[Offer, list[Invitation]]:
    """Hand a shipment over to a crowd, and ask whom it asks first."""
    offer, _ = begin(carrier, hub, at=at)
    asking.widen(offer.id, at=at)
    offer.refresh_from_db()
    return offer, invitations_of(offer)


def invitations_of(offer: Offer) -> list[Invitation]:
    """Give the invitations to an offer, in the order in which they were written."""
    return list(Invitation.objects.filter(offer=offer).select_related("courier", "offer").order_by("id"))


def make_scene(couriers: int = 1, **terms: object) -> tuple[Carrier, Hub, Sequence[Courier]]:
    """Make a crowd, a hub, and couriers who live beside it."""
    carrier, hub = make_crowd(**terms), make_hub()
    return carrier, hub, [make_courier(carrier, hub) for _ in range(couriers)]


def answers(offer: Offer) -> list[str]:
    """Read what became of the invitations to an offer."""
    return [invitation.answer for invitation in invitations_of(offer)]
