"""How a delivery went, read off the events of its shipment: when it was over, and how many visits that took. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import StatusEvent


@dataclass(frozen=True, slots=True)
class Visits:
    """A finished delivery: when its last parcel was handed over, and how often somebody came to the door for that.

    ``attempts`` counts the visit at which it was handed over; it is 0 where the shopper collected it unvisited.
    """

    delivered_at: datetime
    attempts: int
    handover: str

    @property
    def is_first_attempt(self) -> bool | None:
        """Whether the first visit was enough; ``None`` where there was none."""
        if not self.attempts:
            return None
        return self.attempts == 1 and self.handover != Handover.PICKUP_POINT


def read(events: Collection[StatusEvent], *, parcel_ids: Collection[int], handover: str) -> Visits | None:
    """Read how a shipment was delivered; ``None`` where not all of it was. A later return does not undo it."""
    ends = [_delivered_at(_of_parcel(events, parcel_id)) for parcel_id in parcel_ids] or [_delivered_at(events)]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return None
    delivered_at = max(known)
    failed = _count_failed(event for event in lifecycle.in_order(events) if event.occurred_at < delivered_at)
    came = 0 if handover == Handover.PICKUP_POINT else 1
    return Visits(delivered_at, failed + came, handover)


def lateness_minutes(delivered_at: datetime, promised_end: datetime) -> int:
    """Count the minutes from the end of the promise, begun ones in full: above 0 is late, 0 and below is in time."""
    return -int((promised_end - delivered_at).total_seconds() // 60)


def _of_parcel(events: Iterable[StatusEvent], parcel_id: int) -> list[StatusEvent]:
    return [event for event in events if event.parcel_id in (None, parcel_id)]


def _delivered_at(events: Iterable[StatusEvent]) -> datetime | None:
    """Find the event with which the status became delivered; one that the fold passes over is none."""
    past: list[StatusEvent] = []
    for event in lifecycle.in_order(events):
        past.append(event)
        if event.status == Status.DELIVERED and lifecycle.fold(past) == Status.DELIVERED:
            return event.occurred_at
    return None


def _count_failed(events: Iterable[StatusEvent]) -> int:
    """Count failed visits; what several sources or parcels report of one visit, with no other news between, is one."""
    told = [event.status for event in events if event.status]
    return sum(
        status == Status.ATTEMPTED and before != Status.ATTEMPTED
        for before, status in zip(["", *told], told, strict=False)
    )
