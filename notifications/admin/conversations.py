"""What was said between us and one address, in the order in which it was said, as a phone would show it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from notifications import sealing
from notifications.models import Inbound, Notification, State
from notifications.sealing import BrokenSeal
from notifications.triggers import PHONE_CHANNELS, Channel
from notifications.wording.drafts import HIDDEN

LONGEST: Final = 200

ARRIVED: Final = frozenset({State.SENT, State.DELIVERED})
ON_THE_WAY: Final = ARRIVED | {State.PENDING, State.SENDING, State.UNKNOWN, State.FAILED}


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that was said; ``id`` is that of our message, and ``None`` where it was theirs."""

    at: datetime
    text: str
    about: str
    id: int | None = None
    subject: str = ""
    is_mail: bool = False

    @property
    def is_ours(self) -> bool:
        return self.id is not None


def read(
    channel: str, address: str, *, states: Collection[State] = ON_THE_WAY, is_opened: bool = False
) -> list[Saying]:
    """Read what was said between us and an address, a number on whichever channel; the last of it, if it is much.

    Codes are hidden, unless what was sent is ``is_opened``.
    """
    channels = PHONE_CHANNELS if channel in PHONE_CHANNELS else {Channel(channel)}
    ours = Notification.objects.filter(recipient=address, channel__in=channels, state__in=states)
    theirs = Inbound.objects.filter(sender=address, channel__in=channels)
    sayings = [
        *(_ours(notification, is_opened=is_opened) for notification in ours.order_by("-created_at")[:LONGEST]),
        *(Saying(inbound.received_at, inbound.body, "") for inbound in theirs.order_by("-received_at")[:LONGEST]),
    ]
    return sorted(sayings, key=attrgetter("at"))[-LONGEST:]


def read_as_recipient(channel: str, address: str) -> list[Saying]:
    """Read what has arrived at an address, and what was said there, with the codes."""
    return read(channel, address, states=ARRIVED, is_opened=True)


def opened(notification: Notification) -> str:
    """Give the text of a message with its code, as its recipient reads it."""
    try:
        code = sealing.unseal(notification.sealed) if notification.sealed else HIDDEN
    except BrokenSeal:
        code = HIDDEN
    return notification.body.replace(HIDDEN, code)


def _ours(notification: Notification, *, is_opened: bool) -> Saying:
    about = notification.get_trigger_display()
    if notification.state not in ARRIVED:
        about = f"{about}, {notification.get_state_display()}"
    return Saying(
        at=notification.sent_at or notification.created_at,
        text=(opened(notification) if is_opened else notification.body) or str(notification.details.get("text", "")),
        about=about,
        id=notification.id,
        subject=notification.subject,
        is_mail=notification.channel == Channel.EMAIL,
    )
