import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.api import described
from tests import servers
from tests.factories import NOON, make_brand, make_route, make_shipment
from tracking.keys import services as keys
from tracking.keys.models import Scope

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
EXAMPLES = "10"


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


@pytest.mark.django_db(transaction=True)
def test_whatever_is_sent_is_answered_as_described(daphne: servers.Server) -> None:
    make_shipment(brand=make_brand())
    make_route([(60.17, 24.94)])
    secret = keys.issue("prover", scopes=list(Scope), brand=None, is_for_all=True, at=NOON)[1]

    proved = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{daphne.url}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {secret}", "--max-examples", EXAMPLES, "--seed", "1"),
            *("--phases", "examples,coverage,fuzzing", "--no-color"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=COMMITTED.parents[1],
    )

    assert proved.returncode == 0, proved.stdout


def _answers(description: dict[str, Any]) -> list[tuple[str, str, int, dict[str, Any]]]:
    return [
        (path, method, int(status), answer)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        for status, answer in operation["responses"].items()
    ]
