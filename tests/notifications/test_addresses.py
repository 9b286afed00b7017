import pytest

from notifications import addresses
from notifications.triggers import Channel


def test_each_channel_reads_its_own_kind_of_address() -> None:
    assert addresses.read(Channel.SMS, "040 1234567", region="FI") == "+358401234567"
    assert addresses.read(Channel.WHATSAPP, "040 1234567", region="FI") == "+358401234567"
    assert addresses.read(Channel.EMAIL, "A@example.org", region="FI") == "a@example.org"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+358401234567", "FI"),
        ("+12125550100", "US"),
        ("+18765551234", "JM"),
        ("+15149999999", "CA"),
        ("+447700900123", ""),
        ("+8835100012345", ""),
    ],
)
def test_the_country_of_a_number_is_named_only_where_it_is_certain(number: str, country: str) -> None:
    assert addresses.country(number) == country


@pytest.mark.parametrize(
    ("number", "takes_texts"),
    [
        ("+358401234567", True),
        ("+12125550100", True),
        ("+447700900123", True),
        ("+35891234567", False),
        ("+35880012345", False),
        ("+358600123456", False),
    ],
)
def test_a_landline_and_a_number_that_somebody_earns_on_take_no_texts(number: str, takes_texts: bool) -> None:
    assert addresses.takes_texts(number) == takes_texts


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        (Channel.SMS, "+358401234567", "+358 •• •••••67"),
        (Channel.WHATSAPP, "+12125550100", "+1 •••-•••-••00"),
        (Channel.SMS, "+447700900123", "+44 •••• ••••23"),
        (Channel.EMAIL, "maija@example.org", "m•••@example.org"),
        (Channel.EMAIL, "m@example.org", "m•••@example.org"),
        (Channel.SMS, "040 1234567", "•••"),
        (Channel.EMAIL, "maija", "•••"),
        (Channel.PUSH, "17", ""),
    ],
)
def test_of_an_address_no_more_is_shown_than_its_owner_needs(channel: Channel, address: str, shown: str) -> None:
    assert addresses.masked(channel, address) == shown
