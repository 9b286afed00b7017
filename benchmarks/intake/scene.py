"""The scene: drivers on the road, each with a device, a round of stops and somebody who watches at every one.

Written straight into the tables, because thousands of orders through the services would take longer than the rest of
the benchmark; what runs against it is the real thing.
"""

import json
from datetime import timedelta

from django.utils import timezone

from benchmarks.intake.plan import STOPS, STOPS_LATITUDE
from tracking.keys import services as keys
from tracking.keys.models import Scope
from tracking.rounds.models import Carrier, CarrierKind, Device, Driver, Place, PlaceKind, Route, Shift, Stop
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment


def lay_out(drivers: int) -> str:
    """Make the scene in an empty database; gives the devices' keys as JSON."""
    brand = Brand.objects.create(slug="shop", name="Shop", shows_driver_from_stops=STOPS)
    carrier = Carrier.objects.create(slug="own", name="Own fleet", kind=CarrierKind.OWN_FLEET)
    hub = Place.objects.create(slug="hub", name="Hub", kind=PlaceKind.HUB, address="", latitude=60.2, longitude=24.9)
    return json.dumps([_make_round(number, brand, carrier, hub) for number in range(drivers)])


def let_in() -> str:
    """Make a key for a program that reports the positions of all drivers; gives it and their ids as JSON."""
    _, secret = keys.issue("fleet", scopes=[Scope.POSITIONS_WRITE], brand=None, is_for_all=True, at=timezone.now())
    return json.dumps([secret, list(Driver.objects.order_by("id").values_list("id", flat=True))])


def _make_round(number: int, brand: Brand, carrier: Carrier, hub: Place) -> str:
    now = timezone.now()
    driver = Driver.objects.create(carrier=carrier, given_name=f"Driver {number}")
    shift = Shift.objects.create(
        driver=driver, state="working", starts_at=now, started_at=now, ends_at=now + timedelta(hours=8)
    )
    route = Route.objects.create(shift=shift, hub=hub, state="active", departs_at=now, started_at=now)
    stops = Stop.objects.bulk_create(
        Stop(route=route, sequence=sequence, latitude=STOPS_LATITUDE, longitude=24.9 + sequence / 200)
        for sequence in range(1, STOPS + 1)
    )
    Shipment.objects.bulk_create(
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
    return Device.objects.create(driver=driver, created_at=now).key
