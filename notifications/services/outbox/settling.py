"""Writing down how a call ended. Whoever has lost the row meanwhile changes nothing, except that what was taken is."""

from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Final

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from notifications.gateways.outcomes import Accepted
from notifications.models import Notification, State
from notifications.models.outbox import NotificationQuerySet
from notifications.triggers import Channel

MOST_ATTEMPTS: Final = 10
LONGEST_BACK_OFF_SECONDS: Final = 60
ASK_AFTER: Final = timedelta(seconds=45)
"""From when it was written down that a call begins: 5 s until it does, 10 s for it, 30 s by which a listing lags."""

REPEATABLE: Final = frozenset({Channel.PUSH})
"""Channels on which a second message takes the place of the first, so that a doubtful one is simply sent again."""

_random = SystemRandom()


def settle_sent(notification: Notification, accepted: Accepted, *, at: datetime) -> None:
    """Write down that the provider took a message: it did, whoever hears so, and however late.

    A report that came first stays as it is, and only what it could not know is added.
    """
    known: dict[str, Any] = {
        "provider_id": accepted.provider_id,
        "cost": accepted.cost,
        "currency": accepted.currency,
        "called_at": None,
        "sent_at": at,
    }
    row = Notification.objects.filter(id=notification.id)
    is_ours = Q(state=State.SENDING, leased_until=notification.leased_until)
    is_undecided = Q(state__in=[State.PENDING, State.UNKNOWN])
    taken = {"state": State.SENT, "leased_until": None, "settled_at": None, "provider_status": accepted.status}
    if row.filter(is_ours | is_undecided).update(**known, **taken):
        return
    reported = row.filter(state__in=[State.SENT, State.DELIVERED, State.FAILED])
    known |= {"sent_at": Coalesce(F("sent_at"), at), "cost": Coalesce(F("cost"), accepted.cost)}
    reported.filter(provider_id__in=["", accepted.provider_id]).update(**known)


def settle_failed(notification: Notification, code: str, *, at: datetime) -> bool:
    """Write down that the provider will never take a message; says whether that was news."""
    return _release(notification, state=State.FAILED, error_code=code, settled_at=at)


def settle_unavailable(
    notification: Notification, *, at: datetime, retry_after_seconds: float | None = None, is_busy: bool = False
) -> bool:
    """Let a message that was certainly not taken wait a little longer each time; says whether it was given up instead.

    That the provider only asked us to slow down is no failed attempt.
    """
    if not is_busy and notification.attempts >= MOST_ATTEMPTS:
        return _release(notification, state=State.DEAD, settled_at=at)
    own_seconds = 1 if is_busy else _back_off_seconds(notification.attempts)
    wait_seconds = max(own_seconds, retry_after_seconds or 0)
    _release(
        notification,
        state=State.PENDING,
        due_at=at + timedelta(seconds=wait_seconds),
        attempts=notification.attempts - is_busy,
    )
    return False


def settle_uncertain(notification: Notification, *, at: datetime) -> None:
    """Write down that nobody knows whether the provider took a message; it is asked once it can tell."""
    if notification.channel in REPEATABLE:
        settle_unavailable(notification, at=at)
    else:
        _held(notification).update(state=State.UNKNOWN, leased_until=None, due_at=F("called_at") + ASK_AFTER)


def _release(notification: Notification, **fields: Any) -> bool:
    return _held(notification).update(leased_until=None, called_at=None, **fields) == 1


def _held(notification: Notification) -> NotificationQuerySet:
    """Find the row, if it is still leased to whoever claimed it as it is here."""
    return Notification.objects.filter(id=notification.id, state=State.SENDING, leased_until=notification.leased_until)


def _back_off_seconds(attempts: int) -> float:
    return min(2.0**attempts, LONGEST_BACK_OFF_SECONDS) * _random.uniform(0.5, 1)
