"""What we say back by ourselves: who we are, where it is, or what an asker has to say."""

from datetime import datetime, timedelta
from typing import Final

from notifications.askers import Reply
from notifications.models import Inbound, Notification
from notifications.services.replies import numbers, telling
from notifications.triggers import LATEST, Trigger
from tracking.models import Brand

REPLIES_AN_HOUR: Final = 6
"""To one number: two robots that answer each other come to an end."""


def status(inbound: Inbound, at: datetime) -> None:
    """Say where the shipments of a number are, in its language: the facts of the page, never a coordinate."""
    reader = numbers.find_reader(inbound.sender, at=at)
    if reader is None:
        return
    if len(reader.shipments) == 1:
        inbound.shipment = reader.shipments[0]
        inbound.save(update_fields=["shipment"])
    text = telling.where(reader.shipments, reader.language, at=at)
    reply_unless_often(inbound, text, brand=reader.brand, at=at)


def who_we_are(inbound: Inbound, at: datetime) -> None:
    """Say whose messages these are, how to reach a person, and how to end them."""
    reader = numbers.find_reader(inbound.sender, at=at)
    if reader is not None:
        reply_unless_often(inbound, telling.who(reader.brand, reader.language), brand=reader.brand, at=at)


def reply_unless_often(inbound: Inbound, said: str | Reply, *, brand: Brand, at: datetime) -> None:
    """Say something to a message, unless its number has heard enough from us within the hour."""
    replies = Notification.objects.filter(trigger=Trigger.REPLY, recipient=inbound.sender, channel=inbound.channel)
    if replies.filter(created_at__gt=at - timedelta(hours=1)).count() < REPLIES_AN_HOUR:
        reply(inbound, said, brand=brand, at=at)


def reply(inbound: Inbound, said: str | Reply, *, brand: Brand, at: datetime) -> Notification:
    """Put what is said to a message into the outbox, where it goes first."""
    details = {"text": said} if isinstance(said, str) else said._asdict()
    return Notification.objects.create(
        brand=brand,
        shipment=inbound.shipment,
        trigger=Trigger.REPLY,
        channel=inbound.channel,
        recipient=inbound.sender,
        version=inbound.id,
        language=inbound.shipment.reader_language if inbound.shipment else brand.language,
        details=details,
        priority=0,
        created_at=at,
        due_at=at,
        expires_at=at + LATEST[Trigger.REPLY],
    )
