"""The questions a message is asked before it goes out, in the order in which their answers matter."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from notifications import addresses, rules
from notifications.models import Cancelled, Notification, Skipped, State
from notifications.services.judging import caps, evidence
from notifications.services.judging.evidence import Evidence, Row
from notifications.services.judging.verdicts import Cancel, Defer, Send, Skip, Verdict
from notifications.triggers import NEWS, PHONE_CHANNELS, Channel, Trigger

AT_ONE_DOOR: Final = frozenset({Trigger.STOPS_AWAY, Trigger.ARRIVING_SOON, Trigger.ARRIVED})
"""News of the driver rather than of a parcel: one message says it for all that come to a recipient at one stop."""

DUE_WITH_IT: Final = timedelta(seconds=10)
"""What waits a little longer than this message is near enough to overtake it."""


WRITTEN_WITH_IT: Final = timedelta(minutes=1)
"""An event whose nudge was lost is considered a little after the one that followed it."""

REPLACED_BY_THE_LATEST: Final = frozenset({*NEWS, Trigger.CODE})


def judge(batch: Sequence[Notification], *, at: datetime) -> dict[int, Verdict]:
    """Say of each message of a batch, by its id, whether it goes out now. The number of queries does not grow.

    The batch was claimed, so that its rows are leased, and fetched with brand and shipment ``with_round``. A message
    that is let through counts for the caps of those after it.
    """
    if not batch:
        return {}
    known = evidence.gather(batch, at=at)
    verdicts = {}
    for notification in batch:
        objections = (question(notification, known) for question in QUESTIONS)
        verdict = next((objection for objection in objections if objection is not None), Send())
        if isinstance(verdict, Send):
            known.admit(notification)
        verdicts[notification.id] = verdict
    return verdicts


def _has_expired(notification: Notification, known: Evidence) -> Verdict | None:
    return Cancel(Cancelled.EXPIRED) if notification.expires_at <= known.at else None


def _is_untrue(notification: Notification, known: Evidence) -> Verdict | None:
    return None if _holds(notification, known) else Cancel(Cancelled.UNTRUE)


def _is_overtaken(notification: Notification, known: Evidence) -> Verdict | None:
    """Cancel a message where another one to the same reader says more, or where the same was said at their door."""
    others = known.of_shipment.get(notification.shipment_id, [])
    is_overtaken = any(_has_one_reader(row, notification) and _says_more(row, notification, known) for row in others)
    was_said = any(_says_it_at_the_door(row, notification) for row in known.told_to(notification.recipient))
    return Cancel(Cancelled.OVERTAKEN) if is_overtaken or was_said else None


def _is_unreachable(notification: Notification, known: Evidence) -> Verdict | None:
    is_gone = notification.channel == Channel.PUSH and notification.recipient not in known.browsers
    return Skip(Skipped.BAD_ADDRESS) if is_gone else None


def _is_abroad(notification: Notification, known: Evidence) -> Verdict | None:
    if notification.channel not in PHONE_CHANNELS or not settings.SMS_COUNTRIES:
        return None
    country = addresses.country(notification.recipient)
    return None if country in settings.SMS_COUNTRIES else Skip(Skipped.COUNTRY)


def _is_withheld(notification: Notification, known: Evidence) -> Verdict | None:
    """Skip what goes to somebody who wants nothing; a code that they just asked to have mailed is no news."""
    is_asked_for = notification.trigger == Trigger.CODE and notification.channel == Channel.EMAIL
    is_withheld = evidence.recipient_of(notification) in known.withheld and not is_asked_for
    return Skip(Skipped.OPTED_OUT) if is_withheld else None


def _is_unwanted(notification: Notification, known: Evidence) -> Verdict | None:
    return None if _is_wanted(notification, known) else Skip(Skipped.UNWANTED)


def _is_quiet(notification: Notification, known: Evidence) -> Verdict | None:
    if notification.shipment is None:
        return None
    terms = known.terms[notification.brand_id]
    end = terms.quiet_until(Trigger(notification.trigger), notification.shipment, at=known.at)
    return Defer(end) if end else None


QUESTIONS: Final[Sequence[Callable[[Notification, Evidence], Verdict | None]]] = (
    _has_expired,
    _is_untrue,
    _is_overtaken,
    _is_unreachable,
    _is_abroad,
    _is_withheld,
    _is_unwanted,
    _is_quiet,
    caps.daily,
    caps.hourly,
)


def _holds(message: Notification | Row, known: Evidence) -> bool:
    standing = known.standings.get(message.shipment_id) if message.shipment_id else None
    return standing is None or rules.is_still_true(Trigger(message.trigger), standing, message.details)


def _is_wanted(message: Notification | Row, known: Evidence) -> bool:
    return (message.shipment_id, message.trigger, message.channel) not in known.unwanted


def _has_one_reader(row: Row, notification: Notification) -> bool:
    return row.channel == notification.channel and row.recipient == notification.recipient


def _says_more(row: Row, notification: Notification, known: Evidence) -> bool:
    """Say whether another message makes this one unnecessary: it has been sent, or it is about to be."""
    if not _is_later_news(row, notification):
        return False
    if row.state in {State.PENDING, State.SENDING}:
        return row.due_at <= known.at + DUE_WITH_IT and _is_wanted(row, known) and _holds(row, known)
    return row.state in {State.UNKNOWN, State.SENT, State.DELIVERED}


def _is_later_news(row: Row, notification: Notification) -> bool:
    """Say whether another message is the later one of its kind, or of a kind that says more in the same round."""
    if row.trigger == notification.trigger:
        return row.trigger in REPLACED_BY_THE_LATEST and row.created_at > notification.created_at
    is_of_the_same_round = row.created_at >= notification.created_at - WRITTEN_WITH_IT
    return is_of_the_same_round and rules.overtakes(Trigger(row.trigger), Trigger(notification.trigger))


def _says_it_at_the_door(row: Row, notification: Notification) -> bool:
    shipment = notification.shipment
    return (
        shipment is not None
        and shipment.stop_id is not None
        and row.stop_id == shipment.stop_id
        and row.trigger == notification.trigger
        and row.trigger in AT_ONE_DOOR
        and _has_one_reader(row, notification)
        and row.shipment_id != notification.shipment_id
    )
