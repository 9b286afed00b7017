"""Tables of updates, as spreadsheets write them (CSV), in the words of our own format (``docs/carriers.md``).

The head names the columns, in any order; commas, semicolons or tabs part them. Each line stands for itself: one that
cannot be read is named by its number and costs none of the others, so that a cell holds no line break. A table is
refused as a whole only where its head is not one (decision 0151).
"""

import csv
from collections.abc import Mapping, Sequence
from typing import Final

from carriers.formats import generic, parsing, telling
from carriers.formats.said import Meaning, Payload, Reading, Unreadable, Update

SEPARATORS: Final = (",", ";", "\t")
NEEDED: Final = frozenset({"tracking_number", "occurred_at"})
SAYING_WHAT: Final = frozenset({"status", "code"})
ENCODINGS: Final = ("utf-8-sig", "cp1252")
"""What spreadsheets write: UTF-8, with or without its mark, and the older one of Western Europe."""

CODES: Final[Mapping[str, Meaning]] = generic.CODES


def read(payload: Payload) -> Reading:
    """Read a table.

    Raises ``Unreadable``.
    """
    head, *lines = _decode(payload.body).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator, columns = _read_head(head)
    updates, problems = [], []
    for number, line in enumerate(lines, start=2):
        if line.strip(f"{separator} "):
            try:
                updates.append(_read_line(line, separator, columns))
            except Unreadable as reason:
                problems.append(f"line {number}: {reason}")
    return Reading(updates=telling.in_order(updates), problems=tuple(problems))


def _decode(body: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("line 1: This is no text.")


def _read_head(line: str) -> tuple[str, list[str]]:
    """Find what parts the columns, and their names.

    Raises ``Unreadable``.
    """
    for separator in SEPARATORS:
        columns = [name.strip().lower().replace(" ", "_") for name in _split(line, separator, strict=False)]
        named = [name for name in columns if name]
        is_head = set(named) >= NEEDED and not SAYING_WHAT.isdisjoint(named)
        if is_head and len(set(named)) == len(named):
            return separator, columns
    raise Unreadable("line 1: The head names tracking_number, occurred_at, and status or code, each once.")


def _read_line(line: str, separator: str, columns: Sequence[str]) -> Update:
    """Read one line; what stands in the column of codes may be one of our statuses too.

    Raises ``Unreadable``.
    """
    cells = _split(line, separator, strict=True)
    if len(cells) > len(columns):
        raise Unreadable("There are more cells than the head has names.")
    told = parsing.take(generic.Told, dict(zip(columns, cells, strict=False)))
    status = (told.status or told.code).lower().replace(" ", "_")
    if not status:
        raise Unreadable("It does not say what happened.")
    return generic.tell(told.model_copy(update={"status": status, "code": told.code or told.status}))


def _split(line: str, separator: str, *, strict: bool) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=strict), [])
    except csv.Error as error:
        raise Unreadable(f"This is no line of a table: {error}.") from None
