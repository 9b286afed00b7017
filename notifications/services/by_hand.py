"""What staff do with messages: send one again, take one back, try one out, answer what a shopper wrote."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from notifications import addresses
from notifications.models import Cancelled, Inbound, Notification, State, Template
from notifications.services import replies
from notifications.triggers import LATEST, NEWS, Channel, Trigger
from tracking.models import Brand

RESENT_FROM: Final = 1_000_000_000
"""Versions from here on are of messages that staff sent again, so that they take none from those still to come."""

TESTS_AN_HOUR: Final = 20
"""Of one brand on one channel."""

HOUR: Final = timedelta(hours=1)


class NotAgain(Exception):
    """This message is not sent a second time: it is no news of a delivery, or the first one is still to go out."""


class TooManyTests(Exception):
    """Enough has been tried out within the hour."""


class AlreadyHandled(Exception):
    """Somebody at the desk has dealt with this message."""


@transaction.atomic
def resend(notification: Notification, *, at: datetime) -> Notification:
    """Send a message again, as a row of its own that is judged like any other.

    Raises ``NotAgain`` for a code or an answer, and where the message may still go out by itself.
    """
    first = Notification.objects.select_for_update(of=("self",)).get(id=notification.id)
    if first.trigger not in NEWS or first.state in {State.PENDING, State.SENDING, State.UNKNOWN}:
        raise NotAgain
    alike = Notification.objects.filter(
        shipment=first.shipment_id, trigger=first.trigger, channel=first.channel, recipient=first.recipient
    )
    latest = alike.filter(version__gte=RESENT_FROM).aggregate(latest=Max("version"))["latest"]
    return Notification.objects.create(
        brand_id=first.brand_id,
        shipment_id=first.shipment_id,
        rule_id=first.rule_id,
        trigger=first.trigger,
        channel=first.channel,
        recipient=first.recipient,
        version=RESENT_FROM if latest is None else latest + 1,
        language=first.language,
        details=first.details,
        priority=first.priority,
        created_at=at,
        due_at=at,
        expires_at=at + LATEST[Trigger(first.trigger)],
    )


def take_back(notification: Notification, *, at: datetime) -> bool:
    """Take back a message that waits; says whether it could be. One that is on its way cannot."""
    waiting = Notification.objects.filter(id=notification.id, state=State.PENDING)
    return bool(waiting.update(state=State.CANCELLED, reason=Cancelled.WITHDRAWN, settled_at=at))


@transaction.atomic
def send_test(template: Template, to: str, *, at: datetime) -> Notification:
    """Send the words of a template, saved or not, with sample data to an address that staff typed.

    Raises ``addresses.Unreadable`` where that is none, and ``TooManyTests``.
    """
    recipient = addresses.read(Channel(template.channel), to, region=settings.PHONE_REGION)
    Brand.objects.select_for_update().get(id=template.brand_id)
    tests = Notification.objects.filter(brand=template.brand_id, channel=template.channel, trigger=Trigger.TEST)
    if tests.filter(sent_at__gt=at - HOUR).count() + tests.filter(state=State.PENDING).count() >= TESTS_AN_HOUR:
        raise TooManyTests
    return Notification.objects.create(
        brand_id=template.brand_id,
        trigger=Trigger.TEST,
        channel=template.channel,
        recipient=recipient,
        language=template.language,
        details={"trigger": template.trigger, "subject": template.subject, "text": template.text},
        priority=0,
        created_at=at,
        due_at=at,
        expires_at=at + LATEST[Trigger.TEST],
    )


@transaction.atomic
def handle(inbound: Inbound, *, at: datetime) -> None:
    """Note that the desk has dealt with a message that was kept for it.

    Raises ``AlreadyHandled``.
    """
    if not Inbound.objects.unread().filter(id=inbound.id).update(handled_at=at):
        raise AlreadyHandled


@transaction.atomic
def answer(inbound: Inbound, text: str, *, brand: Brand, at: datetime) -> Notification:
    """Answer a message that was kept for the desk, which has dealt with it then.

    Raises ``AlreadyHandled``; nothing is sent then.
    """
    handle(inbound, at=at)
    return replies.reply(inbound, text, brand=brand, at=at)
