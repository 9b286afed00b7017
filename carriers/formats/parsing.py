"""How partners' JSON is taken apart: shapes that take what they need, texts that fit, times as they were meant. Pure.

Whatever comes in, what comes out is a shape or ``Unreadable``. What is said of a mistake names its place, never what
stands there: that may be about a person.
"""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import from_json

from carriers.formats.said import Unreadable

LONGEST_NUMBER: Final = 60
"""So long a tracking number may be (``Parcel``). A longer one is refused: cut, it might be somebody else's."""

YEARS: Final = range(2000, 2100)
"""A clock that shows another year is broken."""

UNBEARABLE: Final = frozenset({"Cc", "Cs"})
"""Categories of signs that a database or a page cannot bear: control signs, NUL among them, and halves of pairs."""


class Shape(BaseModel):
    """A part of a payload, with the fields that we use; partners add others whenever they like."""

    model_config = ConfigDict(frozen=True, extra="ignore")


T = TypeVar("T")
ShapeT = TypeVar("ShapeT", bound=Shape)


def load(body: bytes) -> Any:
    """Read JSON.

    Raises ``Unreadable``.
    """
    try:
        return from_json(body)
    except ValueError as error:
        raise Unreadable(f"This is no JSON: {error}.") from None


def parse(shape: type[ShapeT], body: bytes) -> ShapeT:
    """Read a whole payload.

    Raises ``Unreadable``.
    """
    return take(shape, load(body))


def take(shape: type[ShapeT], part: Any) -> ShapeT:
    """Read a part of a payload.

    Raises ``Unreadable``.
    """
    try:
        return shape.model_validate(part)
    except ValidationError as error:
        raise Unreadable(_say(error)) from None


def each(shape: type[ShapeT], parts: Iterable[Any], *, where: str) -> tuple[list[ShapeT], list[str]]:
    """Read those of some parts that can be read, and say what is wrong with the others."""
    return each_by(lambda part: take(shape, part), parts, where=where)


def each_by(read: Callable[[Any], T], parts: Iterable[Any], *, where: str) -> tuple[list[T], list[str]]:
    """Read some parts each by itself: one for which ``read`` raises ``Unreadable`` is named by its number."""
    done, problems = [], []
    for number, part in enumerate(parts, start=1):
        try:
            done.append(read(part))
        except Unreadable as reason:
            problems.append(f"{where} {number}: {reason}")
    return done, problems


def clean(said: Any) -> Any:
    """Take nothing for an empty text, and a text without what a database or a page cannot bear."""
    if said is None:
        return ""
    if not isinstance(said, str):
        return said
    return " ".join("".join(" " if unicodedata.category(sign) in UNBEARABLE else sign for sign in said).split())


def read_moment(said: Any) -> datetime:
    """Read a moment by ISO 8601; naive where it has no zone, midnight where it is a day.

    Raises ``ValueError``.
    """
    try:
        moment = datetime.fromisoformat(str(said).strip())
    except ValueError:
        raise ValueError("no moment by ISO 8601") from None
    if moment.year not in YEARS:
        raise ValueError("not of our time")
    return moment


def read_day(said: Any) -> date:
    """Read the day of a moment as it is written there, whatever the zone: a carrier's date stays that date.

    Raises ``ValueError``.
    """
    return read_moment(said).date()


Text = Annotated[str, BeforeValidator(clean)]
"""A text of any length; empty where there is none."""

Number = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NUMBER), BeforeValidator(clean)]
"""A tracking number."""

Parts = Annotated[list[Any], BeforeValidator(lambda said: [] if said is None else said)]
"""A list of anything; empty where there is none."""

Moment = Annotated[datetime, BeforeValidator(read_moment)]
"""When something happened."""

MaybeMoment = Annotated[datetime | None, BeforeValidator(lambda said: read_moment(said) if said else None)]
"""When something happens, where that is known."""

Day = Annotated[date, BeforeValidator(read_day)]
"""The day on which something happens."""

MaybeDay = Annotated[date | None, BeforeValidator(lambda said: read_day(said) if said else None)]
"""The day on which something happens, where that is known."""


def _say(error: ValidationError) -> str:
    """Say what is wrong first, and where."""
    mistake = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in mistake["loc"])
    what = "Input should be an object" if mistake["type"] == "model_type" else mistake["msg"]
    return f"{where}: {what}" if where else what
