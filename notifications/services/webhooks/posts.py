"""Pieces of news on their way: taken by one worker at a time, tried again by the schedule, kept for a while."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from notifications import retries
from notifications.gateways.webhooks import Answered
from notifications.models import Delivery, DeliveryState, Try
from notifications.services.webhooks import addresses

LEASE: Final = timedelta(seconds=60)
MOST_FOR_ONE: Final = 8
"""So many pieces for one address at once: one that hangs is not to keep all others waiting."""

NOTHING: Final[Mapping[int, int]] = {}
KEPT_FOR: Final = timedelta(days=30)
ENDS: Final = (DeliveryState.DELIVERED, DeliveryState.GIVEN_UP)


def claim(*, at: datetime, limit: int, under_way: Mapping[int, int] = NOTHING) -> list[Delivery]:
    """Take what is due, for a minute; nobody else gets the same, and what another is just taking is passed over.

    ``under_way`` says how many pieces for which address its caller still has; who has enough of them is passed over.
    """
    full = [webhook_id for webhook_id, pieces in under_way.items() if pieces >= MOST_FOR_ONE]
    with transaction.atomic():
        due = Delivery.objects.due(at=at).exclude(webhook__in=full)
        found = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("id", "webhook_id")[: limit * 4])
        ids = _fairly(found, under_way)[:limit]
        Delivery.objects.filter(id__in=ids).update(state=DeliveryState.SENDING, leased_until=at + LEASE)
    return list(Delivery.objects.filter(id__in=ids).select_related("webhook").order_by("due_at", "id"))


def has_due(*, at: datetime) -> bool:
    """Say whether anything is to be tried now."""
    return Delivery.objects.due(at=at).exists()


@transaction.atomic
def settle(delivery: Delivery, answered: Answered, *, at: datetime, ended_at: datetime) -> None:
    """Write down what came of a try that began ``at``, and when the next one is. An address that is gone is disabled.

    Nothing but the log is written where the lease was lost meanwhile: another worker has it then.
    """
    milliseconds = int((ended_at - at).total_seconds() * 1000)
    Try.objects.create(
        delivery=delivery, at=at, milliseconds=milliseconds, status=answered.status, problem=answered.problem
    )
    tries = delivery.tries + 1
    pause = retries.wait(tries, chance=random.random, wished=answered.wished)
    held = Delivery.objects.filter(id=delivery.id, state=DeliveryState.SENDING, leased_until=delivery.leased_until)
    if answered.is_taken:
        held.update(state=DeliveryState.DELIVERED, leased_until=None, tries=tries, ended_at=ended_at)
    elif answered.is_gone or pause is None:
        held.update(state=DeliveryState.GIVEN_UP, leased_until=None, tries=tries, ended_at=ended_at)
    else:
        held.update(state=DeliveryState.WAITING, leased_until=None, tries=tries, due_at=ended_at + pause)
    if answered.is_gone:
        addresses.disable(delivery.webhook, why="It answered that it is gone (410).")


def replay(deliveries: QuerySet[Delivery], *, at: datetime) -> int:
    """Send pieces of news again that have ended, under the same id; gives how many. One query, however many."""
    return deliveries.filter(state__in=ENDS).update(state=DeliveryState.WAITING, due_at=at, tries=0, ended_at=None)


def forget(*, at: datetime) -> int:
    """Delete what ended long ago, with its log; gives how many pieces."""
    old = Delivery.objects.filter(state__in=ENDS, ended_at__lt=at - KEPT_FOR)
    return old.delete()[1].get("notifications.Delivery", 0)


def _fairly(found: Sequence[tuple[int, int]], under_way: Mapping[int, int]) -> list[int]:
    """Choose of what is due, by id and address, so that no address has more than its share."""
    taken = dict(under_way)
    chosen = []
    for id_, webhook_id in found:
        taken[webhook_id] = taken.get(webhook_id, 0) + 1
        if taken[webhook_id] <= MOST_FOR_ONE:
            chosen.append(id_)
    return chosen
