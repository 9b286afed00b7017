"""Which changes go together, and when a shipment can be changed at all. Pure."""

from typing import Final

from tracking.changes.models import Action
from tracking.shipments.lifecycle import Status

WHEN: Final = frozenset({Action.RESCHEDULE, Action.SLOT, Action.HOLD, Action.PICKUP_POINT})
"""When and whereto it is brought: one answer at a time."""

WITH_WHOM: Final = frozenset({Action.SAFE_PLACE, Action.NEIGHBOUR})
"""Who or what takes it where nobody opens: one answer at a time."""

STANDING: Final = frozenset({Action.SAFE_PLACE, Action.NEIGHBOUR, Action.NEEDS})
"""What can be wished for once and for all."""

STILL: Final = frozenset(
    {
        Status.CREATED,
        Status.IN_TRANSIT,
        Status.AT_HUB,
        Status.PLANNED,
        Status.ATTEMPTED,
        Status.ON_HOLD,
        Status.READY_FOR_PICKUP,
    }
)
"""Statuses in which nobody is on the way with it."""

AT_THE_DOOR: Final = frozenset({Action.SAFE_PLACE, Action.NEIGHBOUR, Action.INSTRUCTIONS, Action.NEEDS})
"""What a driver can still heed who has it with them."""


def rivals(action: Action) -> frozenset[Action]:
    """Name the actions whose changes a change of this one takes the place of, itself among them."""
    return next((group for group in (WHEN, WITH_WHOM) if action in group), frozenset({action}))


def is_possible(action: Action, status: Status) -> bool:
    """Say whether something can be changed about a shipment in this status, whatever its cut-off."""
    return status in STILL or (status == Status.OUT_FOR_DELIVERY and action in AT_THE_DOOR)
