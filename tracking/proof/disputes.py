"""Which attempt a shopper may dispute. A pure rule."""

from collections.abc import Iterable

from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import FINISHED, Status
from tracking.shipments.models import Shipment, StatusEvent


def last_attempt(shipment: Shipment, events: Iterable[StatusEvent]) -> StatusEvent | None:
    """Find the last attempt that stands, while the shipment is still to come."""
    if shipment.status in FINISHED:
        return None
    attempts = [event for event in lifecycle.in_order(events) if event.status == Status.ATTEMPTED]
    return attempts[-1] if attempts else None
