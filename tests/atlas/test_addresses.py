from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas import addresses
from atlas.addresses import Address, Addresses
from atlas.pack import BadPack, Pack, Writer

DOORS = [
    Address("Aleksanterinkatu", "1", "00170", "Helsinki", 60.169, 24.953),
    Address("Aleksanterinkatu", "12", "00170", "Helsinki", 60.169, 24.951),
    Address("Aleksanterinkatu", "15 B", "00100", "Helsinki", 60.169, 24.947),
    Address("Market Street", "120", "94103", "San Francisco", 37.78, -122.41),
    Address("Rua de São João", "7", "", "", 41.15, -8.61),
    Address("Yrjönkatu", "12C", "00120", "Helsinki", 60.168, 24.938),
]
STREETS = [
    Address("Aleksanterinkatu", "", "", "", 60.169, 24.95),
    Address("Aleksanterinpolku", "", "", "", 60.17, 24.95),
    Address("Market Street", "", "", "", 37.78, -122.41),
]
NAUGHTY = [
    '"', "'", "*", "AND", "a AND", "NEAR(a b)", "street:", "^a", "(", "a OR OR", "-", "12 NOT", "\0", "a\0b", "💥",
    "\ud800", "%", "_", "'; DROP TABLE address; --", "a" * 100_000, "1 " * 1000, "ﷺ", "Ω≈ç√", "\u202e", "½", "\n",
    "{street number}: x", "²", "a*b", '"a" "b', "\\", "é\u0301\u0301",
]  # fmt: skip


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Addresses:
    return Addresses(make_pack(tmp_path_factory.mktemp("addresses"), DOORS, STREETS))


def make_pack(folder: Path, doors: list[Address], streets: list[Address]) -> Pack:
    with Writer(folder / "town.area") as writer:
        addresses.write(writer, doors, streets)
    return Pack(folder / "town.area")


def found(known: Addresses, text: str, limit: int = 10) -> list[str]:
    return [f"{address.street} {address.number}".strip() for address in known.search(text, limit)]


def test_an_address_is_found_with_all_that_is_known_of_it(known: Addresses) -> None:
    assert known.search("Aleksanterinkatu 12") == [DOORS[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aleksanterinkatu 1", ["Aleksanterinkatu 1", "Aleksanterinkatu 12", "Aleksanterinkatu 15 B"]),
        ("ALEKSANTERINKATU 12, 00170 helsinki", ["Aleksanterinkatu 12"]),
        ("12 aleksanterinkatu", ["Aleksanterinkatu 12"]),
        ("rua de sao joao 7", ["Rua de São João 7"]),
        ("RUA DE SÃO JOÃO 7", ["Rua de São João 7"]),
        ("yrjonkatu 12c", ["Yrjönkatu 12C"]),
        ("yrjonkatu 12 c", ["Yrjönkatu 12C"]),
        ("yrjonkatu 12", ["Yrjönkatu 12C"]),
        ("aleksanterinkatu 15b", ["Aleksanterinkatu 15 B"]),
        ("aleksanterinkatu 15 b", ["Aleksanterinkatu 15 B"]),
        ("94103 120", ["Market Street 120"]),
    ],
)
def test_accents_capitals_and_order_make_no_difference(known: Addresses, text: str, expected: list[str]) -> None:
    assert found(known, text) == expected


def test_the_last_word_may_be_unfinished(known: Addresses) -> None:
    assert found(known, "aleksanterink 1") == ["Aleksanterinkatu 1"]
    assert found(known, "yrj") == ["Yrjönkatu 12C"]


def test_a_street_comes_before_its_doors_where_no_number_is_typed(known: Addresses) -> None:
    assert found(known, "aleksanterin", 3) == ["Aleksanterinkatu", "Aleksanterinpolku", "Aleksanterinkatu 1"]


@pytest.mark.parametrize(
    "text",
    ["Market St 120", "120 Market Street Apt 4, San Francisco, CA", "120 Market Street, 94103 San Francisco, USA"],
)
def test_what_nobody_knows_at_the_end_is_left_out(known: Addresses, text: str) -> None:
    assert found(known, text) == ["Market Street 120"]


@pytest.mark.parametrize("text", ["Market Street 99999", "99999 market street, San Francisco"])
def test_where_no_door_fits_the_street_is_found_and_never_another_door(known: Addresses, text: str) -> None:
    assert found(known, text) == ["Market Street"]


@pytest.mark.parametrize("text", ["", "   ", "Nowhere Lane 7", "xyzzy", "?!"])
def test_what_is_not_there_is_not_found(known: Addresses, text: str) -> None:
    assert known.search(text) == []


def test_a_street_with_a_number_in_its_name_is_found_before_its_doors(tmp_path: Path) -> None:
    doors = [Address("5th Street", "12", "", "", 37.78, -122.4), Address("Mission Street", "5", "", "", 37.78, -122.41)]
    streets = [Address("5th Street", "", "", "", 37.78, -122.4)]
    numbered = Addresses(make_pack(tmp_path, doors, streets))

    assert found(numbered, "5th street") == ["5th Street", "5th Street 12"]
    assert found(numbered, "5th street 12") == ["5th Street 12"]


def test_no_more_are_found_than_are_asked_for(known: Addresses) -> None:
    assert len(known.search("aleksanterin", 2)) == 2


@pytest.mark.parametrize("text", NAUGHTY, ids=ascii)
def test_naughty_text_is_only_text(known: Addresses, text: str) -> None:
    assert isinstance(known.search(text), list)


@given(text=st.text())
def test_any_text_will_do(known: Addresses, text: str) -> None:
    assert len(known.search(text)) <= 10


def test_the_door_at_a_place_is_the_nearest(known: Addresses) -> None:
    assert known.nearest(60.1691, 24.9512) == DOORS[1]


def test_far_from_any_door_there_is_none(known: Addresses) -> None:
    assert known.nearest(60.1691, 24.9600) is None
    assert known.nearest(60.1691, 24.9600, within_m=1000) == DOORS[0]


def test_a_street_is_no_door(known: Addresses) -> None:
    assert known.nearest(60.17, 24.95, within_m=20) is None


def test_an_area_without_addresses_is_searched_in_vain(tmp_path: Path) -> None:
    empty = Addresses(make_pack(tmp_path, [], []))

    assert empty.search("Market Street 120") == []
    assert empty.nearest(60.17, 24.95) is None


def test_an_area_of_streets_alone_finds_them(tmp_path: Path) -> None:
    assert found(Addresses(make_pack(tmp_path, [], STREETS)), "Market Street 120") == ["Market Street"]


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"places": np.zeros((1, 2), np.int32)},
        {"places": np.zeros((1, 2), np.int32), "door_count": np.array([1], np.int32)},
        {"places": np.zeros((9, 2), np.int32), "door_count": np.array([10], np.int32)},
        {"places": np.zeros((9, 2), np.int32), "door_count": np.array([-1], np.int32)},
        {"places": np.zeros(17, np.int32), "door_count": np.array([6], np.int32)},
    ],
)
def test_addresses_that_do_not_fit_their_places_are_refused(tmp_path: Path, part: dict[str, np.ndarray]) -> None:
    with Writer(tmp_path / "town.area") as writer:
        addresses.write(writer, DOORS, STREETS)
        writer.put("addresses", **part)

    with pytest.raises(BadPack, match="places"):
        Addresses(Pack(tmp_path / "town.area"))


def test_a_pack_without_the_table_is_refused(tmp_path: Path) -> None:
    with Writer(tmp_path / "town.area") as writer:
        writer.put("addresses", places=np.zeros((0, 2), np.int32), door_count=np.zeros(1, np.int32))

    with pytest.raises(BadPack, match="no such table: address"):
        Addresses(Pack(tmp_path / "town.area"))
