"""Taking rows to send, and giving them back."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, F, Value, When

from notifications.models import Cancelled, Notification, Skipped, State
from notifications.models.outbox import NotificationQuerySet
from notifications.triggers import Channel

LEASE: Final = timedelta(seconds=60)
CALL_BEFORE_END: Final = timedelta(seconds=15)
"""A call that begins no later than this before its lease ends is over when it does."""

ROUND: Final = ("brand", "shipment__brand", "shipment__stop__route__shift__driver")
"""What judging and wording read of each message."""

_BEGUN: Final = ["provider", "subject", "body", "segments"]


def claim(channel: Channel, *, at: datetime, limit: int, without_brands: Collection[int] = ()) -> list[Notification]:
    """Take what is due on a channel, the most urgent first, for a minute; nobody else gets the same.

    Rows that another worker is just taking are passed over, not waited for.
    """
    with transaction.atomic():
        due = Notification.objects.due(at=at).filter(channel=channel).exclude(brand_id__in=without_brands)
        ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
        if not ids:
            return []
        Notification.objects.filter(id__in=ids).update(state=State.SENDING, leased_until=at + LEASE)
    claimed = Notification.objects.filter(id__in=ids).select_related(*ROUND)
    return list(claimed.order_by("priority", "due_at", "id"))


def has_work(channel: Channel, *, at: datetime) -> bool:
    """Say whether anything on a channel is due, or in doubt and to be asked for."""
    in_doubt = Notification.objects.in_doubt(at=at).filter(channel=channel)
    return Notification.objects.due(at=at).filter(channel=channel).exists() or in_doubt.exists()


def begin(batch: Sequence[Notification], *, at: datetime) -> list[Notification]:
    """Write down that a provider, and which, is about to be called with these words; gives those that may be.

    Not those that somebody stopped since they were claimed, nor those whose lease is over or nearly so. Each row is
    to have its ``provider``, ``subject``, ``body`` and ``segments``. One query.
    """
    for notification in batch:
        notification.called_at = at
        notification.attempts += 1
    uncalled = _held(batch).filter(called_at=None, leased_until__gte=at + CALL_BEFORE_END)
    words = {name: _by_row(batch, name) for name in _BEGUN}
    if uncalled.update(called_at=at, attempts=F("attempts") + 1, **words) == len(batch):
        return list(batch)
    begun = set(_held(batch).filter(called_at=at).values_list("id", flat=True))
    return [notification for notification in batch if notification.id in begun]


def hand_back(batch: Collection[Notification], *, due_at: datetime | None = None) -> None:
    """Let go of rows with which nobody was called: they are due as before, or at a later moment."""
    moment = {} if due_at is None else {"due_at": due_at}
    _held(batch).update(state=State.PENDING, leased_until=None, called_at=None, **moment)


def defer(notification: Notification, *, until: datetime) -> None:
    """Let a claimed message wait until a better moment."""
    _held([notification]).update(state=State.PENDING, leased_until=None, due_at=until)


def skip(batch: Collection[Notification], reason: Skipped, *, at: datetime) -> None:
    """Do not send claimed messages, on purpose."""
    _held(batch).update(state=State.SKIPPED, reason=reason, leased_until=None, settled_at=at)


def cancel(batch: Collection[Notification], reason: Cancelled, *, at: datetime) -> None:
    """Do not send claimed messages, because nobody needs them any more."""
    _held(batch).update(state=State.CANCELLED, reason=reason, leased_until=None, settled_at=at)


def _held(batch: Collection[Notification]) -> NotificationQuerySet:
    """Find those rows of a batch that are still leased to whoever claimed them as they are here."""
    leases = {notification.leased_until for notification in batch}
    ids = [notification.id for notification in batch]
    return Notification.objects.filter(id__in=ids, state=State.SENDING, leased_until__in=leases)


def _by_row(batch: Collection[Notification], name: str) -> Value | Case:
    """Give each row its own value of a field; that is dear, so that a value they share is given once."""
    values = {notification.id: getattr(notification, name) for notification in batch}
    if len(set(values.values())) == 1:
        return Value(next(iter(values.values())))
    return Case(*(When(id=row_id, then=Value(value)) for row_id, value in values.items()))
