"""How far a sweep has read a table that is only ever written at its end.

Ids are given out before a transaction commits, so that a row may become visible after others with a higher one. What
was the end of the table becomes the position only once every transaction that was under way then is over.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Max

from notifications.models import Cursor

COMMITS_WITHIN: Final = timedelta(seconds=60)
"""A task is killed after that long, a request much sooner."""


def position(name: str, *, begin: Callable[[], int], at: datetime) -> int:
    """Say up to which id everything has been seen; the first time, that is where ``begin`` says."""
    try:
        return Cursor.objects.get(name=name).position
    except Cursor.DoesNotExist:
        first = begin()
        known = {"position": first, "ahead": first, "ahead_at": at}
        return Cursor.objects.get_or_create(name=name, defaults=known)[0].position


@transaction.atomic
def advance(name: str, rows: models.QuerySet[Any], *, at: datetime) -> int | None:
    """Move on once what lay ahead is certain to be complete; gives the new position, ``None`` where it is too early.

    Call it when all ``rows`` that were visible have been dealt with. Twice at once is harmless.
    """
    cursor = Cursor.objects.select_for_update().get(name=name)
    if cursor.ahead_at is not None and at - cursor.ahead_at < COMMITS_WITHIN:
        return None
    cursor.position, cursor.ahead, cursor.ahead_at = cursor.ahead, last_id(rows) or cursor.ahead, at
    cursor.save(update_fields=["position", "ahead", "ahead_at"])
    return cursor.position


def last_id(rows: models.QuerySet[Any]) -> int:
    """Name the highest id of some rows; 0 where there is none."""
    return rows.order_by().aggregate(last=Max("id"))["last"] or 0
