"""Fills a database with a month of a brand's deliveries by four carriers, and measures what looking at it takes."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from time import perf_counter, process_time
from typing import Final

from django.db import connection
from django.test.utils import CaptureQueriesContext

from carriers.models import Profile, Tariff, Weighing
from carriers.services.choosing import foreseeing
from dispatch.models import Demand, VehicleType
from dispatch.models.fleet import Energy, VehicleClass
from tracking.figures.models import CarrierScore
from tracking.models import Brand, Carrier, Parcel, Place, Shipment
from tracking.rounds.models import CarrierKind, PlaceKind, Vehicle
from tracking.shipments.lifecycle import Status

UNTIL: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
HUB: Final = (60.1699, 24.9384)
LOOKS: Final = 3


def measure(shipments: int) -> str:
    """Fill the database, look three times, and give seconds and queries as JSON."""
    brand = _fill(shipments, Random(1))
    weighings = [Weighing(brand=brand, changed_at=UNTIL), Weighing(brand=brand, changed_at=UNTIL, cost=60, on_window=0)]
    with CaptureQueriesContext(connection) as queries:
        found = foreseeing.foresee(brand.pk, weighings, at=UNTIL)
    wall, processor = [], []
    for _ in range(LOOKS):
        began, worked = perf_counter(), process_time()
        foreseeing.foresee(brand.pk, weighings, at=UNTIL)
        wall.append(perf_counter() - began)
        processor.append(process_time() - worked)
    figures = {"shipments": found.shipments, "courses": len(found.would), "queries": len(queries)}
    return json.dumps({**figures, "wall_seconds": min(wall), "processor_seconds": min(processor)})


def _fill(shipments: int, chance: Random) -> Brand:
    brand = Brand.objects.create(slug="kaarna", name="Kaarna")
    hub = Place.objects.create(
        slug="hub", name="Hub", kind=PlaceKind.HUB, address="1", latitude=HUB[0], longitude=HUB[1]
    )
    carriers = list(_carriers(hub))
    made = [_shipment(brand, hub, chance.choice(carriers), number, chance) for number in range(shipments)]
    known = Shipment.objects.bulk_create(made, batch_size=2_000)
    Parcel.objects.bulk_create((Parcel(shipment=one, number=f"P{one.pk}") for one in known), batch_size=2_000)
    demands = (
        Demand(
            shipment=one,
            mass_g=chance.randrange(200, 20_000),
            earliest=one.created_at + timedelta(hours=18),
            latest=one.created_at + timedelta(hours=30),
        )
        for one in known
    )
    Demand.objects.bulk_create(demands, batch_size=2_000)
    return brand


def _carriers(hub: Place) -> list[Carrier]:
    """Make our own vans, two partners, one of them with little room, and a crowd."""
    van = VehicleType.objects.create(
        slug="van", name="Van", kind=Vehicle.VAN, vehicle_class=VehicleClass.VAN, energy=Energy.DIESEL,
        payload_g=600_000, volume_ml=6_000_000, cost_per_km=Decimal("0.3"),
    )  # fmt: skip
    made = []
    for number, kind in enumerate(CarrierKind):
        carrier = Carrier.objects.create(slug=kind.value, name=str(kind.label), kind=kind)
        Profile.objects.create(
            carrier=carrier, hub=hub, vehicle_type=van, doors_a_round=40, metres_between_doors=400,
            deliveries_a_day=400 if number == 1 else None,
        )  # fmt: skip
        for postcode in ("", "00", "001"):
            price = Decimal(3 + number + len(postcode))
            Tariff.objects.create(carrier=carrier, postcode=postcode, base=price, per_kg=Decimal("0.2"))
        CarrierScore.objects.create(
            carrier=carrier, since=UNTIL, until=UNTIL, on_window=0.9 - number / 20, on_window_n=500, stars=4.5,
            stars_n=200, claims=0.01, claims_n=500,
        )  # fmt: skip
        made.append(carrier)
    return made


def _shipment(brand: Brand, hub: Place, carrier: Carrier, number: int, chance: Random) -> Shipment:
    at = UNTIL - timedelta(minutes=chance.randrange(1, 29 * 24 * 60))
    return Shipment(
        brand=brand, reference=f"R{number}", carrier=carrier, hub=hub, recipient_name="–", street="–", city="Helsinki",
        postcode=f"00{chance.randrange(100, 990)}", timezone="Europe/Helsinki", status=Status.DELIVERED,
        latitude=HUB[0] + chance.uniform(-0.1, 0.1), longitude=HUB[1] + chance.uniform(-0.2, 0.2),
        created_at=at - timedelta(days=1), changed_at=at, finished_at=at, promised_start=at - timedelta(hours=1),
        promised_end=at + timedelta(hours=1),
    )  # fmt: skip
