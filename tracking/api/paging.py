"""Long lists in pieces: a cursor says where the next piece begins, and stays good whatever is added meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, Generic, TypeVar

from django.db.models import Model, QuerySet
from ninja import Schema
from pydantic import Field

from tracking.api.problems import Problem

MOST: Final = 100

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)


class Paging(Schema):
    """Which piece of a list is asked for: at most ``limit`` items, after ``cursor``."""

    limit: Annotated[int, Field(ge=1, le=MOST, description="How many at most.")] = 50
    cursor: Annotated[str, Field(max_length=60, description="The `next` of the piece before.")] = ""


class Page(Schema, Generic[Item]):
    """A piece of a list, the newest first; ``next`` is ``null`` where it is the last one."""

    items: list[Item]
    next: str | None


def piece(rows: QuerySet[Row], paging: Paging) -> tuple[Sequence[Row], str | None]:
    """Read a piece of some rows, newest first; gives them and the cursor of the next piece. One query.

    Raises ``Problem`` where the cursor is none of ours.
    """
    if paging.cursor:
        rows = rows.filter(id__lt=_read(paging.cursor))
    found = list(rows.order_by("-id")[: paging.limit + 1])
    if len(found) <= paging.limit:
        return found, None
    return found[:-1], _write(found[-2].pk)


def _write(id_: int) -> str:
    return urlsafe_b64encode(f"after {id_}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        word, _, digits = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(" ")
    except (Error, ValueError) as error:
        raise _unknown() from error
    if word != "after" or not digits.isdecimal() or len(digits) > 18:
        raise _unknown()
    return int(digits)


def _unknown() -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "This cursor is none that this list gave.")
