"""What the history of a shipment calls for."""

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from itertools import groupby
from typing import Final, NamedTuple

from notifications.triggers import Trigger
from tracking.shipments.lifecycle import Event, Handover, Status

BY_STATUS: Final[dict[Status, Trigger]] = {
    Status.CREATED: Trigger.CREATED,
    Status.IN_TRANSIT: Trigger.SHIPPED,
    Status.AT_HUB: Trigger.SHIPPED,
    Status.OUT_FOR_DELIVERY: Trigger.ON_THE_WAY,
    Status.ATTEMPTED: Trigger.FAILED_ATTEMPT,
    Status.READY_FOR_PICKUP: Trigger.READY_FOR_PICKUP,
    Status.DELIVERED: Trigger.DELIVERED,
    Status.RETURNED: Trigger.RETURNED,
    Status.CANCELLED: Trigger.CANCELLED,
}

ELSEWHERE: Final = frozenset({Handover.NEIGHBOUR, Handover.RECEPTION, Handover.SAFE_PLACE})
"""Not the pickup point: there the recipient collects it, and knows."""

ON_THE_FIRST_LEG: Final = frozenset({Status.CREATED, Status.PLANNED, Status.ON_HOLD, Status.IN_TRANSIT, Status.AT_HUB})
"""Where a shipment has been nowhere else, coming to a hub means that it was shipped; later it means that it is back."""


class Called(NamedTuple):
    """A kind of news, and which time it is that it comes: some may come again."""

    trigger: Trigger
    version: int = 0


def called_for(status: str, history: Sequence[Event], *, handover: str, zone: tzinfo) -> Called | None:
    """Say what a shipment's recipient is to be told of one of its statuses; ``None`` where it is nothing.

    ``history`` is all that is known of it, in the order in which it counts (``lifecycle.in_order``). An attempt that
    several parcels or sources report is one, and a second round is news again.
    """
    trigger = BY_STATUS.get(Status(status)) if status else None
    match trigger:
        case Trigger.SHIPPED if not ON_THE_FIRST_LEG.issuperset(event.status for event in history if event.status):
            return None
        case Trigger.ON_THE_WAY:
            return Called(trigger, count_rounds(history, zone=zone))
        case Trigger.FAILED_ATTEMPT | Trigger.READY_FOR_PICKUP:
            return Called(trigger, _count_visits(status, history))
        case Trigger.DELIVERED if handover in ELSEWHERE:
            return Called(Trigger.DELIVERED_ELSEWHERE)
    return Called(trigger) if trigger else None


def count_rounds(history: Iterable[Event], *, zone: tzinfo) -> int:
    """Count the rounds on which a shipment has been: one a day where it goes, and another after each failed attempt."""
    rounds: set[tuple[int, date]] = set()
    attempts = 0
    for status, visit in groupby((event for event in history if event.status), key=lambda event: event.status):
        attempts += status == Status.ATTEMPTED
        if status == Status.OUT_FOR_DELIVERY:
            rounds |= {(attempts, event.occurred_at.astimezone(zone).date()) for event in visit}
    return len(rounds)


def _count_visits(status: str, history: Iterable[Event]) -> int:
    """Count how often a shipment came to a status from another one."""
    known = groupby(event.status for event in history if event.status)
    return sum(each == status for each, _ in known)
