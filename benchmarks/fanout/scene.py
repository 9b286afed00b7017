"""The scene: fifty drivers on the road, forty shipments with each, and a link to every one.

Written straight into the tables, because two thousand orders through the services would take longer than the rest of
the benchmark; what runs against it is the real thing.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

from django.utils import timezone

from benchmarks.fanout.plan import DRIVERS, VIEWERS_PER_DRIVER, Round
from tracking.links.models import TrackingLink
from tracking.rounds.models import Carrier, CarrierKind, Device, Driver, Place, PlaceKind, Route, Shift, Stop
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Parcel, Shipment, StatusEvent


def lay_out() -> str:
    """Make the scene in an empty database; gives its rounds as JSON."""
    brand = Brand.objects.create(slug="shop", name="Shop", shows_driver_from_stops=VIEWERS_PER_DRIVER)
    carrier = Carrier.objects.create(slug="own", name="Own fleet", kind=CarrierKind.OWN_FLEET)
    hub = Place.objects.create(slug="hub", name="Hub", kind=PlaceKind.HUB, address="", latitude=60.2, longitude=24.9)
    return json.dumps([asdict(_make_round(number, brand, carrier, hub)) for number in range(DRIVERS)])


def _make_round(number: int, brand: Brand, carrier: Carrier, hub: Place) -> Round:
    now = timezone.now()
    driver = Driver.objects.create(carrier=carrier, given_name=f"Driver {number}")
    shift = Shift.objects.create(
        driver=driver, state="working", starts_at=now, started_at=now, ends_at=now + timedelta(hours=8)
    )
    route = Route.objects.create(shift=shift, hub=hub, state="active", departs_at=now, started_at=now)
    stops = Stop.objects.bulk_create(
        Stop(route=route, sequence=sequence, latitude=60.1 + sequence / 1000, longitude=24.9)
        for sequence in range(1, VIEWERS_PER_DRIVER + 1)
    )
    shipments = Shipment.objects.bulk_create(
        Shipment(
            brand=brand,
            reference=f"{number}-{stop.sequence}",
            stop=stop,
            recipient_name="Maija Meikäläinen",
            street="Aleksanterinkatu 13",
            postcode="00100",
            city="Helsinki",
            timezone="Europe/Helsinki",
            status=Status.OUT_FOR_DELIVERY,
            changed_at=now,
            created_at=now,
        )
        for stop in stops
    )
    Parcel.objects.bulk_create(
        Parcel(shipment=shipment, number=shipment.reference, status=shipment.status) for shipment in shipments
    )
    StatusEvent.objects.bulk_create(event for shipment in shipments for event in _history(shipment))
    links = TrackingLink.objects.bulk_create(TrackingLink(shipment=shipment, created_at=now) for shipment in shipments)
    device = Device.objects.create(driver=driver, created_at=now)
    return Round(device.key, [shipment.id for shipment in shipments], [link.token for link in links])


def _history(shipment: Shipment) -> Iterator[StatusEvent]:
    for status in (Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.OUT_FOR_DELIVERY):
        yield StatusEvent(
            shipment=shipment,
            status=status,
            occurred_at=shipment.created_at,
            received_at=shipment.created_at,
            source="benchmark",
            external_id=f"{shipment.reference}-{status}",
        )
