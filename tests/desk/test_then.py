from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from desk.models import Look, Role
from tests.factories import NOON, make_member, make_partner, make_route, make_shipment
from tracking.models import Shipment
from tracking.shipments import services
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_member(Role.AGENT))
    return client


def then(desk: Client, shipment: Shipment, at: str) -> str:
    return desk.get(f"/admin/desk/shipments/{shipment.id}/then/?at={quote(at)}").text


def test_the_page_says_what_the_tracking_page_said_at_that_minute_by_the_clock_there(desk: Client) -> None:
    shipment = make_shipment(status=Status.AT_HUB, at=NOON - HOUR)
    services.record(shipment, Status.LOST, at=NOON)

    assert "We cannot find your parcel" not in then(desk, shipment, "2026-11-22T11:59")
    assert "At the local hub" in then(desk, shipment, "2026-11-22T11:59")
    assert "We cannot find your parcel" in then(desk, shipment, "2026-11-22T12:00")


def test_it_says_what_cannot_be_known(desk: Client) -> None:
    shipment = make_route([(60.1689, 24.9455)]).stops.get().shipments.get()

    text = then(desk, shipment, "2026-11-22T12:05")

    assert "Aino brings it by van" in text
    assert "It is taken for granted that it was on the round that it is on now." in text


def test_before_it_was_known_there_was_nothing_to_see(desk: Client) -> None:
    assert "was not known to us yet" in then(desk, make_shipment(at=NOON), "2026-11-22T11:59")


@pytest.mark.parametrize("at", ["", "yesterday", "2026-02-30T12:00", "2026-10-25T03:30", "9" * 50])
def test_what_is_no_minute_is_refused(desk: Client, at: str) -> None:
    shipment = make_shipment()

    answer = desk.get(f"/admin/desk/shipments/{shipment.id}/then/?at={quote(at)}")

    assert answer.status_code == 422


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_minute_may_be_as_far_away_as_it_likes(desk: Client, at: str) -> None:
    assert "<h1" in then(desk, make_shipment(), at)


def test_without_a_minute_it_is_now(desk: Client) -> None:
    shipment = make_shipment(status=Status.DELIVERED)

    answer = desk.get(f"/admin/desk/shipments/{shipment.id}/then/")

    assert answer.status_code == 200
    assert 'data-status="delivered"' in answer.text


def test_a_look_at_the_past_is_a_look(desk: Client) -> None:
    shipment = make_shipment()

    then(desk, shipment, "2026-11-22T12:00")

    assert list(Look.objects.values_list("deed", "what", "shipment", "details")) == [
        ("saw", "then", shipment.id, {"at": "2026-11-22T12:00:59.999999+02:00"})
    ]


def test_the_past_of_others_is_theirs(client: Client) -> None:
    client.force_login(make_partner())

    assert client.get(f"/admin/desk/shipments/{make_shipment().id}/then/").status_code == 404
