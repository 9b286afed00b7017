from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from carriers import tasks
from carriers.models import BookingTry, Choice, PartnerBooking, Profile, Tariff
from carriers.services import choosing
from carriers.services.choosing import handing_on
from desk.models import Role
from tests.carriers.bookable import make_contract
from tests.carriers.choices import by_cost, make_carrier
from tests.factories import NOON, make_brand, make_member, make_shipment
from tracking.models import Brand, Carrier, Shipment
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOWHERE = "https://partner.invalid"
SOON = timedelta(minutes=1)


def make_partner(slug: str, base: str) -> Carrier:
    """Make a carrier that can be booked with and has a tariff."""
    carrier = make_contract(NOWHERE, slug=slug).carrier
    Profile.objects.create(carrier=carrier)
    Tariff.objects.create(carrier=carrier, base=Decimal(base))
    return carrier


@pytest.fixture
def brand() -> Brand:
    brand = make_brand()
    by_cost(brand)
    return brand


@pytest.fixture
def lead() -> User:
    return make_member(Role.LEAD)


def chosen(brand: Brand) -> Choice:
    choice = choosing.choose(make_shipment(brand=brand), at=NOON)
    assert choice is not None
    return choice


def asked(booking: PartnerBooking | None) -> list[str]:
    rows = BookingTry.objects.filter(booking=booking).order_by("rank")
    return list(rows.values_list("contract__carrier__slug", flat=True))


def test_whoever_was_chosen_is_asked_and_then_the_next_best(brand: Brand) -> None:
    make_partner("second", "2.00")
    make_partner("third", "3.00")
    make_partner("first", "1.00")

    booking = choosing.hand_on(chosen(brand), at=NOON)

    assert asked(booking) == ["first", "second", "third"]


def test_a_partner_who_is_worse_than_our_own_is_not_asked(brand: Brand) -> None:
    make_partner("first", "1.00")
    make_carrier("own", base="2.00")
    make_partner("third", "3.00")

    assert asked(choosing.hand_on(chosen(brand), at=NOON)) == ["first"]


def test_what_our_own_have_is_booked_with_nobody(brand: Brand) -> None:
    make_carrier("own", base="1.00")
    make_partner("second", "2.00")

    assert choosing.hand_on(chosen(brand), at=NOON) is None

    assert not PartnerBooking.objects.exists()


def test_handing_on_twice_books_once(brand: Brand) -> None:
    make_partner("first", "1.00")
    choice = chosen(brand)

    assert choosing.hand_on(choice, at=NOON) is not None
    assert choosing.hand_on(choice, at=NOON) is None

    assert PartnerBooking.objects.count() == 1


def test_by_hand_only_who_was_chosen_is_asked_and_what_was_asked_before_is_called_off(brand: Brand, lead: User) -> None:
    make_partner("first", "1.00")
    second = make_partner("second", "2.00")
    choice = chosen(brand)
    before = choosing.hand_on(choice, at=NOON)
    assert before is not None

    by_hand = choosing.choose_by_hand(choice.shipment, second, reason="They know the way", by=lead, at=NOON)
    booking = choosing.hand_on(by_hand, at=NOON)

    before.refresh_from_db()
    assert (before.is_live, asked(booking)) == (False, ["second"])
    assert booking is not None
    assert booking.by == lead


def test_what_has_gone_another_way_meanwhile_is_left_alone(brand: Brand) -> None:
    make_partner("first", "1.00")
    choice = chosen(brand)
    shipments.carry(choice.shipment, make_carrier("own"), at=NOON)
    choice.refresh_from_db()

    assert choosing.hand_on(choice, at=NOON) is None


def test_a_sweep_finds_whose_nudge_was_lost(brand: Brand) -> None:
    make_partner("first", "1.00")
    choice = chosen(brand)
    assert handing_on.list_missed(at=NOON) == []
    assert handing_on.list_missed(at=NOON + SOON) == [choice.id]

    choosing.hand_on(choice, at=NOON + SOON)

    assert handing_on.list_missed(at=NOON + SOON) == []


def test_from_the_order_to_the_booking_everything_follows(
    brand: Brand, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_partner("first", "1.00")
    at = timezone.now()
    with django_capture_on_commit_callbacks():
        shipment = make_shipment(brand=brand, at=at)

    tasks.choose(shipment_id=shipment.id)
    tasks.hand_on(choice_id=Choice.objects.get(shipment=shipment).id)

    assert asked(PartnerBooking.objects.get(shipment=shipment)) == ["first"]


def test_only_what_waits_is_chosen_for(brand: Brand) -> None:
    make_partner("first", "1.00")
    shipment = make_shipment(brand=brand, status=Status.AT_HUB)

    tasks.choose(shipment_id=shipment.id)
    tasks.choose(shipment_id=0)
    tasks.hand_on(choice_id=0)

    assert not Choice.objects.exists()
    assert Shipment.objects.get().carrier is None
