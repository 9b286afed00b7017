"""The scene: drivers in the middle of Helsinki, and a shopper with a link at every stop of theirs."""

import json
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tracking.links import services as links
from tracking.rounds.models import Vehicle
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.window import Cause, Window

ROUNDS: Final = 10
DOORS: Final = [(60.1689, 24.9455), (60.1675, 24.9400), (60.1705, 24.9414), (60.1699, 24.9510), (60.1716, 24.9490)]
LENGTHS: Final = (1, 10, 1000)


def lay_out() -> str:
    """Make the scene in an empty database; gives the devices' keys and the links' tokens as JSON."""
    at = timezone.now()
    keys, tokens = [], []
    for number in range(ROUNDS):
        driver = factories.make_driver(given_name=f"Aino {number}", vehicle=Vehicle.VAN)
        route = factories.make_route(DOORS, driver=driver, at=at - timedelta(hours=1))
        keys.append(factories.make_device(driver, at=at).key)
        for shipment in Shipment.objects.filter(stop__route=route).order_by("stop__sequence"):
            _tell(shipment, at)
            tokens.append(links.issue(shipment, at=at).token)
    return json.dumps({"keys": keys, "tokens": tokens})


def count_queries() -> str:
    """Count the queries of a page whose history has 1, 10 and 1,000 lines; gives them as JSON, by length."""
    return json.dumps({length: _queries_with(length) for length in LENGTHS})


def _tell(shipment: Shipment, at: datetime) -> None:
    """Tell three windows, so that there is something to say about why the time changed."""
    for minutes, cause in ((90, Cause.PLANNED), (60, Cause.ON_THE_ROAD), (30, Cause.AHEAD)):
        start = at + timedelta(minutes=minutes)
        day = start.astimezone(shipment.zone).date()
        services.estimate(shipment, Window(day, start, start + timedelta(minutes=20)), cause=cause, at=at)


def _queries_with(length: int) -> int:
    at = timezone.now()
    route = factories.make_route(DOORS, brand=factories.make_brand(slug=f"shop-{length}"), at=at)
    shipment = Shipment.objects.filter(stop__route=route).latest("stop__sequence")
    _tell(shipment, at)
    shipment.events.all().delete()
    StatusEvent.objects.bulk_create(
        StatusEvent(
            shipment=shipment,
            status=Status.OUT_FOR_DELIVERY,
            occurred_at=at - timedelta(minutes=number),
            received_at=at,
            source="benchmark",
            external_id=f"{shipment.id}-{number}",
        )
        for number in range(length)
    )
    link = links.issue(shipment, at=at)
    with CaptureQueriesContext(connection) as queries:
        Client(headers={"host": "127.0.0.1"}).get(f"/t/{link.token}/")
    return len(queries)
