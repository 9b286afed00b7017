"""One box finds a shipment by whatever a shopper reads out, in whatever form, and only for who may see it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from desk import search
from desk.models import Role
from desk.search import Kind
from notifications.models import Contact
from notifications.services import contacts
from notifications.triggers import Channel
from tests.carriers.bookable import make_booked
from tests.factories import NOON, make_link, make_member, make_recipient, make_shipment
from tracking.links.models import TrackingLink
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent
from tracking.shipments.services import Report

TOKEN = "Zk3_b-9XQ1l2m4n6p8r0sTuVwXyZabcd"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        (f"https://shop.example/t/{TOKEN}/", {Kind.LINK: TOKEN}),
        (f" see /t/{TOKEN}.json, please", {Kind.LINK: TOKEN}),
        (f"https://shop.example/t/{TOKEN}/#a1b2c3d4e5", {Kind.LINK: TOKEN}),
        (TOKEN, {Kind.LINK: TOKEN, Kind.NUMBER: TOKEN, Kind.CARRIER: TOKEN}),
        ("DS-1042", {Kind.NUMBER: "DS-1042", Kind.CARRIER: "DS-1042", Kind.POSTCODE: "DS1042"}),
        ("order 1042/A", {Kind.NUMBER: "order 1042/A"}),
        ("return", {Kind.NUMBER: "return", Kind.NAME: "return"}),
        ("JJFI64574900000012345", {Kind.NUMBER: "JJFI64574900000012345", Kind.CARRIER: "JJFI64574900000012345"}),
        ("+358 40 123-4567", {Kind.NUMBER: "+358 40 123-4567", Kind.PHONE: "401234567"}),
        ("(040) 123 4567", {Kind.NUMBER: "(040) 123 4567", Kind.PHONE: "401234567"}),
        ("٠٤٠ ١٢٣ ٤٥٦٧", {Kind.NUMBER: "٠٤٠ ١٢٣ ٤٥٦٧", Kind.PHONE: "401234567"}),
        ("0001", {Kind.NUMBER: "0001", Kind.CARRIER: "0001", Kind.POSTCODE: "0001"}),
        ("Maija@Example.org", {Kind.EMAIL: "Maija@Example.org"}),
        ("maija@", {Kind.EMAIL: "maija@"}),
        ("sw1a 1aa", {Kind.NUMBER: "sw1a 1aa", Kind.POSTCODE: "SW1A1AA"}),
        ("00100", {Kind.NUMBER: "00100", Kind.CARRIER: "00100", Kind.POSTCODE: "00100"}),
        ("maija  meikäläinen", {Kind.NAME: "maija meikäläinen"}),
        ("O\u2019Brien", {Kind.NUMBER: "O\u2019Brien", Kind.NAME: "O\u2019Brien"}),
        ("李明", {Kind.NUMBER: "李明", Kind.NAME: "李明"}),
        ("", {}),
        (" \0 ", {}),
        ("@", {}),
        ("x" * 201, {}),
    ],
)
def test_what_a_term_may_be_follows_from_its_form(text: str, terms: dict[Kind, str]) -> None:
    assert search.read(text, region="FI") == terms


@given(st.text(max_size=250), st.sampled_from(["", "FI", "GB"]))
def test_any_text_can_be_read(text: str, region: str) -> None:
    for looked_for in search.read(text, region=region).values():
        assert 1 <= len(looked_for) <= search.LONGEST
        assert "\0" not in looked_for


def link_of(shipment: Shipment) -> str:
    return f"http://testserver/t/{make_link(shipment).token}/"


def token_of(shipment: Shipment) -> str:
    return make_link(shipment).token


def reference_of(shipment: Shipment) -> str:
    return shipment.reference.lower()


def parcel_of(shipment: Shipment) -> str:
    return f" {shipment.parcels.get().number.lower()} "


def carriers_reference_of(shipment: Shipment) -> str:
    report = Report("postnord", "JJFI64574900000012345", NOON, Status.IN_TRANSIT)
    services.ingest(shipment, report, at=NOON)
    return report.external_id


def partners_number_of(shipment: Shipment) -> str:
    return make_booked(shipment).number.lower()


def partners_reference_of(shipment: Shipment) -> str:
    return make_booked(shipment).booking_try.reference


OWN_WORDS = [
    link_of,
    token_of,
    reference_of,
    parcel_of,
    carriers_reference_of,
    partners_number_of,
    partners_reference_of,
]


@pytest.mark.sqlite
@pytest.mark.parametrize("words_of", OWN_WORDS)
def test_a_shipment_is_found_by_its_numbers_and_links(client: Client, words_of: Callable[[Shipment], str]) -> None:
    shipment, _ = make_shipment(), make_shipment()
    client.force_login(make_member(Role.AGENT))

    answer = client.get("/admin/desk/search/", {"q": words_of(shipment)})

    assert answer.headers["Location"] == f"/admin/desk/shipments/{shipment.id}/"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "words",
    [
        "040 123-4567",
        "+358 (40) 1234567",
        "4567",
        "MAIJA@example.ORG",
        "maija@ex",
        "001 00",
        "meikä maija",
    ],
)
def test_a_shipment_is_found_by_what_its_recipient_says_of_themselves(client: Client, words: str) -> None:
    stranger = replace(
        make_recipient(), name="Meri Ikä", email="aija@example.org", phone="+44 7700 900123", postcode="SW1A 1AA"
    )
    shipment, _ = make_shipment(), make_shipment(recipient=stranger)
    client.force_login(make_member(Role.AGENT))

    answer = client.get("/admin/desk/search/", {"q": words})

    assert answer.headers["Location"] == f"/admin/desk/shipments/{shipment.id}/"


@pytest.mark.sqlite
@pytest.mark.parametrize("words", ["050 999 8877", "+358 50 9998877", "8877", "Liisa@Example.org", "liisa@ex"])
def test_a_shipment_is_found_by_what_its_shopper_gave_instead(client: Client, words: str) -> None:
    shipment, _ = make_shipment(), make_shipment()
    contacts.change(shipment, Channel.SMS, "+358 50 999 8877", at=NOON)
    contacts.change(shipment, Channel.EMAIL, "Liisa@example.org", at=NOON)
    client.force_login(make_member(Role.AGENT))

    answer = client.get("/admin/desk/search/", {"q": words})

    assert answer.headers["Location"] == f"/admin/desk/shipments/{shipment.id}/"


def test_what_shoppers_gave_is_asked_of_an_index() -> None:
    first = make_shipment()
    Contact.objects.bulk_create(
        Contact(shipment=first, channel=channel, address=address, added_at=NOON)
        for number in range(600)
        for channel, address in ((Channel.SMS, f"+35850{number:07}"), (Channel.EMAIL, f"liisa{number}@example.org"))
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_contact")
        cursor.execute("SET LOCAL enable_seqscan = off")

    for kind, looked_for, index in (
        (Kind.PHONE, "0000123", "contact_address_ends"),
        (Kind.EMAIL, "liisa123@", "notifications_contact_address"),
    ):
        _, given = search.queries(Shipment.objects.all(), kind, looked_for)
        plan = given.explain()
        assert index in plan
        assert "Seq Scan on notifications_contact" not in plan


@pytest.mark.sqlite
@pytest.mark.parametrize("term", ["%", "meik%", "_aija", "maija@%", "m_ija@example", "\\", "' OR 1=1 --", "eikäläinen"])
def test_no_sign_stands_for_others(client: Client, term: str) -> None:
    make_shipment()
    client.force_login(make_member(Role.AGENT))

    answer = client.get("/admin/desk/search/", {"q": term})

    assert answer.status_code == 200
    assert "Nothing was found." in answer.content.decode()


INDEXES = {
    Kind.LINK: "tracking_trackinglink_token",
    Kind.NUMBER: "shipment_reference",
    Kind.CARRIER: "status_event_external_id",
    Kind.PHONE: "shipment_phone_ends",
    Kind.EMAIL: "shipment_email_begins",
    Kind.POSTCODE: "shipment_postcode_newest",
    Kind.NAME: "shipment_name_words",
}


def make_many(count: int = 600) -> None:
    """Make so many shipments that the database has reason to look into the right index, and let it know of them."""
    row = Shipment.objects.values().get(id=make_shipment().id)
    known: dict[str, Any] = {name: value for name, value in row.items() if name != "uid"}
    own = [
        {
            "id": known["id"] + number,
            "reference": f"MANY-{number}",
            "recipient_name": f"Person{number} Family{number}",
            "email": f"person{number}@example.org",
            "phone": f"+3584{number:08}",
            "postcode": f"{number:05}",
        }
        for number in range(1, count)
    ]
    shipments = Shipment.objects.bulk_create(Shipment(**known | fields) for fields in own)
    Parcel.objects.bulk_create(Parcel(shipment=each, number=f"{each.reference}-1") for each in shipments)
    TrackingLink.objects.bulk_create(TrackingLink(shipment=each, created_at=NOON) for each in shipments)
    StatusEvent.objects.bulk_create(
        StatusEvent(shipment=each, occurred_at=NOON, received_at=NOON, source="carrier", external_id=each.reference)
        for each in shipments
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tracking_shipment, tracking_parcel, tracking_trackinglink, tracking_statusevent")


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_asked_of_an_index(kind: Kind) -> None:
    make_many()
    with connection.cursor() as cursor:
        for way in ("seqscan", "indexscan" if kind == Kind.NAME else "seqscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")

    plan = search.query(Shipment.objects.all(), kind, "maija meik" if kind == Kind.NAME else "10115").explain()

    assert INDEXES[kind] in plan
    assert "Seq Scan on tracking_shipment" not in plan
