"""What follows a change in tracking: a task considers what it calls for. What is lost here, a sweep finds.

A code alone is written down at once: it is to be nowhere but in the outbox, sealed, and not in the broker.
"""

from collections.abc import Collection

from django.dispatch import receiver
from django.utils import timezone

from notifications import tasks
from notifications.services import considering
from tracking.links import signals as links
from tracking.shipments import signals as shipments


@receiver(shipments.status_changed, dispatch_uid="notifications.consider_event")
def consider_event(event_id: int, **_: object) -> None:
    """Start considering a status event."""
    tasks.consider_event.delay(event_id=event_id)


@receiver(shipments.window_changed, dispatch_uid="notifications.consider_windows")
def consider_windows(shipment_ids: Collection[int], **_: object) -> None:
    """Start considering the windows of some shipments."""
    tasks.consider_windows.delay(shipment_ids=list(shipment_ids))


@receiver(shipments.stops_changed, dispatch_uid="notifications.consider_road")
def consider_road(route_id: int, **_: object) -> None:
    """Start considering who is near on a route."""
    tasks.consider_road.delay(route_id=route_id)


@receiver(links.code_requested, dispatch_uid="notifications.write_code")
def write_code(shipment_id: int, code: str, **_: object) -> None:
    """Write down the message with a code, and start sending it."""
    for channel in considering.code(shipment_id, code, at=timezone.now()):
        tasks.drain.delay(channel=channel)
