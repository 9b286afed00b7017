"""The scene: a delivery of which all can be changed, by who has shown the second factor; a driver on the road."""

import json
from datetime import time, timedelta
from typing import Final

from django.test import Client
from django.utils import timezone

from dispatch.models import Demand
from dispatch.services import offering
from driving.services import links as drive_links
from tests import factories
from tests.dispatch import hubs
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.changes.services import LINK
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DOORS: Final = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]


def lay_out() -> str:
    """Make the scene in an empty database; gives each page's path, and the cookie of who may use it, as JSON."""
    return json.dumps({"options": _options(), "driver": _driver()})


def _options() -> tuple[str, str]:
    at = timezone.now()
    hub = hubs.make_hub(hands_over_from=time(10), hands_over_until=time(18))
    hubs.make_slot(hub)
    for days in range(1, 4):
        hubs.make_duty(hub, at.date() + timedelta(days=days))
    shipment = factories.make_shipment(status=Status.AT_HUB, at=at - timedelta(hours=20))
    start = at + timedelta(days=1)
    Demand.objects.create(shipment=shipment, hub=hub, earliest=start, latest=start + timedelta(hours=4))
    offering.refresh(Shipment.objects.get(id=shipment.id), at=at)
    changes.ask(shipment, Action.INSTRUCTIONS, {"words": "The bell is broken."}, by=LINK, at=at)
    path = f"/t/{factories.make_link(shipment, at=at).token}/"
    client = _client()
    client.post(f"{path}unlock/", {"postcode": shipment.postcode})
    return f"{path}options/", _cookie(client)


def _driver() -> tuple[str, str]:
    at = timezone.now()
    route = factories.make_route(DOORS, brand=factories.make_brand(asks_for_pin=True), at=at)
    path = f"/drive/{drive_links.issue(route.shift, at=at).token}/"
    client = _client()
    client.post(f"{path}device/")
    return path, _cookie(client)


def _client() -> Client:
    return Client(headers={"host": "127.0.0.1"})


def _cookie(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
