"""What is known of shipments, event by event."""

from collections import defaultdict
from collections.abc import Collection

from tracking.models import StatusEvent
from tracking.shipments import lifecycle


def of_shipments(shipment_ids: Collection[int]) -> dict[int, list[StatusEvent]]:
    """Read all that is known of each shipment, in the order in which it counts. One query."""
    found: dict[int, list[StatusEvent]] = defaultdict(list)
    for event in StatusEvent.objects.filter(shipment__in=shipment_ids):
        found[event.shipment_id].append(event)
    return {shipment_id: lifecycle.in_order(found[shipment_id]) for shipment_id in shipment_ids}
