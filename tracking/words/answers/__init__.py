"""The first thing read: where it stands, when it comes, and what one can do; one answer for each status."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from tracking.facts import Facts
from tracking.shipments.lifecycle import Status
from tracking.words.answers import gone_wrong, handed_over, on_the_way
from tracking.words.answers.case import Answer, Case

ANSWERS: Final[dict[Status, Callable[[Case], Answer]]] = {
    Status.CREATED: on_the_way.created,
    Status.IN_TRANSIT: on_the_way.in_transit,
    Status.AT_HUB: on_the_way.at_hub,
    Status.PLANNED: on_the_way.planned,
    Status.OUT_FOR_DELIVERY: on_the_way.out_for_delivery,
    Status.ATTEMPTED: handed_over.attempted,
    Status.ON_HOLD: on_the_way.on_hold,
    Status.READY_FOR_PICKUP: handed_over.ready_for_pickup,
    Status.DELIVERED: handed_over.delivered,
    Status.RETURNING: gone_wrong.returning,
    Status.RETURNED: gone_wrong.returned,
    Status.DAMAGED: gone_wrong.damaged,
    Status.LOST: gone_wrong.lost,
    Status.CANCELLED: gone_wrong.cancelled,
}

BEFORE_PICKUP: Final = frozenset({Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED})
"""Statuses in which whoever collects it themselves has to wait a little."""


def tell(facts: Facts, *, brand: str, now: datetime) -> Answer:
    """Say what the shopper reads first; ``now`` is in the destination's zone."""
    is_coming = facts.pickup is not None and facts.status in BEFORE_PICKUP
    answer = handed_over.to_be_collected if is_coming else ANSWERS[facts.status]
    return answer(Case(facts, brand, now))
