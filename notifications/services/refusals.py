"""What follows when a message has failed for good, whether the provider said so at once or reported it later."""

import logging
from datetime import datetime

from notifications.gateways import codes, push
from notifications.gateways.codes import Answer
from notifications.models import ConsentSource, Notification
from notifications.services import consent, outbox, subscriptions
from notifications.triggers import PHONE_CHANNELS, Channel

logger = logging.getLogger(__name__)


def answer(notification: Notification, code: str, *, at: datetime) -> None:
    """Do what the error code of a failed message calls for.

    A number that has opted out gets nothing more; a text that could not arrive goes out as an e-mail; what will happen
    to others as well is said in the log at ERROR. Twice is harmless, but for the log.
    """
    if notification.channel in PHONE_CHANNELS:
        _answer_text(notification, code, at=at)
    elif notification.channel == Channel.PUSH and code == push.GONE:
        subscriptions.end(int(notification.recipient), at=at)


def _answer_text(notification: Notification, code: str, *, at: datetime) -> None:
    match codes.answer_to(code):
        case Answer.OPTED_OUT:
            channel = Channel(notification.channel)
            consent.withhold(channel, notification.recipient, source=ConsentSource.PROVIDER, at=at)
        case Answer.ALARM:
            logger.error("%s fails with error %s; message %s.", notification.provider, code, notification.id)
            outbox.fall_back([notification], at=at)
        case _:
            outbox.fall_back([notification], at=at)
