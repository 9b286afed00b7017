from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries, Settings

from notifications.models import Cancelled, Contact, Notification, State
from notifications.services import contacts
from notifications.services.contacts import NotServed, TooManyChanges
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_recipient, make_shipment
from tracking.contact import Unreadable
from tracking.models import Shipment

M = TypeVar("M", bound=Model)

ON_FILE = "+358401234567"
OTHER = "+358407654321"
MAIL = "maija@example.org"
MINUTE = timedelta(minutes=1)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _in_finland(settings: Settings) -> None:
    settings.PHONE_REGION = "FI"
    settings.SMS_COUNTRIES = ["FI", "SE"]


def make_shipment_to(*, phone: str = "040 123 4567", email: str = "Maija@example.org") -> Shipment:
    return make_shipment(recipient=replace(make_recipient(), phone=phone, email=email))


def make_waiting(shipment: Shipment, trigger: Trigger = Trigger.SHIPPED, **fields: object) -> Notification:
    return Notification.objects.create(
        **{
            "brand": shipment.brand,
            "shipment": shipment,
            "trigger": trigger,
            "channel": Channel.SMS,
            "recipient": ON_FILE,
            "language": "en",
            "created_at": NOON,
            "due_at": NOON,
            "expires_at": NOON + 60 * MINUTE,
            **fields,
        }
    )


def fresh(row: M) -> M:
    row.refresh_from_db()
    return row


def test_without_a_word_of_theirs_a_shopper_is_reached_by_what_is_in_the_order() -> None:
    shipment = make_shipment_to()

    assert contacts.reach(shipment) == {Channel.SMS: ON_FILE, Channel.WHATSAPP: ON_FILE, Channel.EMAIL: MAIL}
    assert contacts.on_file(shipment) == contacts.reach(shipment)


@pytest.mark.parametrize("phone", ["", "none", "040", "09 1234567", "0600 12345"])
def test_a_number_that_takes_no_texts_is_left_out(phone: str) -> None:
    assert contacts.reach(make_shipment_to(phone=phone)) == {Channel.EMAIL: MAIL}


def test_who_left_no_address_is_reached_nowhere() -> None:
    assert contacts.reach(make_shipment_to(phone="", email="")) == {}


def test_another_number_takes_the_place_of_the_one_in_the_order_for_this_delivery_alone() -> None:
    shipment, other = make_shipment_to(), make_shipment_to()

    assert contacts.change(shipment, Channel.SMS, "040 765 4321", at=NOON) == OTHER

    assert contacts.reach(shipment) == {Channel.SMS: OTHER, Channel.WHATSAPP: OTHER, Channel.EMAIL: MAIL}
    assert contacts.reach(other)[Channel.SMS] == ON_FILE
    assert contacts.on_file(shipment)[Channel.SMS] == ON_FILE
    assert fresh(shipment).phone == "040 123 4567"


def test_another_mail_address_leaves_the_number_alone() -> None:
    shipment = make_shipment_to()

    contacts.change(shipment, Channel.EMAIL, " Pekka@Example.org ", at=NOON)

    assert contacts.reach(shipment)[Channel.EMAIL] == "pekka@example.org"
    assert contacts.reach(shipment)[Channel.SMS] == ON_FILE


def test_of_several_the_last_one_given_is_used() -> None:
    shipment = make_shipment_to()

    contacts.change(shipment, Channel.SMS, OTHER, at=NOON)
    contacts.change(shipment, Channel.SMS, "+46701234567", at=NOON + MINUTE)
    contacts.change(shipment, Channel.SMS, ON_FILE, at=NOON + 2 * MINUTE)

    assert contacts.reach(shipment)[Channel.SMS] == ON_FILE


def test_after_three_changes_on_whichever_channel_there_is_no_fourth() -> None:
    shipment = make_shipment_to()
    contacts.change(shipment, Channel.SMS, OTHER, at=NOON)
    contacts.change(shipment, Channel.EMAIL, "pekka@example.org", at=NOON)
    contacts.change(shipment, Channel.WHATSAPP, "+46701234567", at=NOON)

    with pytest.raises(TooManyChanges):
        contacts.change(shipment, Channel.EMAIL, "leena@example.org", at=NOON)

    assert contacts.changes_left(shipment) == 0
    assert contacts.reach(shipment)[Channel.EMAIL] == "pekka@example.org"
    assert Contact.objects.count() == 3


def test_the_address_that_is_used_already_is_no_change() -> None:
    shipment = make_shipment_to()

    assert contacts.change(shipment, Channel.SMS, "+358 40 123 4567", at=NOON) == ON_FILE

    assert contacts.changes_left(shipment) == 3


@pytest.mark.parametrize(
    ("channel", "text"), [(Channel.SMS, "call me"), (Channel.SMS, MAIL), (Channel.EMAIL, ON_FILE), (Channel.EMAIL, "")]
)
def test_what_is_no_address_changes_nothing(channel: Channel, text: str) -> None:
    shipment = make_shipment_to()

    with pytest.raises(Unreadable):
        contacts.change(shipment, channel, text, at=NOON)

    assert not Contact.objects.exists()


@pytest.mark.parametrize("number", ["+4915112345678", "+18765551234", "+358600123456", "+35891234567", "+447700900123"])
def test_nobody_has_texts_sent_where_they_cost_dear_or_cannot_arrive(number: str) -> None:
    shipment = make_shipment_to()

    with pytest.raises(NotServed):
        contacts.change(shipment, Channel.SMS, number, at=NOON)

    assert not Contact.objects.exists()


def test_without_a_list_of_countries_every_country_is_served(settings: Settings) -> None:
    settings.SMS_COUNTRIES = []

    assert contacts.change(make_shipment_to(), Channel.SMS, "+49 1511 2345678", at=NOON) == "+4915112345678"


def test_what_waits_goes_to_the_new_number_and_what_is_under_way_does_not() -> None:
    shipment = make_shipment_to()
    waiting = make_waiting(shipment)
    whatsapp = make_waiting(shipment, channel=Channel.WHATSAPP)
    mail = make_waiting(shipment, channel=Channel.EMAIL, recipient=MAIL)
    sent = make_waiting(shipment, Trigger.CREATED, state=State.SENT)
    code = make_waiting(shipment, Trigger.CODE)

    contacts.change(shipment, Channel.SMS, OTHER, at=NOON)

    assert [fresh(message).recipient for message in (waiting, whatsapp)] == [OTHER, OTHER]
    assert [fresh(message).recipient for message in (mail, sent, code)] == [MAIL, ON_FILE, ON_FILE]
    assert fresh(code).state == State.PENDING


def test_what_went_to_the_new_number_before_does_not_go_there_twice() -> None:
    shipment = make_shipment_to()
    sent = make_waiting(shipment, recipient=OTHER, state=State.SENT)
    waiting = make_waiting(shipment)

    contacts.change(shipment, Channel.SMS, OTHER, at=NOON + MINUTE)

    assert fresh(sent).state == State.SENT
    assert (fresh(waiting).state, waiting.reason, waiting.recipient) == (
        State.CANCELLED,
        Cancelled.WITHDRAWN,
        ON_FILE,
    )
    assert waiting.settled_at == NOON + MINUTE


def test_the_addresses_of_many_are_found_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shipments = [make_shipment_to() for _ in range(5)]
    contacts.change(shipments[0], Channel.SMS, OTHER, at=NOON)

    with django_assert_num_queries(1):
        found = contacts.addresses_of(shipments)

    assert found[shipments[0].id][Channel.SMS] == OTHER
    assert [found[shipment.id][Channel.SMS] for shipment in shipments[1:]] == [ON_FILE] * 4
