"""The kinds of values that the API takes: exact about what they are, so that what is stored is what was meant."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

_NOT_TEXT: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
PLAIN: Final = r"^[^\x00-\x1f\x7f]*$"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
SHAPE: Final = "x-shape"
judged: Final[set[type[Schema]]] = set()
"""The shapes that are named by ``SHAPE`` in a description."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


def _printable(text: str) -> str:
    if _NOT_TEXT.search(text):
        raise ValueError("It holds characters that are not text.")
    return text


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("A moment looks like 2026-11-22T14:05:00+02:00.")
    moment = datetime.fromisoformat(value.upper())
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("A moment lies between the years 2000 and 2100.")
    return moment


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("A day looks like 2026-11-22.")
    day = date.fromisoformat(value)
    if not EARLIEST.date() <= day <= LATEST.date():
        raise ValueError("A day lies between the years 2000 and 2100.")
    return day


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("There is no time zone of this name, like Europe/Helsinki.")
    return name


def judged_as(shape: type[Schema]) -> WithJsonSchema:
    """Describe as a shape what is taken as it comes, to be judged by itself: one bad item harms no other."""
    judged.add(shape)
    return WithJsonSchema({SHAPE: shape.__name__})


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "example": "2026-11-22T14:05:00+02:00"}),
]
"""A moment of RFC 3339, with its offset."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "example": "2026-11-22"}),
]
"""A day of the calendar, where the destination is."""

Text = Annotated[str, StringConstraints(pattern=PLAIN), AfterValidator(_printable)]
Short = Annotated[Text, Field(max_length=60)]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
Line = Annotated[Text, Field(min_length=1, max_length=200)]
Number = Annotated[Text, Field(min_length=1, max_length=60)]
"""A reference or a parcel's number, as shops and carriers write them."""

Named = Annotated[Text, Field(max_length=50)]
"""The slug of something that is there, or nothing; what has none is told so where it is looked up."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,50}$")]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
Zone = Annotated[str, Field(max_length=40), AfterValidator(_zone), WithJsonSchema({"type": "string", "maxLength": 40})]
