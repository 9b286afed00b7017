import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import addresses
from notifications.addresses import Unreadable
from notifications.triggers import Channel


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("040 123 4567", "FI", "+358401234567"),
        ("(040) 123-4567", "FI", "+358401234567"),
        ("+358 40 1234567", "", "+358401234567"),
        ("00358401234567", "FI", "+358401234567"),
        ("+49 1511 2345678", "FI", "+4915112345678"),
        ("٠٤٠١٢٣٤٥٦٧", "FI", "+358401234567"),
        ("\uff10\uff14\uff10 1234567", "FI", "+358401234567"),
        ("+44 7700 900123", "", "+447700900123"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, region: str, number: str) -> None:
    assert addresses.phone(written, region=region) == number


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("", "FI"),
        ("040 123 4567", ""),
        ("112", "FI"),
        ("+358", "FI"),
        ("+999 1234567", "FI"),
        ("call me", "FI"),
        ("\0", "FI"),
        ("\ud800", "FI"),
        ("0" * 41, "FI"),
    ],
)
def test_what_is_no_number_is_refused(written: str, region: str) -> None:
    with pytest.raises(Unreadable):
        addresses.phone(written, region=region)


@given(st.text(max_size=60), st.sampled_from(["", "FI", "US", "XX"]))
def test_whatever_is_typed_is_a_number_in_one_form_or_unreadable(written: str, region: str) -> None:
    try:
        number = addresses.phone(written, region=region)
    except Unreadable:
        return

    assert number[0] == "+"
    assert number[1:].isdecimal()
    assert number.isascii()
    assert len(number) <= 20
    assert addresses.phone(number, region="") == number
    assert addresses.masked(Channel.SMS, number)
    assert addresses.country(number).isascii()


def test_an_address_is_read_into_one_form() -> None:
    assert addresses.email(" Maija.Meikalainen@Example.ORG\n") == "maija.meikalainen@example.org"


@pytest.mark.parametrize(
    "written",
    ["", "maija", "@example.org", "maija@", "a b@example.org", "a@b.fi\nBcc: x@y.fi", "a@b.fi, c@d.fi", "\0@b.fi"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        addresses.email(written)


def test_an_address_longer_than_any_is_refused() -> None:
    longest = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.org"

    assert addresses.email(longest) == longest
    with pytest.raises(Unreadable):
        addresses.email(f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.org")


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
