from datetime import timedelta
from itertools import permutations

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from notifications.models import Consent, ConsentSource, Notification, Skipped, State
from notifications.services import consent
from notifications.services.consent import Recipient
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_shipment
from tracking.models import Brand, Shipment

NUMBER = "+358401234567"
MAIL = "maija@example.org"
MINUTE = timedelta(minutes=1)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_message(
    shipment: Shipment, channel: Channel = Channel.SMS, recipient: str = NUMBER, **fields: object
) -> Notification:
    return Notification.objects.create(
        **{
            "brand": shipment.brand,
            "shipment": shipment,
            "trigger": Trigger.ON_THE_WAY,
            "channel": channel,
            "recipient": recipient,
            "language": "en",
            "created_at": NOON,
            "due_at": NOON,
            "expires_at": NOON + 60 * MINUTE,
            **fields,
        }
    )


def stop(address: str = NUMBER, channel: Channel = Channel.SMS, *, minute: int = 0, brand: Brand | None = None) -> None:
    consent.withhold(channel, address, source=ConsentSource.WORD, at=NOON + minute * MINUTE, brand=brand)


def start(
    address: str = NUMBER, channel: Channel = Channel.SMS, *, minute: int = 0, brand: Brand | None = None
) -> None:
    consent.give(channel, address, source=ConsentSource.WORD, at=NOON + minute * MINUTE, brand=brand)


def may_send(brand: Brand, address: str = NUMBER, channel: Channel = Channel.SMS) -> bool:
    return not consent.is_withheld(channel, address, brand=brand)


def test_who_said_nothing_may_be_written_to() -> None:
    assert may_send(make_brand())


def test_a_number_that_stops_is_written_to_by_no_brand_and_neither_by_sms_nor_whatsapp() -> None:
    brands = [make_brand(), make_brand()]

    stop()

    assert not any(may_send(brand, channel=channel) for brand in brands for channel in (Channel.SMS, Channel.WHATSAPP))
    assert may_send(brands[0], "+358407654321")
    assert may_send(brands[0], MAIL, Channel.EMAIL)


def test_a_number_that_starts_again_is_written_to_again() -> None:
    brand = make_brand()
    stop(channel=Channel.WHATSAPP)

    start(minute=1)

    assert may_send(brand)
    assert may_send(brand, channel=Channel.WHATSAPP)
    assert Consent.objects.count() == 2


def test_a_mail_address_unsubscribes_from_one_brand() -> None:
    brand, other = make_brand(), make_brand()

    stop(" Maija@Example.org", Channel.EMAIL, brand=brand)

    assert not may_send(brand, MAIL, Channel.EMAIL)
    assert not may_send(brand, "MAIJA@example.org", Channel.EMAIL)
    assert may_send(other, MAIL, Channel.EMAIL)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_word_holds_in_whichever_order_the_words_arrive(order: tuple[int, ...]) -> None:
    brand, other = make_brand(), make_brand()
    words = [
        lambda: stop(MAIL, Channel.EMAIL, minute=1),
        lambda: start(MAIL, Channel.EMAIL, minute=2, brand=brand),
        lambda: start(MAIL, Channel.EMAIL, minute=0),
    ]

    for word in order:
        words[word]()

    assert may_send(brand, MAIL, Channel.EMAIL)
    assert not may_send(other, MAIL, Channel.EMAIL)


def test_of_two_words_at_one_moment_no_holds() -> None:
    brand = make_brand()

    stop(MAIL, Channel.EMAIL)
    start(MAIL, Channel.EMAIL, brand=brand)

    assert not may_send(brand, MAIL, Channel.EMAIL)


def test_what_waits_for_a_number_is_skipped_and_nothing_else_is() -> None:
    shipment = make_shipment()
    waiting = make_message(shipment)
    waiting_whatsapp = make_message(shipment, Channel.WHATSAPP)
    kept = [
        make_message(shipment, recipient="+358407654321"),
        make_message(shipment, Channel.EMAIL, MAIL),
        make_message(shipment, trigger=Trigger.CREATED, state=State.SENT),
        make_message(shipment, trigger=Trigger.SHIPPED, state=State.SENDING, leased_until=NOON, called_at=NOON),
    ]
    before = list(Notification.objects.filter(id__in=[each.id for each in kept]).order_by("id").values())

    stop(minute=3)

    for message in (waiting, waiting_whatsapp):
        message.refresh_from_db()
        assert (message.state, message.reason) == (State.SKIPPED, Skipped.OPTED_OUT)
        assert message.settled_at == NOON + 3 * MINUTE
    assert list(Notification.objects.filter(id__in=[each.id for each in kept]).order_by("id").values()) == before


def test_what_a_worker_has_taken_without_having_called_anybody_is_skipped_too() -> None:
    message = make_message(make_shipment(), state=State.SENDING, leased_until=NOON + MINUTE)

    stop()

    message.refresh_from_db()
    assert (message.state, message.reason, message.leased_until) == (State.SKIPPED, Skipped.OPTED_OUT, None)


def test_unsubscribing_from_a_brand_skips_what_waits_in_its_name_alone() -> None:
    mine, other = (make_message(make_shipment(), Channel.EMAIL, MAIL) for _ in range(2))

    stop(MAIL, Channel.EMAIL, brand=mine.brand)

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == (State.SKIPPED, State.PENDING)


def test_a_stop_that_comes_after_a_later_start_skips_nothing() -> None:
    message = make_message(make_shipment())
    start(minute=2)

    stop(minute=1)

    message.refresh_from_db()
    assert message.state == State.PENDING
    assert may_send(message.brand)


def test_many_recipients_are_judged_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    brand, other = make_brand(), make_brand()
    stop()
    stop(MAIL, Channel.EMAIL, brand=brand)
    asked = [
        Recipient(channel, address, each.id)
        for channel, address in [(Channel.SMS, NUMBER), (Channel.EMAIL, MAIL), (Channel.SMS, "+358407654321")]
        for each in (brand, other)
    ]

    with django_assert_num_queries(1):
        withheld = consent.withheld(asked)

    assert withheld == {
        Recipient(Channel.SMS, NUMBER, brand.id),
        Recipient(Channel.SMS, NUMBER, other.id),
        Recipient(Channel.EMAIL, MAIL, brand.id),
    }


@pytest.mark.parametrize("is_of_a_brand", [True, False])
def test_the_database_keeps_one_word_a_channel_address_and_brand(is_of_a_brand: bool) -> None:
    brand = make_brand() if is_of_a_brand else None
    stop(MAIL, Channel.EMAIL, brand=brand)
    stop(MAIL, Channel.EMAIL, brand=brand, minute=1)
    word = Consent.objects.get()

    word.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        word.save()

    assert Consent.objects.count() == 1
