"""The fields of a VRPLIB text: specifications (``NAME: value``) and sections, as numbers where they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dispatch.planning.instances.instance import Numbers, Unreadable

_END = "EOF"
_SECTION = "_SECTION"


@dataclass(slots=True)
class Fields:
    """What a text says, by the name of the field without ``_SECTION``. Remembers what was asked for."""

    specifications: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[list[float]]] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Return a specification as it is."""
        return self.specifications.get(name, default)

    def number(self, name: str) -> float | None:
        """Return a specification as a number, or ``None`` where it is not there.

        Raises ``Unreadable`` where it is no number.
        """
        value = self.specifications.get(name)
        return None if value is None else number(value)

    def count(self, name: str) -> int | None:
        """Return a specification as a whole number from 1, or ``None`` where it is not there."""
        value = self.number(name)
        if value is not None and (value < 1 or value != int(value)):
            raise Unreadable(f"{name} is to be a whole number from 1.")
        return None if value is None else int(value)

    def rows(self, name: str, many: int) -> list[list[float]] | None:
        """Return the rows of a section by their numbers from 1, without these, or ``None`` where it is not there.

        Raises ``Unreadable`` where there is not one row for each number.
        """
        if name not in self.sections:
            return None
        rows = {int(row[0]): row[1:] for row in self.sections[name]}
        if sorted(rows) != [*range(1, many + 1)] or len(self.sections[name]) != many:
            raise Unreadable(f"{name}{_SECTION} is to have a row for each number from 1 to {many}.")
        return [rows[place] for place in range(1, many + 1)]

    def table(self, name: str, many: int) -> Numbers | None:
        """Return a section as a table, a row each number from 1, or ``None`` where it is not there."""
        rows = self.rows(name, many)
        if rows is None:
            return None
        if not rows[0] or any(len(row) != len(rows[0]) for row in rows):
            raise Unreadable(f"The rows of {name}{_SECTION} are to be equally long.")
        return np.array(rows, dtype=np.float64)

    def column(self, name: str, many: int, default: float = 0.0) -> Numbers:
        """Return one number for each, from a section, from a specification for all, or else the default."""
        table = self.table(name, many)
        if table is not None:
            if table.shape[1] != 1:
                raise Unreadable(f"{name}{_SECTION} is to have one number a row.")
            return table[:, 0]
        value = self.number(name)
        return np.full(many, default if value is None else value)


def split(text: str) -> Fields:
    """Split a text into its fields.

    Raises ``Unreadable`` where a line is neither a specification nor in a section, or a field is there twice.
    """
    fields = Fields()
    section: list[list[float]] | None = None
    for line in (line.partition("#")[0].strip() for line in text.splitlines()):
        if line.upper() == _END:
            break
        name = line.rstrip(": ").upper()
        if name.endswith(_SECTION):
            section = fields.sections.setdefault(_new(name.removesuffix(_SECTION), fields), [])
        elif section is not None and line:
            section.append([number(word) for word in line.split()])
        elif line:
            key, colon, value = line.partition(":")
            if not colon:
                raise Unreadable(f"This is neither a specification nor in a section: {line[:40]!r}.")
            fields.specifications[_new(key.strip().upper(), fields)] = value.strip()
    return fields


def number(word: str) -> float:
    """Return a word as a number. Raises ``Unreadable`` where it is none."""
    try:
        value = float(word)
    except ValueError as problem:
        raise Unreadable(f"This is no number: {word[:40]!r}.") from problem
    if not math.isfinite(value):
        raise Unreadable(f"This is no number: {word[:40]!r}.")
    return value


def flat(rows: Sequence[Sequence[float]]) -> Numbers:
    """Return all numbers of a section one after the other."""
    return np.array([value for row in rows for value in row], dtype=np.float64)


def _new(name: str, fields: Fields) -> str:
    if name in fields.specifications or name in fields.sections:
        raise Unreadable(f"{name} is there twice.")
    return name
