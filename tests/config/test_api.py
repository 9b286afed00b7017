import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.api import described
from dispatch.services import quotes
from dispatch.services.drafts import Goods
from dispatch.services.quotes import Basket
from notifications.services import webhooks
from tests import servers
from tests.factories import NOON, make_route, make_shipment
from tests.programs import Program, problem
from tracking.changes import rules
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.changes.services import LINK, Offer
from tracking.keys import services as keys
from tracking.keys.models import Scope
from tracking.shipments.lifecycle import Status

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
HELD_TO = Path(__file__).parents[2] / "schemathesis.toml"
EXAMPLES = "5"
UNLIMITED = {"API_REQUESTS_A_MINUTE": "1000000"}
UNBEARABLE = "a\x00b"
PLACE = {"street": "Aleksanterinkatu 13", "postcode": "00100", "city": "Helsinki"}
DOOR = PLACE | {"name": "Maija"}


def test_the_committed_description_is_the_served_one(client: Client) -> None:
    served = client.get("/api/v1/openapi.json").json()

    assert COMMITTED.read_text(encoding="utf-8") == described(), "Run make openapi."
    assert json.loads(described()) == served
    assert served["openapi"].startswith("3.1")


def test_every_refusal_is_a_problem() -> None:
    for path, method, status, answer in _answers(json.loads(described())):
        if status >= 400:
            assert list(answer["content"]) == ["application/problem+json"], (path, method, status)


def test_the_reference_names_all_that_can_be_asked(client: Client) -> None:
    page = client.get(reverse("api_reference")).content.decode()

    for path, methods in json.loads(described())["paths"].items():
        assert path in page
        for operation in methods.values():
            assert operation["summary"] in page


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nothing", "/api/v1/shipments/a/b/c"])
def test_what_is_not_there_is_a_problem_too(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/shipments", "/surveys"])
def test_a_list_of_a_name_that_no_database_holds_is_refused(path: str) -> None:
    problem(Program(None, *Scope).get(path, {"brand": UNBEARABLE}), 422)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/shipments", {"reference": "1", "recipient": DOOR, "brand": UNBEARABLE}),
        ("/shipments", {"reference": "1", "recipient": DOOR, "carrier": UNBEARABLE}),
        ("/quotes", PLACE | {"mass_g": 1, "volume_ml": 1, "days": ["2026-11-25"], "brand": UNBEARABLE}),
        ("/drivers", {"given_name": "Aino", "carrier": UNBEARABLE}),
        ("/webhooks", {"url": "https://shop.example.com/", "brand": UNBEARABLE}),
    ],
)
def test_a_name_that_no_database_holds_is_refused_where_it_is(path: str, body: dict[str, Any]) -> None:
    [mistake] = problem(Program(None, *Scope).post(path, body), 422)["mistakes"]

    assert mistake["where"][-1] in {"brand", "carrier"}


@pytest.mark.django_db(transaction=True)
def test_whatever_is_sent_is_answered_as_described(installation: dict[str, str], tmp_path: Path) -> None:
    secret = keys.issue("prover", scopes=list(Scope), brand=None, is_for_all=True, at=NOON)[1]

    with servers.web("daphne", installation | UNLIMITED) as server:
        proved = subprocess.run(
            [
                *(Path(sys.executable).with_name("schemathesis"), "--config-file", _held_to(tmp_path, **_known())),
                *("run", f"{server.url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {secret}"),
                *("--max-examples", EXAMPLES, "--seed", "1", "--phases", "examples,coverage,fuzzing", "--no-color"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    assert proved.returncode == 0, proved.stdout


def _known() -> dict[str, str | int]:
    """Make one of everything that can be asked for by its id."""
    at = timezone.now()
    shipment, route = make_shipment(status=Status.AT_HUB), make_route([(60.17, 24.94)])
    changes.offer(shipment, [Offer(action, at + timedelta(hours=5)) for action in rules.AT_THE_DOOR], at=at)
    change = changes.ask(shipment, Action.SAFE_PLACE, {"where": "in the shed"}, by=LINK, at=at)
    webhook, _ = webhooks.register("https://shop.example.com/", brand=None, kinds=[], at=at)
    basket = Basket(Goods((60.1689, 24.9455), mass_g=2_000, volume_ml=10_000), "00100")
    return {
        "shipment_id": str(shipment.uid),
        "change_id": change.id,
        "quote_id": quotes.quote(shipment.brand, basket, [at.date()], at=at).token,
        "driver_id": route.shift.driver_id,
        "route_id": route.id,
        "webhook_id": str(webhook.uid),
    }


def _held_to(folder: Path, **known: str | int) -> Path:
    """Write down what the API is held to, and what there is, so that this is what is asked for as a rule."""
    lines = [HELD_TO.read_text(encoding="utf-8")]
    for name, value in known.items():
        lines += [f"[dictionaries.{name}]", f"values = [{json.dumps(value)}]"]
    lines.append("[parameters]")
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in known]
    path = folder / HELD_TO.name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _answers(description: dict[str, Any]) -> list[tuple[str, str, int, dict[str, Any]]]:
    return [
        (path, method, int(status), answer)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        for status, answer in operation["responses"].items()
    ]
