"""Figures and words as CSV, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from io import StringIO
from typing import Final

from django.http import HttpResponse

from desk.insight.measures import MEASURES
from feedback.insight.reports import Line

Cell = str | int | float | date | None

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula (OWASP, "CSV injection")."""


def answer(rows: Iterable[Sequence[Cell]], *, name: str) -> HttpResponse:
    """Make a file of rows."""
    sheet = StringIO()
    csv.writer(sheet).writerows([[_quoted(cell) for cell in row] for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return HttpResponse(sheet.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def figures(heading: str, named: Iterable[tuple[str, Line]]) -> Iterator[Sequence[Cell]]:
    """List lines as rows: of each figure its value, the ends of its interval, and the number it rests on.

    Shares are from 0 to 1. Where too few spoke the number stands alone.
    """
    columns = [f"{measure.name}{part}" for measure in MEASURES for part in ("", "_low", "_high", "_n")]
    yield [heading, "deliveries", *columns]
    for label, line in named:
        cells: list[Cell] = []
        for measure in MEASURES:
            figure = measure.of(line)
            said = (figure.value, *figure.interval) if figure.is_enough and figure.interval else ()
            cells += [*(round(value, 4) for value in said if value is not None)] if said else [None, None, None]
            cells.append(figure.n)
        yield [label, line.deliveries, *cells]


def _quoted(cell: Cell) -> Cell:
    """Keep a spreadsheet from running what somebody wrote: text that looks like a formula gets an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
