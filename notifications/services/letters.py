"""Texts to people who wait for no shipment: couriers, who are asked whether they want to bring one.

They are rows of the outbox like all others: sent once, not after STOP, and no more a day to one number than answers.
"""

from datetime import datetime

from notifications.models import Notification
from notifications.triggers import Channel, Trigger
from tracking.models import Brand


def text(to: str, words: str, *, brand: Brand, language: str, at: datetime, until: datetime) -> Notification:
    """Put a text to a number in E.164 into the outbox, in the name of a brand; it goes out by ``until`` or not at all.

    The words are whole: no link is added. Each call is a text of its own, so that the caller writes it down together
    with that for which it was written, in one transaction.
    """
    return Notification.objects.create(
        brand=brand,
        trigger=Trigger.REPLY,
        channel=Channel.SMS,
        recipient=to,
        language=language,
        details={"text": words},
        priority=0,
        created_at=at,
        due_at=at,
        expires_at=until,
    )
