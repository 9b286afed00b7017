"""What was left in doubt: by a worker that did not come back, or by a provider that did not answer."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from notifications.models import Notification, State
from notifications.services.outbox.claiming import ROUND
from notifications.services.outbox.settling import ASK_AFTER, MOST_ATTEMPTS, REPEATABLE
from notifications.triggers import Channel

ASK_AGAIN: Final = timedelta(seconds=30)


def take_up_abandoned(*, at: datetime) -> int:
    """Take rows from workers that have not come back within their lease; says how many there were.

    With those that were not begun nobody was called, and those of a channel that bears repeating may be: they are due
    again. The others are in doubt.
    """
    abandoned = Notification.objects.abandoned(at=at)
    again = {"state": State.PENDING, "leased_until": None, "called_at": None}
    uncalled = abandoned.filter(called_at=None).update(**again)
    repeatable = abandoned.filter(channel__in=REPEATABLE).update(**again)
    return (
        uncalled
        + repeatable
        + abandoned.update(state=State.UNKNOWN, leased_until=None, due_at=F("called_at") + ASK_AFTER)
    )


def claim_unknown(channel: Channel, *, at: datetime, limit: int) -> list[Notification]:
    """Take messages in doubt whose provider can tell by now; nobody else takes them for a while."""
    with transaction.atomic():
        in_doubt = Notification.objects.in_doubt(at=at).filter(channel=channel).order_by("due_at", "id")
        ids = list(in_doubt.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
        Notification.objects.filter(id__in=ids).update(due_at=at + ASK_AGAIN)
    return list(Notification.objects.filter(id__in=ids).select_related(*ROUND)) if ids else []


def settle_not_found(notification: Notification, *, at: datetime) -> bool:
    """Let a message that its provider, asked late enough, knows nothing of go out again; says whether it was given up.

    Twice is harmless, and so is an answer that comes after somebody else's.
    """
    is_hopeless = notification.attempts >= MOST_ATTEMPTS
    row = Notification.objects.filter(
        id=notification.id, state=State.UNKNOWN, called_at=notification.called_at, called_at__lte=at - ASK_AFTER
    )
    if is_hopeless:
        return row.update(state=State.DEAD, called_at=None, settled_at=at) == 1
    row.update(state=State.PENDING, called_at=None, due_at=at)
    return False


def leave_unknown(notification: Notification, *, at: datetime) -> None:
    """Leave a message in doubt for good, because its provider cannot be asked; a report may still tell."""
    Notification.objects.filter(id=notification.id, state=State.UNKNOWN).update(settled_at=at)
