from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_recipient, make_shipment
from tracking.links import limits
from tracking.links.models import Origin, TrackingLink
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOT_FOUND = "We found no delivery with this number and postcode. Please check both."


def look_up(client: Client, number: str, postcode: str = "00100") -> Any:
    return client.post("/", {"number": number, "postcode": postcode})


def make_shipment_now(**fields: Any) -> Shipment:
    return make_shipment(at=timezone.now() - timedelta(hours=1), **fields)


@pytest.mark.parametrize("postcode", ["00100", " 00 100", "00-100"])
def test_a_reference_and_its_postcode_lead_to_the_page(client: Client, postcode: str) -> None:
    shipment = make_shipment_now()

    response = look_up(client, f" {shipment.reference.lower()} ", postcode)

    link = TrackingLink.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/t/{link.token}/")
    assert (link.shipment, link.origin) == (shipment, Origin.LOOKUP)


def test_any_of_its_parcel_numbers_finds_a_delivery(client: Client) -> None:
    make_shipment_now(parcel_numbers=["JJFI1", "JJFI2"])

    assert look_up(client, "JJFI2").status_code == 302


def test_a_wrong_number_and_a_wrong_postcode_get_the_same_answer(client: Client) -> None:
    shipment = make_shipment_now()

    wrong_number = look_up(client, "DS-0")
    wrong_postcode = look_up(client, shipment.reference, "99999")

    assert wrong_number.status_code == wrong_postcode.status_code == 422
    for response in (wrong_number, wrong_postcode):
        assert NOT_FOUND in response.content.decode()
    assert not TrackingLink.objects.exists()


def test_a_number_that_two_deliveries_to_one_postcode_have_finds_neither(client: Client) -> None:
    for _ in range(2):
        make_shipment_now(parcel_numbers=["1"])

    assert look_up(client, "1").status_code == 422


def test_a_delivery_that_is_long_over_is_not_found(client: Client) -> None:
    shipment = make_shipment(status=Status.DELIVERED, at=timezone.now() - timedelta(days=60))

    assert look_up(client, shipment.reference).status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"number": "", "postcode": ""},
        {"number": "DS-1"},
        {"number": "9" * 61, "postcode": "00100"},
        {"number": "DS\x00-1", "postcode": "00100"},
        {"number": "\ud83d", "postcode": "\u202e"},
    ],
)
def test_a_form_that_cannot_be_right_is_shown_again(client: Client, form: dict[str, str]) -> None:
    response = client.post("/", {name: value.encode("utf-8", "replace").decode() for name, value in form.items()})

    assert response.status_code == 422
    assert "Find your delivery" in response.content.decode()


def test_what_was_typed_comes_back_as_text(client: Client) -> None:
    response = look_up(client, '"><script>alert(1)</script>')

    assert "<script>alert" not in response.content.decode()


def test_guessing_is_refused_even_where_the_guess_is_right(client: Client) -> None:
    shipment = make_shipment_now()
    for number in range(limits.BY_ADDRESS.misses * 2 + 1):
        look_up(client, f"DS-guess-{number}", "99999")

    response = look_up(client, shipment.reference)

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert not TrackingLink.objects.exists()


def test_guessing_the_postcode_of_one_number_is_refused_from_whichever_address(client: Client) -> None:
    shipment, other = make_shipment_now(), make_shipment_now()
    for host in range(limits.BY_NUMBER.misses * 2 + 1):
        form = {"number": f" {shipment.reference.lower()}", "postcode": f"{host:05d}"}
        client.post("/", form, REMOTE_ADDR=f"198.51.100.{host}")

    response = look_up(client, shipment.reference)

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60 * 60
    assert not TrackingLink.objects.exists()
    assert look_up(client, other.reference).status_code == 302


def test_a_get_asks_and_changes_nothing(client: Client) -> None:
    response = client.get("/", {"number": make_shipment_now().reference, "postcode": "00100"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert not TrackingLink.objects.exists()


def test_only_our_own_form_is_taken() -> None:
    shipment = make_shipment_now()

    response = look_up(Client(enforce_csrf_checks=True), shipment.reference)

    assert response.status_code == 403
    assert not TrackingLink.objects.exists()


def test_a_postcode_of_letters_is_read_as_people_write_it(client: Client) -> None:
    shipment = make_shipment_now(recipient=replace(make_recipient(), postcode="SW1A 1AA"))

    assert look_up(client, shipment.reference, "sw1a1aa").status_code == 302
