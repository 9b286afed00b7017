"""From rows that were claimed to messages that may go: judged, put into words, addressed. All queries are per batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from notifications import wording
from notifications.gateways.outcomes import Message
from notifications.models import Cancelled, Notification, Policy, Skipped
from notifications.services import judging, outbox, subscriptions
from notifications.services.judging import Cancel, Defer, Send, Skip
from notifications.triggers import Channel
from notifications.wording import Wording
from tracking import logos


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may go: its row, its words, whom to hand it to, and who it is from where the brand says so."""

    notification: Notification
    wording: Wording
    recipient: str
    sender: str

    @property
    def segments(self) -> int:
        """What it counts for at a sender's pace."""
        return max(1, self.wording.segments)

    @property
    def urgency(self) -> tuple[int, datetime, int]:
        """What goes first is the least."""
        return self.notification.priority, self.notification.due_at, self.notification.id

    def write_words(self, *, provider: str) -> None:
        """Let its row say who is to be called, and with which words."""
        self.notification.provider = provider
        self.notification.subject = self.wording.subject
        self.notification.body = self.wording.kept
        self.notification.segments = self.wording.segments

    def message(self, *, called_at: datetime) -> Message:
        """Put it as a provider needs it."""
        return Message(
            notification_id=self.notification.id,
            channel=Channel(self.notification.channel),
            recipient=self.recipient,
            marker=self.notification.marker,
            text=self.wording.text,
            called_at=called_at,
            sender=self.sender,
            subject=self.wording.subject,
            html=self.wording.html,
            logo=_logo(self.notification.brand.logo) if self.notification.channel == Channel.EMAIL else b"",
            link=self.wording.link,
            unsubscribe_url=self.wording.unsubscribe_url,
            content_sid=self.wording.content_sid,
            content_variables=self.wording.content_variables,
            seconds_left=max(0, int((self.notification.expires_at - called_at).total_seconds())),
        )


@lru_cache(maxsize=64)
def _kept_logo(name: str) -> bytes:
    """Fetch a logo, which never changes under its name.

    Raises ``OSError`` where the storage does not have it, or does not answer.
    """
    return logos.read(name)


def _logo(name: str) -> bytes:
    """Give a brand's logo, if it has one; no mail waits for one that cannot be had: it has the name in words."""
    try:
        return _kept_logo(name) if name else b""
    except OSError:
        return b""


def prepare(batch: Sequence[Notification], *, at: datetime) -> list[Ready]:
    """Settle those of a claimed batch that are not to be sent now; give the rest, ready to go."""
    if not batch:
        return []
    sendable = _judge(batch, at=at)
    wordings = wording.compose(sendable, at=at)
    recipients = _recipients(sendable)
    senders = _senders(sendable)
    unreachable = [each for each in sendable if each.id not in recipients]
    outbox.skip(unreachable, Skipped.BAD_ADDRESS, at=at)
    return [
        Ready(each, wordings[each.id], recipients[each.id], senders.get((each.channel, each.brand_id), ""))
        for each in sendable
        if each.id in recipients
    ]


def question(notification: Notification) -> Message:
    """Describe a message in doubt to the provider that may hold it."""
    return Message(
        notification_id=notification.id,
        channel=Channel(notification.channel),
        recipient=notification.recipient,
        marker=notification.marker,
        text=notification.body,
        called_at=notification.called_at or notification.due_at,
    )


def _judge(batch: Sequence[Notification], *, at: datetime) -> list[Notification]:
    verdicts = judging.judge(batch, at=at)
    sendable: list[Notification] = []
    skipped: dict[Skipped, list[Notification]] = defaultdict(list)
    cancelled: dict[Cancelled, list[Notification]] = defaultdict(list)
    for notification in batch:
        match verdicts[notification.id]:
            case Send():
                sendable.append(notification)
            case Defer(until):
                outbox.defer(notification, until=until)
            case Skip(reason):
                skipped[reason].append(notification)
            case Cancel(why):
                cancelled[why].append(notification)
    for reason, rows in skipped.items():
        outbox.skip(rows, reason, at=at)
    for why, rows in cancelled.items():
        outbox.cancel(rows, why, at=at)
    return sendable


def _recipients(batch: Collection[Notification]) -> dict[int, str]:
    """Find whom to hand each message to; a browser that is gone has no address any more."""
    browsers = [each for each in batch if each.channel == Channel.PUSH]
    found = {each.id: each.recipient for each in batch if each.channel != Channel.PUSH}
    return found | subscriptions.described(browsers)


def _senders(batch: Collection[Notification]) -> dict[tuple[str, int], str]:
    """Find the names and numbers that brands send under, where they have their own."""
    found = {}
    for policy in Policy.objects.filter(brand__in={each.brand_id for each in batch}):
        found[Channel.SMS.value, policy.brand_id] = policy.sms_sender
        found[Channel.EMAIL.value, policy.brand_id] = policy.email_sender
    return found
