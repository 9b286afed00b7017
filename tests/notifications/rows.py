"""Rows of the outbox for tests; every default can be overruled."""

from datetime import timedelta

from notifications.models import Notification
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_shipment
from tracking.models import Shipment

NUMBER = "+358401234567"
MAIL = "maija@example.org"
RECIPIENTS = {Channel.SMS: NUMBER, Channel.WHATSAPP: NUMBER, Channel.EMAIL: MAIL, Channel.PUSH: "1"}


def make_row(shipment: Shipment | None = None, *, channel: Channel = Channel.SMS, **fields: object) -> Notification:
    """Make a message to Maija that is due at noon, for an hour."""
    shipment = shipment or make_shipment()
    return Notification.objects.create(
        **{
            "brand": shipment.brand,
            "shipment": shipment,
            "trigger": Trigger.ON_THE_WAY,
            "channel": channel,
            "recipient": RECIPIENTS[channel],
            "language": "en",
            "created_at": NOON,
            "due_at": NOON,
            "expires_at": NOON + timedelta(hours=1),
            **fields,
        }
    )
