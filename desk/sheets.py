"""A CSV file of shipments, read and judged row by row. Nothing is written.

UTF-8 with or without its mark, separated by commas, semicolons or tabs. Whatever begins like a formula is text: nothing
here or later reads it as anything else.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from dispatch import slots
from tracking import contact
from tracking.shipments.models import Brand, Shipment

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 5_000
MOST_MISTAKES: Final = 1_000
MOST_PARCELS: Final = 50
LONGEST_NUMBER: Final = 60
SEPARATORS: Final = ",;\t"
BETWEEN_PARCELS: Final = "|"
WHEN: Final = ("day", "earliest", "latest")

Row = dict[str, Any]


class RowForm(forms.Form):
    """One row: what is needed of a shipment, and what may be known besides. Several parcel numbers have | between.

    Once clean, ``promise`` has both ends of what was promised, in UTC as text, or is ``None``.
    """

    reference = forms.CharField(max_length=60)
    name = forms.CharField(max_length=100)
    street = forms.CharField(max_length=200)
    postcode = forms.CharField(max_length=16)
    city = forms.CharField(max_length=100)
    timezone = forms.CharField(max_length=40)
    parcels = forms.CharField(max_length=(LONGEST_NUMBER + 3) * MOST_PARCELS, required=False)
    latitude = forms.FloatField(min_value=-90, max_value=90, required=False)
    longitude = forms.FloatField(min_value=-180, max_value=180, required=False)
    email = forms.CharField(max_length=254, required=False)
    phone = forms.CharField(max_length=40, required=False)
    access_code = forms.CharField(max_length=40, required=False)
    weight_kg = forms.FloatField(min_value=0.001, max_value=5_000, required=False)
    volume_l = forms.FloatField(min_value=0.001, max_value=50_000, required=False)
    day = forms.DateField(input_formats=["%Y-%m-%d"], required=False)
    earliest = forms.TimeField(input_formats=["%H:%M"], required=False)
    latest = forms.TimeField(input_formats=["%H:%M"], required=False)
    language = forms.RegexField(r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})?\Z", max_length=12, required=False)

    def clean_timezone(self) -> str:
        name = str(self.cleaned_data["timezone"])
        if name not in available_timezones():
            raise forms.ValidationError(_("There is no time zone of this name, like Europe/Helsinki."))
        return name

    def clean_parcels(self) -> list[str]:
        numbers = [number.strip() for number in self.cleaned_data["parcels"].split(BETWEEN_PARCELS) if number.strip()]
        is_too_long = any(len(number) > LONGEST_NUMBER for number in numbers)
        if is_too_long or len(set(numbers)) < len(numbers) or len(numbers) > MOST_PARCELS:
            raise forms.ValidationError(_("A number is there twice, or too long, or there are too many."))
        return numbers or [str(self.cleaned_data.get("reference", ""))]

    def clean_email(self) -> str:
        return self._read("email", contact.email, _("This is no e-mail address."))

    def clean_phone(self) -> str:
        def read(text: str) -> str:
            return contact.phone(text, region=settings.PHONE_REGION)

        return self._read("phone", read, _("This is no phone number; begin it with + and the country."))

    def clean(self) -> Row:
        row = super().clean() or self.cleaned_data
        ends = [row.get(name) for name in ("latitude", "longitude")]
        if ends.count(None) == 1 and not self.errors:
            self.add_error("latitude", _("Latitude and longitude come together."))
        day, earliest, latest = (row.pop(name, None) for name in WHEN)
        row["promise"] = None if self.errors else self._promise(day, earliest, latest)
        return row

    def _promise(self, day: date | None, earliest: time | None, latest: time | None) -> list[str] | None:
        """Read when it was promised, on the clocks where it goes."""
        if day is None and earliest is None and latest is None:
            return None
        if day is None or earliest is None or latest is None:
            self.add_error("day", _("A day, its earliest and its latest time come together."))
            return None
        span = slots.span(day, earliest, latest, zone=ZoneInfo(self.cleaned_data["timezone"]))
        if span is None:
            self.add_error("latest", _("The latest time is after the earliest."))
            return None
        return [moment.isoformat() for moment in span]

    def _read(self, name: str, read: Any, refusal: str) -> str:
        text = str(self.cleaned_data[name])
        try:
            return str(read(text)) if text else ""
        except contact.Unreadable as error:
            raise forms.ValidationError(refusal) from error


COLUMNS: Final[Sequence[str]] = tuple(RowForm.base_fields)
NEEDED: Final = frozenset(name for name, each in RowForm.base_fields.items() if each.required)

SAMPLE: Final = (
    ",".join(COLUMNS) + "\r\n"
    "ORDER-1001,Maija Meikäläinen,Aleksanterinkatu 13 B 7,00100,Helsinki,Europe/Helsinki,"
    "JJFI000001|JJFI000002,60.1689,24.9455,maija@example.org,+358 40 1234567,4711B,2.5,12,2026-11-24,17:00,20:00,fi\r\n"
    "ORDER-1002,Erik Exempel,Drottninggatan 5,111 51,Stockholm,Europe/Stockholm,,,,erik@example.org,,,,,,,,sv\r\n"
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a file, and where; ``column`` is empty where it is the whole line."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Sheet:
    """The good rows of a file, and the mistakes of the others, in the order of the lines."""

    rows: list[Row] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def refuse(self, line: int, column: str, reason: str) -> None:
        if len(self.mistakes) < MOST_MISTAKES:
            self.mistakes.append(Mistake(line, column, reason))


def read(content: bytes, brand: Brand) -> Sheet:
    """Read a file for a brand. A file that is not what it should be as a whole has no good rows."""
    sheet = Sheet()
    text = _decode(content, sheet)
    lines = _lines(text, sheet) if text else iter(())
    names = _header(lines, sheet)
    if names is None:
        return sheet
    known: dict[str, int] = {}
    candidates = list(_candidates(lines, names, sheet, known))
    taken = _taken(brand, list(known))
    for line, row in candidates:
        if row["reference"] in taken:
            sheet.refuse(line, "reference", _("There is a shipment of this reference already."))
        else:
            sheet.rows.append(row)
    sheet.mistakes.sort(key=lambda mistake: mistake.line)
    return sheet


def _decode(content: bytes, sheet: Sheet) -> str:
    if len(content) > MOST_BYTES:
        sheet.refuse(1, "", _("The file is larger than %(limit)s MB.") % {"limit": MOST_BYTES // 1024**2})
        return ""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        sheet.refuse(line, "", _("This is not UTF-8. Save the file as “CSV UTF-8”."))
        return ""


def _lines(text: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Give the cells of each line that is not empty, with the number of the line on which they begin."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        sheet.refuse(begins, "", _("The quotes do not fit together from here on."))


def _header(lines: Iterator[tuple[int, list[str]]], sheet: Sheet) -> list[str] | None:
    """Read the names of the columns; ``None`` where they are not those of shipments."""
    line, cells = next(lines, (1, []))
    names = ["_".join(cell.strip().lower().split()) for cell in cells]
    if not names and not sheet.mistakes:
        sheet.refuse(line, "", _("The file is empty."))
    for name in names:
        if name not in COLUMNS:
            sheet.refuse(line, name, _("There is no column of this name."))
    for name in sorted(set(names)):
        if names.count(name) > 1:
            sheet.refuse(line, name, _("This column is there twice."))
    for name in sorted(NEEDED - set(names)) if names else []:
        sheet.refuse(line, name, _("This column is missing."))
    return None if sheet.mistakes else names


def _candidates(
    lines: Iterator[tuple[int, list[str]]], names: Sequence[str], sheet: Sheet, known: dict[str, int]
) -> Iterator[tuple[int, Row]]:
    """Give the rows that are good by themselves, and whose reference is on no line before; ``known`` has those."""
    for number, (line, cells) in enumerate(lines):
        if number == MOST_ROWS:
            told = _("There are more than %(limit)s rows; the rest is left out.") % {"limit": MOST_ROWS}
            sheet.refuse(line, "", told)
            return
        if len(cells) > len(names):
            sheet.refuse(line, "", _("There are more cells than columns."))
            continue
        form = RowForm(dict(zip(names, cells, strict=False)))
        for column, errors in form.errors.items():
            sheet.refuse(line, column, " ".join(str(error) for error in errors))
        reference = form.cleaned_data.get("reference", "")
        if reference in known:
            told = _("This reference is on line %(line)s already.") % {"line": known[reference]}
            sheet.refuse(line, "reference", told)
        elif form.is_valid():
            known[reference] = line
            yield line, form.cleaned_data


def _taken(brand: Brand, references: Sequence[str]) -> set[str]:
    found = Shipment.objects.filter(brand=brand, reference__in=references)
    return set(found.values_list("reference", flat=True))
