"""Page, JSON, text, calendar and WebSocket state the same facts, in every state that a shipment can be in."""

import json
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from tests import reading
from tests.factories import NOON, make_brand, make_link, make_route, make_shipment
from tests.tracking.conftest import Clock
from tracking import connection, consumers
from tracking.links.models import TrackingLink
from tracking.live import audience, positions
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Vehicle
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window
from tracking.words import times

DOORS = [(60.1689, 24.9455), (60.1675, 24.9400), (60.1699, 24.9510)]
IN_BETWEEN = (60.1705, 24.9470)
SOON = Window(date(2026, 11, 22), NOON + timedelta(minutes=10), NOON + timedelta(minutes=30))
PIXEL_DEGREES = 0.00005

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def assert_agreement(client: Client, link: TrackingLink) -> reading.Facts:
    """Fetch what a link opens in every form, and compare fact by fact; gives the facts."""
    address = f"/t/{link.token}"
    body = client.get(f"{address}.json").content
    page = client.get(f"{address}/").content.decode()
    told = reading.json_facts(body)
    assert json.loads(consumers._snapshot(link.token, at=NOON)) == {"type": "snapshot", **json.loads(body)}
    for stated in (
        reading.text_facts(client.get(f"{address}.txt").content.decode()),
        reading.calendar_facts(client.get(f"{address}.ics").content),
        reading.page_facts(page),
    ):
        assert stated == expected(told, stated)
    assert_answer_agrees(reading.page_answer(page), told)
    return told


def expected(told: reading.Facts, names: Collection[str]) -> reading.Facts:
    """Pick the facts that a form states: a vehicle by its word, a place as exactly as the page's map can draw it."""
    known: dict[str, Any] = {name: told[name] for name in names}
    if known.get("vehicle"):
        known["vehicle"] = Vehicle(known["vehicle"]).label
    if known.get("place"):
        known["place"] = pytest.approx(known["place"], abs=PIXEL_DEGREES)
    return known


def assert_answer_agrees(said: str, told: reading.Facts) -> None:
    """Compare what the top of the page says in a sentence."""
    if told["start"]:
        assert f"{told['start'][-5:]}–{told['end'][-5:]}" in said
    elif told["date"]:
        assert times.day(date.fromisoformat(told["date"]), today=NOON.date()) in said
    if told["stops_before"]:
        assert f"{told['stops_before']} stop" in said
    assert ("Later than promised" in said) is ("delayed" in told["conditions"])
    assert ("You are next" in said or "Arriving" in said) or "next" not in told["conditions"]


def on_the_road(index: int) -> Shipment:
    """Give one of three shipments that a driver has with them, who was seen between the first two doors."""
    route = make_route(DOORS, brand=make_brand(shows_driver_from_stops=5))
    audience.refresh(route.shift.driver_id, at=NOON)

    async def report() -> None:
        await positions.accept(route.shift.driver_id, [RawFix(*IN_BETWEEN, NOON, heading=91.4)], at=NOON)
        await connection.close()

    async_to_sync(report)()
    return Shipment.objects.get(stop__route=route, stop__sequence=index + 1)


@pytest.mark.parametrize("status", Status)
def test_in_every_status_all_forms_state_the_same(client: Client, status: Status) -> None:
    shipment = make_shipment(status=status, parcel_numbers=["JJFI-1", "JJFI-2"])

    told = assert_agreement(client, make_link(shipment))

    assert told["status"] == status.value


@pytest.mark.parametrize("index", [0, 1, 2])
def test_on_the_road_all_forms_state_the_same_window_stops_and_place(client: Client, index: int) -> None:
    shipment = on_the_road(index)
    services.promise(shipment, start=NOON, end=NOON + timedelta(hours=1), at=NOON)
    services.estimate(shipment, SOON, cause=Cause.ON_THE_ROAD, at=NOON)

    told = assert_agreement(client, make_link(shipment))

    assert (told["start"], told["end"]) == ("2026-11-22 12:10", "2026-11-22 12:30")
    assert (told["stops_before"], told["driver"], told["place"]) == (index, "Aino", IN_BETWEEN)


def test_all_forms_state_that_it_is_late_next_and_near(client: Client) -> None:
    shipment = on_the_road(0)
    services.promise(shipment, start=NOON - timedelta(hours=2), end=NOON - timedelta(hours=1), at=NOON)
    services.estimate(shipment, SOON, cause=Cause.BEHIND, at=NOON)
    assert shipment.stop is not None
    services.approach(shipment.stop, at=NOON)

    told = assert_agreement(client, make_link(shipment))

    assert told["conditions"] == ["delayed", "next", "arriving"]


def test_all_forms_show_an_old_place_as_old_and_a_very_old_one_not_at_all(client: Client, clock: Clock) -> None:
    link = make_link(on_the_road(1))

    clock.pass_by(minutes=2)
    assert reading.json_facts(client.get(f"/t/{link.token}.json").content)["conditions"] == ["stale"]
    assert "Seen 2 min ago" in client.get(f"/t/{link.token}/").content.decode()
    clock.pass_by(minutes=4)

    page = reading.page_facts(client.get(f"/t/{link.token}/").content.decode())
    text = reading.text_facts(client.get(f"/t/{link.token}.txt").content.decode())
    assert page["place"] == text["place"] == text["seen"] is None


def test_a_carriers_day_is_a_day_in_all_forms(client: Client) -> None:
    shipment = make_shipment(status=Status.IN_TRANSIT)
    services.estimate(shipment, Window(date(2026, 11, 25)), cause=Cause.CARRIER, at=NOON)

    told = assert_agreement(client, make_link(shipment))

    assert (told["date"], told["start"], told["end"]) == ("2026-11-25", None, None)


@pytest.mark.parametrize("handover", Handover)
def test_all_forms_state_a_delivery_alike_whoever_took_it(client: Client, handover: Handover) -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.record(shipment, Status.DELIVERED, handover=handover, at=NOON)

    assert assert_agreement(client, make_link(shipment))["handover"] == handover.value


def test_parcels_that_part_and_a_history_of_two_days_read_alike_in_all_forms(client: Client) -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, parcel_numbers=["JJFI-1", "JJFI-2"])
    for number, (place, status) in enumerate([("Vantaa", None), ("Kamppi", Status.DELIVERED)]):
        report = Report("carrier", str(number), NOON, status, parcel_number="JJFI-1", place=place)
        services.ingest(shipment, report, at=NOON)

    told = assert_agreement(client, make_link(shipment))

    assert told["parcels"] == [("JJFI-1", "Delivered"), ("JJFI-2", "On its way")]
    assert [place for _, _, place in told["events"]][-2:] == ["Vantaa", "Kamppi"]
