"""Every example that is shown in the reference of the API does what it says."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.api import described
from config.examples import EXAMPLES
from dispatch.models import Level, Quote
from notifications.services import webhooks
from tests.dispatch.hubs import make_hub
from tests.factories import make_brand, make_driver, make_route, make_shipment
from tests.programs import Program
from tracking.changes import rules
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.changes.services import LINK, Offer
from tracking.keys.models import OF_THE_FLEET, Scope
from tracking.rounds.models import Carrier, CarrierKind, Driver
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand


def test_there_is_an_example_of_every_body_and_of_nothing_else() -> None:
    asked = {said["operationId"] for _, _, said in _operations() if "requestBody" in said}

    assert set(EXAMPLES) == asked


def test_an_example_is_shown_as_one_would_type_it(client: Client) -> None:
    page = client.get(reverse("api_reference"))

    operations = {operation.id: operation.example for operation in page.context["operations"]}
    command, _, body = operations["create_change"].partition("-d '")
    assert command.startswith("curl http")
    assert "/api/v1/shipments/{shipment_id}/changes -X POST" in command
    assert json.loads(body.removesuffix("'")) == EXAMPLES["create_change"]


@pytest.mark.django_db(transaction=True)
def test_each_example_does_what_it_says() -> None:
    answered = {}
    for path, method, said in _operations():
        brand, is_of_fleet = make_brand(), said["tags"] == ["fleet"]
        program = Program(None, *OF_THE_FLEET) if is_of_fleet else Program(brand, *set(Scope) - OF_THE_FLEET)
        known = _known(brand, said["operationId"])
        answer = _ask(program, method, path.format(**known).removeprefix("/api/v1"), EXAMPLES.get(said["operationId"]))
        answered[said["operationId"]] = (answer.status_code, answer.content if answer.status_code >= 300 else b"")

    assert {id_: found for id_, found in answered.items() if found[0] >= 300} == {}


def _ask(program: Program, method: str, path: str, body: object) -> Any:
    if path == "/positions":
        return program.post_on_a_loop(path, body)
    return getattr(program, method)(path) if body is None else getattr(program, method)(path, body)


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = json.loads(described())["paths"]
    return [(path, method, said) for path, methods in paths.items() for method, said in methods.items()]


def _known(brand: Brand, operation: str) -> dict[str, object]:
    """Make one of everything that an example may be about."""
    at = timezone.now()
    shipment = make_shipment(brand=brand, status=Status.AT_HUB)
    changes.offer(shipment, [Offer(action, at + timedelta(hours=5)) for action in rules.AT_THE_DOOR], at=at)
    route = make_route([(60.17, 24.94)])
    if operation == "create_driver":
        Carrier.objects.create(slug=EXAMPLES[operation]["carrier"], name="Own", kind=CarrierKind.OWN_FLEET)
    if operation == "report_positions":
        named, carrier = EXAMPLES[operation]["positions"][0]["driver"], make_driver().carrier
        Driver.objects.get_or_create(id=named, defaults={"carrier": carrier})
    change = changes.ask(shipment, Action.SAFE_PLACE, {"where": "by the door"}, by=LINK, at=at)
    return {
        "shipment_id": shipment.uid,
        "change_id": change.id,
        "quote_id": _quote(brand).token,
        "driver_id": route.shift.driver_id,
        "route_id": route.id,
        "webhook_id": webhooks.register("https://shop.example.com/", brand=brand, kinds=[], at=at)[0].uid,
    }


def _quote(brand: Brand) -> Quote:
    """Make a quote with the offer that an example orders, of a day that is always to come."""
    at, hub = timezone.now(), make_hub()
    times = {"start": at + timedelta(hours=20), "end": at + timedelta(hours=24), "until": at + timedelta(hours=10)}
    offer = {
        "key": EXAMPLES["create_shipment_by_quote"]["offer"],
        "level": Level.NEXT_DAY,
        "name": "",
        "hub": hub.place.slug,
        "price": "4.90",
        "kg_co2e": None,
        "sum": [],
        **{name: moment.isoformat() for name, moment in times.items()},
    }
    return Quote.objects.create(
        brand=brand,
        latitude=60.1689,
        longitude=24.9455,
        mass_g=2_000,
        volume_ml=10_000,
        offers=[offer],
        made_at=at,
        valid_until=at + timedelta(minutes=30),
    )
