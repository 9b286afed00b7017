"""What a provider reports of the messages that it has taken: in any order, twice, even before it has told us so."""

import logging
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from notifications.models import Notification, State
from notifications.models.outbox import NotificationQuerySet
from notifications.services import refusals

logger = logging.getLogger(__name__)

ORDER: Final = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "canceled": State.FAILED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
}
"""What can be reported, and what that means for us; of two reports the one further down holds, whichever came first.

That a message arrived outweighs that it did not: a carrier may give up on one that the phone then confirms.
"""


class UnknownNotification(Exception):
    """There is no such message, or no longer."""


@transaction.atomic
def report(notification_id: int, *, provider_id: str, status: str, at: datetime, error_code: str = "") -> None:
    """Write down what became of a message; where it failed, do what its error code calls for, once.

    A message whose call is still under way, or in doubt, or that waits for another attempt, has been taken by the very
    fact of the report. A status that is not in ``ORDER`` says nothing. Twice is harmless.

    Raises ``UnknownNotification``.
    """
    row = Notification.objects.filter(id=notification_id)
    of_this = row.filter(provider_id__in=["", provider_id])
    if status in ORDER and of_this.filter(_is_news(status)).update(**_told(provider_id, status, error_code, at=at)):
        _answer(row, status, error_code, at=at)
        return
    known = row.values_list("provider_id", flat=True).first()
    if known is None:
        raise UnknownNotification
    if known not in {"", provider_id}:
        logger.warning("Message %d was taken twice by its provider.", notification_id)


def _answer(row: NotificationQuerySet, status: str, error_code: str, *, at: datetime) -> None:
    if ORDER[status] == State.FAILED:
        failed = row.select_related("brand", "rule", "shipment__brand").get()
        refusals.answer(failed, error_code, at=at)


def _is_news(status: str) -> Q:
    """Find a message of which nothing as late as this was told, or whose state does not yet follow from it."""
    names = list(ORDER)
    is_later = ~Q(provider_status__in=names[names.index(status) :])
    return is_later | (Q(provider_status=status) & ~Q(state=ORDER[status]))


def _told(provider_id: str, status: str, error_code: str, *, at: datetime) -> dict[str, Any]:
    state = ORDER[status]
    return {
        "state": state,
        "reason": "",
        "leased_until": None,
        "called_at": None,
        "provider_id": provider_id,
        "provider_status": status,
        "error_code": error_code if state == State.FAILED else "",
        "sent_at": Coalesce(F("sent_at"), Value(at)),
        "settled_at": None if state == State.SENT else at,
    }
