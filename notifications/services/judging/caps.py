"""How much is enough: for a recipient within a day, for a brand and for the whole installation within an hour."""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings

from notifications.models import Notification, Skipped
from notifications.services.judging.evidence import Evidence
from notifications.services.judging.verdicts import Defer, Skip, Verdict
from notifications.triggers import NEWS, PHONE_CHANNELS, Trigger

logger = logging.getLogger(__name__)

OWN_CAPS: Final = {Trigger.CODE: 10, Trigger.REPLY: 30, Trigger.TEST: 30}
"""A day, for one recipient, of what is no news of a delivery and does not count as such."""

TRY_AGAIN: Final = timedelta(minutes=5)


def daily(notification: Notification, evidence: Evidence) -> Verdict | None:
    """Skip a message to somebody who has had enough within the last 24 hours.

    Whoever is told of a shipment is one person, on whichever channels; a number is one person too, whatever it is told.
    """
    if notification.trigger in NEWS:
        has_enough = _has_enough_news(notification, evidence)
    else:
        alike = (row.trigger == notification.trigger for row in evidence.told_to(notification.recipient))
        has_enough = sum(alike) >= OWN_CAPS[Trigger(notification.trigger)]
    return Skip(Skipped.DAILY_CAP) if has_enough else None


def hourly(notification: Notification, evidence: Evidence) -> Verdict | None:
    """Let a text wait while there are too many; what would come too late by then is skipped."""
    if notification.channel not in PHONE_CHANNELS:
        return None
    counts, policy = evidence.texts_within_the_hour, evidence.terms[notification.brand_id].policy
    if counts[notification.brand_id] < policy.texts_an_hour and counts.total() < settings.TEXTS_AN_HOUR:
        return None
    if notification.brand_id not in evidence.at_their_cap:
        evidence.at_their_cap.add(notification.brand_id)
        logger.error("Brand %d has too many texts within the hour; they wait.", notification.brand_id)
    again_at = evidence.at + TRY_AGAIN
    return Defer(again_at) if again_at < notification.expires_at else Skip(Skipped.HOURLY_CAP)


def _has_enough_news(notification: Notification, evidence: Evidence) -> bool:
    policy = evidence.terms[notification.brand_id].policy
    alike = [row for row in evidence.told_to(notification.recipient) if row.trigger in NEWS]
    of_shipment = [row for row in evidence.told_of(notification.shipment_id) if row.trigger in NEWS]
    texts = sum(row.channel in PHONE_CHANNELS for row in alike)
    is_text = notification.channel in PHONE_CHANNELS
    has_all = len({row.id for row in (*alike, *of_shipment)}) >= policy.messages_a_day
    return has_all or (is_text and texts >= policy.texts_a_day)
