"""The addresses of an area: from what a person types to a place, and from a place to the address there."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from atlas.pack import BadPack, Pack, Writer
from atlas.projection import Plane

# The spellings are those of a number with a letter, together and apart: 12B is also found as 12 b, and as 12.
_SCHEMA = """
    CREATE VIRTUAL TABLE address USING fts5 (
        street, number, postcode, city, spellings, tokenize = 'unicode61 remove_diacritics 2'
    )
"""
_INSERT = "INSERT INTO address (rowid, street, number, postcode, city, spellings) VALUES (?, ?, ?, ?, ?, ?)"
_SEARCH = """
    SELECT rowid, street, number, postcode, city FROM address
    WHERE address MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rank, rowid LIMIT ?
"""
_FETCH = "SELECT rowid, street, number, postcode, city FROM address WHERE rowid = ?"

_LONGEST_TEXT = 200
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+")
_LETTERED = re.compile(r"(\d+)\s*([^\W\d_])\b")


class Address(NamedTuple):
    """A door, or a whole street where the number is empty. What the map does not say is empty too."""

    street: str
    number: str
    postcode: str
    city: str
    latitude: float
    longitude: float


class _Question(NamedTuple):
    """What to look for in the index, and among what."""

    query: str
    among: Literal["doors", "streets"]


class Addresses:
    """The addresses of one area; any thread may ask.

    In the pack's table the doors come first, then the streets, in the order of the places in its part
    ``addresses``. Raises ``BadPack`` where they do not agree, or this SQLite has no full-text search.
    """

    def __init__(self, packed: Pack) -> None:
        self._pack = packed
        try:
            part = packed.arrays("addresses")
            self._places = part["places"].reshape(-1, 2) / 1e6
            self._door_count = int(part["door_count"][0])
        except (KeyError, IndexError, ValueError) as problem:
            raise BadPack(f"{packed.path}: the addresses have no places ({problem})") from problem
        rows = packed.rows("SELECT count(*) FROM address")[0][0]
        if not 0 <= self._door_count <= len(self._places) == rows:
            raise BadPack(f"{packed.path}: the addresses and their places differ in number")
        doors = self._places[: self._door_count]
        self._plane = Plane(float(doors[:, 0].mean()) if len(doors) else 0.0)
        self._tree = KDTree(self._plane.to_metres(doors[:, 0], doors[:, 1]))

    def search(self, text: str, limit: int = 10) -> list[Address]:
        """Find the addresses that a person may mean, the likeliest first. Any text will do.

        Accents, capitals and order make no difference, and the last word may be unfinished. Words at
        the end that fit nothing are left out. Where no door fits, the street of that name is found.
        """
        words = _WORD.findall(text[:_LONGEST_TEXT])[:_MOST_WORDS]
        for questions in _questions(words):
            found: dict[Address, None] = {}
            for question in questions:
                found |= dict.fromkeys(self._answers(question, limit))
            if found:
                return list(found)[:limit]
        return []

    def nearest(self, latitude: float, longitude: float, within_m: float = 100.0) -> Address | None:
        """Find the door nearest to a place, if there is one so near."""
        if not self._door_count:
            return None
        distance_m, door = self._tree.query(self._plane.to_metres(latitude, longitude))
        if distance_m > within_m:
            return None
        return self._address(self._pack.rows(_FETCH, (int(door) + 1,))[0])

    def _answers(self, question: _Question, limit: int) -> list[Address]:
        ranges = {"doors": (1, self._door_count), "streets": (self._door_count + 1, len(self._places))}
        rows = self._pack.rows(_SEARCH, (question.query, *ranges[question.among], limit))
        return [self._address(row) for row in rows]

    def _address(self, row: tuple[int, str, str, str, str]) -> Address:
        place, street, number, postcode, city = row
        latitude, longitude = self._places[place - 1].tolist()
        return Address(street, number, postcode, city, latitude, longitude)


def write(writer: Writer, doors: Sequence[Address], streets: Sequence[Address]) -> None:
    """Write addresses into a pack, as ``Addresses`` reads them."""
    everything = [*doors, *streets]
    rows = ((row, *address[:4], _spellings(address.number)) for row, address in enumerate(everything, start=1))
    writer.connection.execute(_SCHEMA)
    writer.connection.executemany(_INSERT, rows)
    writer.connection.execute("INSERT INTO address (address) VALUES ('optimize')")
    degrees = np.array([address[4:] for address in everything], dtype=np.float64).reshape(-1, 2)
    places = np.round(degrees * 1e6).astype(np.int32)
    writer.put("addresses", places=places, door_count=np.array([len(doors)], dtype=np.int32))


def _spellings(number: str) -> str:
    return " ".join(f"{digits}{letter} {digits} {letter}" for digits, letter in _LETTERED.findall(number))


def _questions(words: Sequence[str]) -> Iterator[tuple[_Question, ...]]:
    """Yield what to ask, each group only if those before found nothing; within one, answers add up."""
    if not words:
        return
    names = [word for word in words if not word[0].isdigit()]
    has_number = len(names) < len(words)
    exact, unfinished = _query(words), _query(words, unfinished=words[-1:])
    if has_number:
        yield _Question(exact, "streets"), _Question(exact, "doors"), _Question(unfinished, "doors")
    else:
        yield _Question(unfinished, "streets"), _Question(unfinished, "doors")
    for count in range(len(words), 1, -1):
        known = words[:count]
        if {word in names for word in known} == {True, False}:
            yield (_Question(_query(known, unfinished=names), "doors"),)
    for count in range(len(names), 0, -1):
        yield (_Question(_query(names[:count], unfinished=names), "streets"),)


def _query(words: Sequence[str], unfinished: Sequence[str] = ()) -> str:
    """Ask for all of the words, in FTS5's language, where a quoted string is nothing but a word."""
    return " AND ".join(f'"{word}"*' if word in unfinished else f'"{word}"' for word in words)
