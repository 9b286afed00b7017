from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from notifications.models import Preference, PushSubscription, Rule
from notifications.services import contacts, preferences
from notifications.services.preferences import Choices
from notifications.triggers import NEWS, Channel, Trigger
from tests.factories import NOON, make_shipment
from tracking.models import Shipment

EMAIL_ONLY = {Channel.EMAIL: "maija@example.org"}

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def offered(shipment: Shipment) -> Choices:
    return preferences.offered(shipment, contacts.reach(shipment))


def test_what_the_brand_tells_where_the_recipient_is_reached_is_offered() -> None:
    choices = offered(make_shipment())

    assert choices[Trigger.ON_THE_WAY] == (Channel.SMS,)
    assert choices[Trigger.FAILED_ATTEMPT] == (Channel.SMS, Channel.EMAIL)
    assert choices[Trigger.SURVEY] == (Channel.EMAIL,)
    assert Trigger.STOPS_AWAY not in choices
    assert Trigger.CODE not in choices


def test_who_has_only_a_mail_address_is_offered_mails_alone() -> None:
    choices = preferences.offered(make_shipment(), EMAIL_ONLY)

    assert {channel for channels in choices.values() for channel in channels} == {Channel.EMAIL}
    assert choices[Trigger.ON_THE_WAY] == (Channel.EMAIL,)


def test_who_is_reached_nowhere_is_offered_nothing() -> None:
    assert preferences.offered(make_shipment(), {}) == {}


def test_push_is_offered_where_a_browser_is_subscribed_and_not_gone() -> None:
    shipment = make_shipment()
    browser = PushSubscription.objects.create(
        shipment=shipment, endpoint="https://push.example/1", p256dh="k", auth="a", language="en", created_at=NOON
    )

    assert offered(shipment)[Trigger.STOPS_AWAY] == (Channel.PUSH,)
    browser.gone_at = NOON
    browser.save()
    assert Trigger.STOPS_AWAY not in offered(shipment)


def test_what_the_brand_has_switched_off_is_not_offered() -> None:
    shipment = make_shipment()
    Rule.objects.create(brand=shipment.brand, trigger=Trigger.CREATED, channel=Channel.EMAIL, is_on=False)
    Rule.objects.create(brand=shipment.brand, trigger=Trigger.SURVEY, channel=Channel.SMS, is_on=True)

    choices = offered(shipment)

    assert Trigger.CREATED not in choices
    assert choices[Trigger.SURVEY] == (Channel.SMS, Channel.EMAIL)


def test_what_was_left_out_is_muted_and_what_was_not_offered_stays_as_it_was() -> None:
    shipment, other = make_shipment(), make_shipment()
    of: Choices = {Trigger.CREATED: (Channel.EMAIL,), Trigger.FAILED_ATTEMPT: (Channel.SMS, Channel.EMAIL)}
    preferences.save(shipment, {}, of={Trigger.RETURNED: (Channel.EMAIL,)}, at=NOON)

    preferences.save(shipment, {Trigger.FAILED_ATTEMPT: [Channel.SMS]}, of=of, at=NOON)

    assert preferences.muted(shipment) == {
        (Trigger.RETURNED, Channel.EMAIL),
        (Trigger.CREATED, Channel.EMAIL),
        (Trigger.FAILED_ATTEMPT, Channel.EMAIL),
    }
    assert preferences.muted(other) == set()


def test_of_two_choices_the_later_one_is_kept() -> None:
    shipment = make_shipment()
    of: Choices = {Trigger.CREATED: (Channel.EMAIL,)}

    preferences.save(shipment, {}, of=of, at=NOON)
    preferences.save(shipment, {Trigger.CREATED: [Channel.EMAIL]}, of=of, at=NOON + timedelta(minutes=1))

    kept = Preference.objects.get()
    assert (kept.is_wanted, kept.changed_at) == (True, NOON + timedelta(minutes=1))
    assert preferences.muted(shipment) == set()


def test_a_muted_channel_is_silent_whatever_the_news_and_speaks_again_when_asked_to() -> None:
    shipment = make_shipment()

    preferences.mute(shipment, Channel.SMS, at=NOON)
    preferences.mute(shipment, Channel.SMS, at=NOON)

    assert preferences.muted(shipment) == {(trigger, Channel.SMS) for trigger in NEWS}
    preferences.unmute(shipment, Channel.SMS, at=NOON)
    assert preferences.muted(shipment) == set()


def test_the_queries_do_not_depend_on_how_much_is_offered(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shipment = make_shipment()
    reach = contacts.reach(shipment)

    with django_assert_num_queries(3):
        preferences.offered(shipment, reach)
    with django_assert_num_queries(1):
        preferences.mute(shipment, Channel.SMS, at=NOON)


def test_the_database_keeps_one_wish_a_shipment_trigger_and_channel() -> None:
    shipment = make_shipment()
    preferences.save(shipment, {}, of={Trigger.CREATED: (Channel.EMAIL,)}, at=NOON)

    wish = Preference.objects.get()
    wish.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        wish.save()

    assert Preference.objects.count() == 1
