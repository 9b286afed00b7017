"""What the desk sees of handing over, does about it, and is told of."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from carriers.models import BookingState, BookingTry, PartnerBooking, TryState
from carriers.services import handing_over
from carriers.services.handing_over import settling
from desk import attention
from desk.models import Deed, Look, Role
from tests.carriers.bookable import make_booked, make_contract
from tests.factories import NOON, make_member, make_partner, make_shipment
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def agent(client: Client) -> User:
    member = make_member(Role.AGENT)
    client.force_login(member)
    return member


@pytest.fixture
def shipment() -> Shipment:
    return make_shipment(status=Status.AT_HUB)


def page_of(shipment: Shipment) -> str:
    return f"/admin/desk/shipments/{shipment.id}/"


def deeds() -> list[tuple[object, ...]]:
    return list(Look.objects.filter(deed=Deed.ACTED).values_list("what", "reason", "details"))


def test_a_shipment_is_handed_over_and_that_is_kept(client: Client, agent: User, shipment: Shipment) -> None:
    first, second = make_contract(NOWHERE), make_contract(NOWHERE, slug="virma")

    given = {"carrier": "virma", "reason": "The van is full."}
    answer = client.post(f"{page_of(shipment)}hand_over/", given, follow=True)

    booking = PartnerBooking.objects.get()
    assert "Virma is being asked." in answer.text
    assert [row.contract for row in booking.tries.all()] == [second, first]
    assert booking.by == agent
    assert deeds() == [("hand_over", "The van is full.", {"booking": booking.id, "asked": ["virma", "revontuli"]})]


def test_one_carrier_alone_is_asked_where_that_is_wanted(client: Client, agent: User, shipment: Shipment) -> None:
    make_contract(NOWHERE)
    wanted = make_contract(NOWHERE, slug="virma")

    client.post(f"{page_of(shipment)}hand_over/", {"carrier": "virma", "alone": "on", "reason": "As agreed."})

    assert [row.contract for row in BookingTry.objects.all()] == [wanted]


def test_what_cannot_be_handed_over_any_more_says_so(client: Client, agent: User, shipment: Shipment) -> None:
    contract = make_contract(NOWHERE)
    handing_over.ask(shipment, [contract.carrier], at=NOON)

    assert client.post(f"{page_of(shipment)}hand_over/", {"carrier": "revontuli", "reason": "x"}).status_code == 404
    assert PartnerBooking.objects.count() == 1
    assert deeds() == []


def test_without_a_contract_nothing_is_offered(client: Client, agent: User, shipment: Shipment) -> None:
    assert "Hand over to a partner" not in client.get(page_of(shipment)).text


def test_the_page_shows_who_has_it_by_which_number_at_what_price_and_where_its_label_is(
    client: Client, agent: User, shipment: Shipment
) -> None:
    make_booked(shipment)

    page = client.get(page_of(shipment)).text

    for words in (
        "Revontuli: booked",
        "RE000000001FI",
        "5.40 EUR",
        "shp_1",
        'href="https://files.example.com/label.png"',
    ):
        assert words in page


def test_somebody_of_a_carrier_sees_nothing_of_it(client: Client, shipment: Shipment) -> None:
    make_booked(shipment)
    shipment.refresh_from_db()
    client.force_login(make_partner(shipment.carrier))

    page = client.get(page_of(shipment))

    assert page.status_code == 200
    assert "RE000000001FI" not in page.text
    assert "5.40" not in page.text


def test_the_handing_over_is_called_off(client: Client, agent: User, shipment: Shipment) -> None:
    booking = make_booked(shipment).booking_try.booking

    client.post(f"{page_of(shipment)}call_off/", {"reason": "A van is free."})

    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED
    assert deeds() == [("call_off", "A van is free.", {"booking": booking.id})]


def test_what_the_partner_has_is_not_called_off(client: Client, agent: User, shipment: Shipment) -> None:
    booking = make_booked(shipment).booking_try.booking
    report = Report("revontuli", "1", NOON, Status.IN_TRANSIT)
    services.ingest(shipment, report, at=NOON + timedelta(hours=1))

    assert client.post(f"{page_of(shipment)}call_off/", {"reason": "Too late."}).status_code == 404

    booking.refresh_from_db()
    assert booking.state == BookingState.BOOKED


def told(user: User) -> list[tuple[str, str]]:
    found = {kind.name: kind for kind in attention.find(user, at=timezone.now())}
    return [(row.subject, row.what) for row in found["bookings"].rows] if "bookings" in found else []


def test_what_nobody_takes_is_told_until_it_is_handed_over_again_or_over(agent: User, shipment: Shipment) -> None:
    contract = make_contract(NOWHERE)
    [row] = handing_over.ask(shipment, [contract.carrier], at=timezone.now()).tries.all()
    assert told(agent) == []

    settling.refused(row, "Too far out.", at=timezone.now())
    assert told(agent) == [(shipment.reference, "no partner takes it")]

    handing_over.ask(shipment, [contract.carrier], at=timezone.now())
    assert told(agent) == []


def test_what_no_partner_answers_to_is_told_after_a_while(agent: User, shipment: Shipment) -> None:
    handing_over.ask(shipment, [make_contract(NOWHERE).carrier], at=timezone.now() - timedelta(minutes=16))

    assert told(agent) == [(shipment.reference, "no partner has answered")]


@pytest.mark.parametrize(
    ("at_once", "expected"), [(True, []), (False, ["a partner keeps it although it was called off"])]
)
def test_what_a_partner_does_not_let_go_of_is_told(
    agent: User, shipment: Shipment, at_once: bool, expected: list[str]
) -> None:
    booked_at = timezone.now() - (timedelta() if at_once else timedelta(minutes=16))
    booking = make_booked(shipment, at=booked_at).booking_try.booking
    handing_over.call_off(booking, at=timezone.now())

    assert [what for _, what in told(agent)] == expected

    BookingTry.objects.update(state=TryState.KEPT, due_at=None)
    assert [what for _, what in told(agent)] == ["a partner keeps it although it was called off"]
