"""Two shoppers' words at the same moment, on a real database."""

from functools import partial

import pytest

from notifications.models import Consent, ConsentSource, Contact
from notifications.services import consent, contacts
from notifications.services.contacts import TooManyChanges
from notifications.triggers import Channel
from tests.factories import NOON, make_brand, make_shipment
from tests.tracking.test_races import at_once

NUMBER = "+358401234567"

pytestmark = pytest.mark.django_db(transaction=True)


def test_addresses_given_at_once_are_no_more_than_a_delivery_has() -> None:
    shipment = make_shipment()
    numbers = [f"+35840765432{last}" for last in range(6)]

    given = at_once(*(partial(contacts.change, shipment, Channel.SMS, number, at=NOON) for number in numbers))

    assert sum(isinstance(each, str) for each in given) == Contact.objects.count() == 3
    assert sum(isinstance(each, TooManyChanges) for each in given) == 3


def test_of_stop_and_start_said_at_one_moment_stop_holds() -> None:
    brand = make_brand()
    stop = partial(consent.withhold, Channel.SMS, NUMBER, source=ConsentSource.WORD, at=NOON)
    start = partial(consent.give, Channel.WHATSAPP, NUMBER, source=ConsentSource.WORD, at=NOON)

    said = at_once(stop, start, stop, start)

    assert said == [None] * 4
    assert Consent.objects.count() == 2
    assert consent.is_withheld(Channel.SMS, NUMBER, brand=brand)
    assert consent.is_withheld(Channel.WHATSAPP, NUMBER, brand=brand)
