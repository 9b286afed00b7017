"""The way from order to door as a few words: what is done, where it stands, what is still to come."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.translation import pgettext

from tracking.facts import Facts
from tracking.shipments.lifecycle import Handover, Status

S = Status

AHEAD: Final[dict[Status, tuple[Status, ...]]] = {
    S.CREATED: (S.AT_HUB, S.OUT_FOR_DELIVERY, S.DELIVERED),
    S.IN_TRANSIT: (S.AT_HUB, S.OUT_FOR_DELIVERY, S.DELIVERED),
    S.AT_HUB: (S.OUT_FOR_DELIVERY, S.DELIVERED),
    S.PLANNED: (S.OUT_FOR_DELIVERY, S.DELIVERED),
    S.OUT_FOR_DELIVERY: (S.DELIVERED,),
    S.ATTEMPTED: (S.DELIVERED,),
    S.ON_HOLD: (S.OUT_FOR_DELIVERY, S.DELIVERED),
    S.READY_FOR_PICKUP: (S.DELIVERED,),
    S.RETURNING: (S.RETURNED,),
}
"""What is still to come after a status, if all goes well; nothing where it ends there or nobody can say."""

MILESTONES: Final = (S.CREATED, S.IN_TRANSIT, S.AT_HUB, S.OUT_FOR_DELIVERY, S.DELIVERED)
"""What is worth showing as done; the rest is in the history."""

MOST_BESIDE_CURRENT: Final = 4
"""As many words as fit side by side on a phone, less one."""


class Stage(StrEnum):
    """Where a step lies, seen from now."""

    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One word on the rail."""

    label: str
    stage: Stage


def steps(facts: Facts) -> list[Step]:
    """List the steps of a shipment: those done last, the one it stands at, those to come; five at most."""
    reached = {event.status for event in facts.events}
    ahead = tuple(_instead(status, facts) for status in AHEAD.get(facts.status, ()))
    done = [status for status in _before(facts.status) if status in reached][len(ahead) - MOST_BESIDE_CURRENT :]
    return [
        *(Step(_label(status, facts), Stage.DONE) for status in done),
        Step(_label(facts.status, facts), Stage.CURRENT),
        *(Step(_label(status, facts), Stage.AHEAD) for status in ahead),
    ]


def _instead(status: Status, facts: Facts) -> Status:
    """Say what comes instead of a step where the shopper collects it themselves."""
    return S.READY_FOR_PICKUP if facts.pickup and status is S.OUT_FOR_DELIVERY else status


def _before(status: Status) -> tuple[Status, ...]:
    """Say which milestones can be done where a shipment stands: those before it and before all that is to come."""
    ends = [MILESTONES.index(each) for each in (status, *AHEAD.get(status, ())) if each in MILESTONES]
    return MILESTONES[: min(ends, default=len(MILESTONES))]


def _label(status: Status, facts: Facts) -> str:
    is_collected = (
        facts.status is S.READY_FOR_PICKUP or facts.handover == Handover.PICKUP_POINT or facts.pickup is not None
    )
    if status is S.DELIVERED and is_collected:
        return pgettext("step", "Collected")
    labels = {
        S.CREATED: pgettext("step", "Ordered"),
        S.IN_TRANSIT: pgettext("step", "In transit"),
        S.AT_HUB: pgettext("step", "At the hub"),
        S.PLANNED: pgettext("step", "Planned"),
        S.OUT_FOR_DELIVERY: pgettext("step", "On its way"),
        S.ATTEMPTED: pgettext("step", "Missed you"),
        S.ON_HOLD: pgettext("step", "On hold"),
        S.READY_FOR_PICKUP: pgettext("step", "Ready"),
        S.DELIVERED: pgettext("step", "Delivered"),
        S.RETURNING: pgettext("step", "Going back"),
        S.RETURNED: pgettext("step", "Returned"),
        S.DAMAGED: pgettext("step", "Damaged"),
        S.LOST: pgettext("step", "Lost"),
        S.CANCELLED: pgettext("step", "Cancelled"),
    }
    return labels[status]
