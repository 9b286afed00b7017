"""The life of a shipment as data: the statuses, the steps we allow ourselves, and the fold of what is reported.

Two questions, two tables. ``STEPS`` judges our own commands: a step that is not in it is refused. What carriers and
devices report is never refused; ``fold`` reads the whole set of events in the order in which they happened and so
always ends in the same state, in whatever order and however often they arrived.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a shipment stands."""

    CREATED = "created", _("Order received")
    IN_TRANSIT = "in_transit", _("In transit")
    AT_HUB = "at_hub", _("At the local hub")
    PLANNED = "planned", _("Planned for today")
    OUT_FOR_DELIVERY = "out_for_delivery", _("On its way")
    ATTEMPTED = "attempted", _("We missed you")
    ON_HOLD = "on_hold", _("On hold")
    READY_FOR_PICKUP = "ready_for_pickup", _("Ready for pickup")
    DELIVERED = "delivered", _("Delivered")
    RETURNING = "returning", _("On its way back")
    RETURNED = "returned", _("Returned to the sender")
    DAMAGED = "damaged", _("Damaged")
    LOST = "lost", _("Lost")
    CANCELLED = "cancelled", _("Cancelled")


class Handover(models.TextChoices):
    """Who or what took a delivered shipment."""

    RECIPIENT = "recipient", _("handed to you")
    NEIGHBOUR = "neighbour", _("left with a neighbour")
    RECEPTION = "reception", _("left at the reception")
    SAFE_PLACE = "safe_place", _("left in a safe place")
    PICKUP_POINT = "pickup_point", _("collected at the pickup point")


class IllegalStep(Exception):
    """A command asked for a step that ``STEPS`` does not hold."""

    def __init__(self, current: Status, to: Status) -> None:
        super().__init__(f"A shipment that is {current} cannot become {to}.")
        self.current = current
        self.to = to


S = Status
ANYWHERE_BEFORE_THE_DOOR: Final = frozenset({S.ON_HOLD, S.RETURNING, S.DAMAGED, S.LOST, S.CANCELLED})

STEPS: Final[dict[Status, frozenset[Status]]] = {
    S.CREATED: frozenset({S.IN_TRANSIT, S.AT_HUB, S.PLANNED, S.READY_FOR_PICKUP}) | ANYWHERE_BEFORE_THE_DOOR,
    S.IN_TRANSIT: frozenset({S.AT_HUB, S.PLANNED, S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP}) | ANYWHERE_BEFORE_THE_DOOR,
    S.AT_HUB: frozenset({S.IN_TRANSIT, S.PLANNED, S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP}) | ANYWHERE_BEFORE_THE_DOOR,
    S.PLANNED: frozenset({S.AT_HUB, S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP}) | ANYWHERE_BEFORE_THE_DOOR,
    S.OUT_FOR_DELIVERY: frozenset({S.DELIVERED, S.ATTEMPTED, S.AT_HUB, S.READY_FOR_PICKUP}) | ANYWHERE_BEFORE_THE_DOOR,
    S.ATTEMPTED: frozenset({S.AT_HUB, S.PLANNED, S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP, S.DELIVERED})
    | ANYWHERE_BEFORE_THE_DOOR,
    S.ON_HOLD: frozenset({S.IN_TRANSIT, S.AT_HUB, S.PLANNED, S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP})
    | (ANYWHERE_BEFORE_THE_DOOR - {S.ON_HOLD}),
    S.READY_FOR_PICKUP: frozenset({S.DELIVERED, S.AT_HUB, S.PLANNED}) | ANYWHERE_BEFORE_THE_DOOR,
    S.DELIVERED: frozenset({S.RETURNING}),
    S.RETURNING: frozenset({S.RETURNED, S.DAMAGED, S.LOST}),
    S.RETURNED: frozenset(),
    S.DAMAGED: frozenset({S.AT_HUB, S.PLANNED, S.RETURNING, S.RETURNED, S.CANCELLED}),
    S.LOST: frozenset({S.AT_HUB, S.RETURNING, S.RETURNED, S.CANCELLED}),
    S.CANCELLED: frozenset({S.RETURNING, S.RETURNED}),
}

FINISHED: Final = frozenset({S.DELIVERED, S.RETURNED, S.CANCELLED})
"""Statuses after which the position is gone and the link begins to age."""

EXCEPTIONS: Final = frozenset({S.DAMAGED, S.LOST, S.ON_HOLD})
"""Statuses that a shipment does not leave by itself: somebody has to decide."""

REPORTED_AFTER: Final[dict[Status, frozenset[Status]]] = {
    S.DELIVERED: frozenset({S.RETURNING, S.RETURNED}),
    S.RETURNED: frozenset(),
    S.CANCELLED: frozenset({S.RETURNING, S.RETURNED}),
    S.RETURNING: frozenset({S.RETURNED, S.DAMAGED, S.LOST, S.CANCELLED}),
}
"""What a report may still change after these; after any other status a report is taken at its word."""

RANK: Final[dict[Status, int]] = {
    status: rank
    for rank, status in enumerate(
        [
            S.CREATED,
            S.IN_TRANSIT,
            S.AT_HUB,
            S.PLANNED,
            S.ON_HOLD,
            S.OUT_FOR_DELIVERY,
            S.ATTEMPTED,
            S.READY_FOR_PICKUP,
            S.DELIVERED,
            S.RETURNING,
            S.DAMAGED,
            S.LOST,
            S.CANCELLED,
            S.RETURNED,
        ]
    )
}
"""How far along a status is: decides between events of one moment, and between the parcels of one shipment."""

UNREADABLE_RANK: Final = -1


class Event(Protocol):
    """What the fold needs to know of an event; ``StatusEvent`` and anything shaped like it will do."""

    @property
    def status(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def source_id(self) -> str: ...
    @property
    def voids_id(self) -> str: ...


EventT = TypeVar("EventT", bound=Event)


def require_step(current: Status, to: Status) -> None:
    """Let a step pass.

    Raises ``IllegalStep`` where ``STEPS`` does not hold it.
    """
    if to not in STEPS[current]:
        raise IllegalStep(current, to)


def standing(events: Iterable[EventT]) -> list[EventT]:
    """Leave out what a correction has voided, whichever of the two arrived first."""
    known = list(events)
    voided = {event.voids_id for event in known if event.voids_id}
    return [event for event in known if event.source_id not in voided]


def in_order(events: Iterable[EventT]) -> list[EventT]:
    """Put what stands of a set of events into the order in which they count: by moment, then rank, then source id."""
    return sorted(standing(events), key=_order)


def fold(events: Iterable[Event]) -> Status:
    """Read off the status that a set of events ends in.

    Neither the order of the input nor a repetition in it matters; an event without a status changes nothing.
    """
    status = Status.CREATED
    for event in in_order(events):
        if event.status and event.status != Status.CREATED and event.status in REPORTED_AFTER.get(status, RANK):
            status = Status(event.status)
    return status


def _order(event: Event) -> tuple[datetime, int, str]:
    return event.occurred_at, RANK[Status(event.status)] if event.status else UNREADABLE_RANK, event.source_id


def combine(statuses: Iterable[Status]) -> Status:
    """Say where a shipment stands whose parcels stand at ``statuses`` (at least one).

    While any parcel is on its way, the one that is least far speaks for all; once all have ended, the one that
    ended worst does.
    """
    known = list(statuses)
    unfinished = [status for status in known if status not in FINISHED]
    if unfinished:
        return min(unfinished, key=RANK.__getitem__)
    return max(known, key=RANK.__getitem__)
