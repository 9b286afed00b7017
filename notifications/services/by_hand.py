"""What staff do about messages: send one again, take one back, try one out, answer a shopper, decide for a brand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from notifications import addresses, rules
from notifications.models import Cancelled, Inbound, Notification, Rule, State, Template
from notifications.services import contacts, outbox, replies
from notifications.triggers import LATEST, NEWS, Channel, Trigger
from tracking.models import Brand, Shipment

RESENT_FROM: Final = 2**60
"""Versions from here on are of messages that staff sent again, so that they take none from those still to come."""

LETTERS_OF_A_KIND: Final = 2**56
"""More than a table will ever have rows, and few enough for the column."""

LETTERS_LAST: Final = timedelta(days=2)
LONGEST_TEXT: Final = 240
"""Characters of a letter that go into an SMS; the rest is on the page that its link leads to."""

TESTS_AN_HOUR: Final = 20
"""Of one brand on one channel."""

HOUR: Final = timedelta(hours=1)

MEASURES: Final[Mapping[Trigger, str]] = {
    Trigger.STOPS_AWAY: "stops",
    Trigger.ARRIVING_SOON: "minutes",
    Trigger.ARRIVED: "metres",
}
"""What nearness is measured in, by what it calls for."""


class Letter(IntEnum):
    """What a letter is about: each has versions of its own, and none of those that answers to messages have."""

    CASE = 1
    QUESTION = 2
    CHANGE = 3

    def version(self, number: int) -> int:
        """Give the version of the letter about the row with this id."""
        return self * LETTERS_OF_A_KIND + number


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

    Raises ``contact.Unreadable`` where that is none, and ``TooManyTests``.
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


def tell(
    shipment: Shipment, text: str, *, version: int, page: str, at: datetime, prefers_sms: bool = False
) -> Channel | None:
    """Write to a shipment's recipient what there is to say, by mail or else by SMS; gives the channel, if any.

    ``version`` is one of a ``Letter``'s; ``page`` is the one of the shipment's pages to which its link leads, by URL
    name. Twice is harmless.
    """
    reach = contacts.reach(shipment)
    preferred = (Channel.SMS, Channel.EMAIL) if prefers_sms else (Channel.EMAIL, Channel.SMS)
    channel = next((channel for channel in preferred if channel in reach), None)
    if channel is None:
        return None
    is_cut = channel is Channel.SMS and len(text) > LONGEST_TEXT
    letter = Notification(
        brand_id=shipment.brand_id,
        shipment=shipment,
        trigger=Trigger.REPLY,
        channel=channel,
        recipient=reach[channel],
        version=version,
        language=shipment.reader_language,
        details={"text": f"{text[:LONGEST_TEXT].rstrip()} …" if is_cut else text, "page": page},
        created_at=at,
        due_at=at,
        expires_at=at + LETTERS_LAST,
    )
    outbox.write([letter])
    return channel


@transaction.atomic
def decide(
    brand: Brand, decided: Mapping[tuple[Trigger, Channel], bool | None], nearness: Mapping[Trigger, int | None]
) -> None:
    """Set what a brand tells of on each channel; ``None`` leaves it to what Doorstep comes with.

    ``nearness`` is how near calls for the triggers of nearness: stops, minutes or metres.
    """
    Brand.objects.select_for_update().get(id=brand.id)
    for (trigger, channel), is_on in decided.items():
        near = nearness.get(trigger)
        goes_out = rules.is_on_by_default(trigger, channel) if is_on is None else is_on
        if is_on is None and (near is None or not goes_out):
            Rule.objects.filter(brand=brand, trigger=trigger, channel=channel).delete()
            continue
        measures = {MEASURES[trigger]: near} if trigger in MEASURES else {}
        kept = {"is_on": goes_out, **measures}
        Rule.objects.update_or_create(brand=brand, trigger=trigger, channel=channel, defaults=kept)


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
