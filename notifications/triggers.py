"""What calls for a message, and what it can go out on: the words everybody here shares. Pure data and rules.

A trigger is urgent where a message that comes after the quiet hours would be of no use. After its ``LATEST`` a message
is not sent any more: late news is worse than none.
"""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from tracking.links import codes


class Trigger(TextChoices):
    """What a message is about. The last three are no news of a delivery and follow no rule of a brand."""

    CREATED = "created", _("Order taken in")
    SHIPPED = "shipped", _("Shipped")
    PLANNED = "planned", _("Coming tomorrow")
    ON_THE_WAY = "on_the_way", _("On its way")
    STOPS_AWAY = "stops_away", _("A few stops away")
    ARRIVING_SOON = "arriving_soon", _("Arriving soon")
    ARRIVED = "arrived", _("At the door")
    DELIVERED = "delivered", _("Delivered")
    DELIVERED_ELSEWHERE = "delivered_elsewhere", _("Delivered elsewhere")
    FAILED_ATTEMPT = "failed_attempt", _("Not delivered")
    DELAYED = "delayed", _("Delayed")
    READY_FOR_PICKUP = "ready_for_pickup", _("Ready for pickup")
    PICKUP_REMINDER = "pickup_reminder", _("Still waiting for pickup")
    RETURNED = "returned", _("Returned")
    CANCELLED = "cancelled", _("Cancelled")
    SURVEY = "survey", _("How was it?")
    CODE = "code", _("Code")
    REPLY = "reply", _("Answer to a message")
    TEST = "test", _("Test")


class Channel(TextChoices):
    """How a message reaches a person."""

    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("Push")


PHONE_CHANNELS: Final = frozenset({Channel.SMS, Channel.WHATSAPP})

NEWS: Final = tuple(trigger for trigger in Trigger if trigger not in {Trigger.CODE, Trigger.REPLY, Trigger.TEST})
"""What a brand has rules for and a shopper preferences about."""

URGENT: Final = frozenset(
    {
        Trigger.STOPS_AWAY,
        Trigger.ARRIVING_SOON,
        Trigger.ARRIVED,
        Trigger.FAILED_ATTEMPT,
        Trigger.DELAYED,
        Trigger.CODE,
        Trigger.REPLY,
        Trigger.TEST,
    }
)
"""What is sent in quiet hours too."""

LATEST: Final[dict[Trigger, timedelta]] = {
    Trigger.CREATED: timedelta(days=1),
    Trigger.SHIPPED: timedelta(days=1),
    Trigger.PLANNED: timedelta(hours=18),
    Trigger.ON_THE_WAY: timedelta(hours=3),
    Trigger.STOPS_AWAY: timedelta(minutes=10),
    Trigger.ARRIVING_SOON: timedelta(minutes=10),
    Trigger.ARRIVED: timedelta(minutes=10),
    Trigger.DELIVERED: timedelta(days=1),
    Trigger.DELIVERED_ELSEWHERE: timedelta(days=1),
    Trigger.FAILED_ATTEMPT: timedelta(hours=12),
    Trigger.DELAYED: timedelta(hours=1),
    Trigger.READY_FOR_PICKUP: timedelta(days=1),
    Trigger.PICKUP_REMINDER: timedelta(days=1),
    Trigger.RETURNED: timedelta(days=2),
    Trigger.CANCELLED: timedelta(days=2),
    Trigger.SURVEY: timedelta(days=2),
    Trigger.CODE: codes.LASTS,
    Trigger.REPLY: timedelta(minutes=10),
    Trigger.TEST: timedelta(minutes=10),
}
"""How long after it was due a message may still go out."""
