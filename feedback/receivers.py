"""What follows elsewhere: a delivery that is over is counted, a message for the desk becomes a case.

What is lost here, a sweep finds.
"""

from django.dispatch import receiver

from feedback import tasks
from notifications import signals as notifications
from tracking.proof import signals as proof
from tracking.shipments import signals as shipments


@receiver(shipments.status_changed, dispatch_uid="feedback.record_delivery")
def record_delivery(shipment_id: int, **_: object) -> None:
    """Start writing down how a shipment was delivered, if it was."""
    tasks.record_delivery.delay(shipment_id=shipment_id)


@receiver(notifications.message_kept, dispatch_uid="feedback.take_in")
def take_in(inbound_id: int, **_: object) -> None:
    """Start putting a message into a case."""
    tasks.take_in.delay(inbound_id=inbound_id)


@receiver(proof.attempt_disputed, dispatch_uid="feedback.follow_attempt")
def follow_attempt(event_id: int, **_: object) -> None:
    """Start looking into an attempt that is disputed, or that nothing good speaks for."""
    tasks.follow_attempt.delay(event_id=event_id)
