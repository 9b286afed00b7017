"""Taking what is to be said to a partner, one worker at a time."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from carriers.models import BookingTry, TryState

LEASE: Final = timedelta(seconds=60)
CALL_BEFORE_END: Final = timedelta(seconds=25)
"""A call that begins no later than this before its lease ends is over when it does."""

ASK_AFTER: Final = timedelta(seconds=45)
"""From when it was written down that a call begins: until it does, the call itself, and some time for the partner."""

_READ: Final = ("booking__shipment", "contract__account", "contract__carrier")


def claim(*, at: datetime, limit: int) -> list[BookingTry]:
    """Take what is due, for a minute; nobody else gets the same, and what another is just taking is passed over."""
    with transaction.atomic():
        due = BookingTry.objects.due(at=at).exclude(called_at__isnull=False, state=TryState.DUE)
        ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
        BookingTry.objects.filter(id__in=ids).update(leased_until=at + LEASE)
    return list(BookingTry.objects.filter(id__in=ids).select_related(*_READ).order_by("due_at", "id"))


def has_due(*, at: datetime) -> bool:
    """Say whether a partner is to be called now."""
    return BookingTry.objects.due(at=at).exists()


def begin(row: BookingTry, *, at: datetime) -> bool:
    """Write down that a partner is about to be called for a claimed row; says whether it may be.

    Not where it was called off since, nor where the lease is over or nearly so.
    """
    held = BookingTry.objects.filter(id=row.id, state=row.state, leased_until=row.leased_until)
    if row.state == TryState.DUE:
        first = row.first_called_at or at
        uncalled = held.filter(called_at=None, leased_until__gte=at + CALL_BEFORE_END)
        is_begun = uncalled.update(called_at=at, first_called_at=first, calls=F("calls") + 1) == 1
        row.called_at, row.first_called_at = at, first
    else:
        is_begun = held.filter(leased_until__gte=at + CALL_BEFORE_END).update(calls=F("calls") + 1) == 1
    row.calls += 1
    return is_begun


def take_up_abandoned(*, at: datetime) -> int:
    """Leave in doubt what workers have begun and never come back with; says how many. What was not begun is due."""
    abandoned = BookingTry.objects.abandoned(at=at)
    return abandoned.update(state=TryState.UNKNOWN, leased_until=None, due_at=F("called_at") + ASK_AFTER)
