import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking import contact
from tracking.contact import Unreadable


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
    assert contact.phone(written, region=region) == number


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
        contact.phone(written, region=region)


@given(st.text(max_size=60), st.sampled_from(["", "FI", "US", "XX"]))
def test_whatever_is_typed_is_a_number_in_one_form_or_unreadable(written: str, region: str) -> None:
    try:
        number = contact.phone(written, region=region)
    except Unreadable:
        return

    assert number[0] == "+"
    assert number[1:].isdecimal()
    assert number.isascii()
    assert len(number) <= 20
    assert contact.phone(number, region="") == number


def test_an_address_is_read_into_one_form() -> None:
    assert contact.email(" Maija.Meikalainen@Example.ORG\n") == "maija.meikalainen@example.org"


@pytest.mark.parametrize(
    "written",
    ["", "maija", "@example.org", "maija@", "a b@example.org", "a@b.fi\nBcc: x@y.fi", "a@b.fi, c@d.fi", "\0@b.fi"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        contact.email(written)


def test_an_address_longer_than_any_is_refused() -> None:
    longest = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.org"

    assert contact.email(longest) == longest
    with pytest.raises(Unreadable):
        contact.email(f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.org")
