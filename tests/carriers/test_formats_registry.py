import pytest
from django.db.models import CharField

from carriers.formats import (
    aftership,
    easypost,
    generic,
    karrio,
    parsing,
    registry,
    seventeen_track,
    shippo,
    table,
    telling,
)
from carriers.formats.said import Meaning
from carriers.models import Format
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, StatusEvent

TABLES = [
    aftership.CODES,
    easypost.CODES,
    easypost.DETAILS,
    generic.CODES,
    karrio.CODES,
    karrio.REASONS,
    seventeen_track.CODES,
    shippo.CODES,
    shippo.SUBSTATUSES,
    table.CODES,
]


def test_every_format_of_an_account_can_be_read() -> None:
    assert set(registry.FORMATS) == set(Format.values)


def test_every_format_but_the_table_comes_signed() -> None:
    assert set(registry.SIGNED) == set(Format.values) - {Format.CSV}


def test_every_partner_with_an_api_can_be_asked() -> None:
    assert set(registry.ASKED) == set(Format.values) - {Format.CSV, Format.GENERIC}


@pytest.mark.parametrize("name", sorted(registry.FORMATS))
def test_a_format_is_the_same_however_it_is_used(name: str) -> None:
    format_ = registry.FORMATS[name]

    assert registry.SIGNED.get(name, format_) is registry.ASKED.get(name, format_) is format_


def test_somebody_takes_only_what_is_delivered() -> None:
    taken = [meaning for codes in TABLES for meaning in codes.values() if meaning.handover]

    assert {meaning.status for meaning in taken} == {Status.DELIVERED}


def test_delivered_needs_no_reason() -> None:
    delivered = [meaning for codes in TABLES for meaning in codes.values() if meaning.status == Status.DELIVERED]

    assert {meaning.reason for meaning in delivered} == {None}


def test_nothing_unnamed_means_anything() -> None:
    assert [codes.get("", Meaning()) for codes in TABLES] == [Meaning()] * len(TABLES)


@pytest.mark.parametrize("name", ["external_id", "voids", "raw_code", "place"])
def test_texts_are_cut_to_what_an_event_holds(name: str) -> None:
    field = StatusEvent._meta.get_field(name)

    assert isinstance(field, CharField)
    assert field.max_length == telling.LONGEST


def test_a_number_is_as_long_as_that_of_a_parcel() -> None:
    field = Parcel._meta.get_field("number")

    assert isinstance(field, CharField)
    assert field.max_length == parsing.LONGEST_NUMBER
