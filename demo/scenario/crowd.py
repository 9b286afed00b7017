"""The crowd's part of the day: couriers on bikes around the hubs, and what they are asked to bring."""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.db import transaction

from atlas.areas import Area
from carriers.models import Courier, Invitation, Offer, Terms
from carriers.services import crowd
from carriers.services.crowd.couriers import Person
from demo.scenario import cast
from demo.scenario.cast import DriverPart
from demo.scenario.day import unheard
from demo.scenario.diary import Diary
from demo.scenario.orders import OrderBook
from demo.scenario.tours import Drawing, Reach
from dispatch.models import Hub, VehicleType
from dispatch.models.fleet import Energy, VehicleClass
from dispatch.services import demands
from tracking.rounds.models import Carrier, Place, Vehicle
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment

ERRANDS: Final = 3
NEARBY: Final = Reach(400, 900)
BROUGHT_BEFORE: Final = timedelta(hours=2)
LASTS: Final = timedelta(hours=6)
BIKE_G, BIKE_ML = 15_000, 60_000
HEAVY_G: Final = 40_000
"""What no bike carries: it is left for the cargo bike of whoever looks at the demo."""

TERMS: Final = {"gathers_seconds": 0, "widens_seconds": 60, "answer_seconds": int(LASTS.total_seconds())}


class Crowd:
    """The crowd at the middle of a day whose hubs are written down already. The same seed draws the same errands."""

    def __init__(self, area: Area, *, seed: int) -> None:
        count = Shipment.objects.count()
        self._chance = Random(f"{seed} crowd {count}")
        self._drawing = Drawing(area, self._chance)
        self._orders = OrderBook(self._chance, taken=count)
        self._diary = Diary(seed=seed)

    def write(self, *, at: datetime) -> None:
        """Enrol the couriers, and ask them to bring something; one errand is for whoever looks at the demo."""
        with unheard(), shipments.silently(), transaction.atomic():
            carrier = Carrier.objects.get(slug=cast.CROWD)
            Terms.objects.create(carrier=carrier, **TERMS)
            bike = _write_bike()
            for number, part in enumerate(cast.RIDERS):
                _enrol(carrier, part, bike, number)
            cargo_bike = VehicleType.objects.get(slug=Vehicle.CARGO_BIKE)
            _enrol(carrier, cast.RIDER_BY_HAND, cargo_bike, len(cast.RIDERS))
            self.order(cast.RIDER_BY_HAND.hub, mass_g=HEAVY_G, at=at)
            for number in range(ERRANDS):
                self.order(cast.RIDERS[number].hub, at=at)
            crowd.sweep(at=at)

    def order(self, hub_slug: str, *, at: datetime, mass_g: int | None = None) -> Offer:
        """Let an order come in that is at a hub, and hand it to the crowd."""
        hub = Hub.objects.select_related("place").get(place__slug=hub_slug)
        [visit] = self._drawing.tour((hub.place.latitude, hub.place.longitude), [NEARBY])
        order = self._orders.order(visit.door)
        shipment = self._diary.bring(order, cast.CROWD, hub.place, at=at - BROUGHT_BEFORE)
        demand = demands.take_in(shipment, at=at)
        if demand is not None:
            demands.leave_from(demand, hub)
            demands.aim(demand, earliest=at, latest=at + LASTS)
            demands.measure(demand, mass_g=mass_g)
        return crowd.hand_over(shipment, Carrier.objects.get(slug=cast.CROWD), at=at)


def by_hand() -> Invitation | None:
    """Find the errand that whoever looks at the demo may take."""
    invitations = Invitation.objects.filter(courier__driver__given_name=cast.RIDER_BY_HAND.given_name)
    return invitations.select_related("courier").order_by("id").first()


def _enrol(carrier: Carrier, part: DriverPart, vehicle_type: VehicleType, number: int) -> Courier:
    """Let a courier join who lives beside their hub, and wants to be asked at any hour."""
    hub = Place.objects.get(slug=part.hub)
    person = Person(part.given_name, part.family_name, f"+3584000010{number:02d}", (hub.latitude, hub.longitude))
    courier = crowd.enrol(carrier, person, vehicle_type)
    crowd.set_availability(courier, is_available=True, hours=None)
    return courier


def _write_bike() -> VehicleType:
    return VehicleType.objects.create(
        slug=Vehicle.BIKE,
        name="Bike",
        kind=Vehicle.BIKE,
        vehicle_class=VehicleClass.CARGO_BIKE,
        energy=Energy.MUSCLE,
        payload_g=BIKE_G,
        volume_ml=BIKE_ML,
        pace=1.4,
        feels_traffic=0.1,
    )
