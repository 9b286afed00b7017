"""How a message is told again on the page of its delivery: what it was about, where it went, what became of it.

Whoever holds a link reads that page. Codes and links in a text are never told again: a link would be a better way in
for one who came by the lookup. What is the recipient's own is left out until the second factor was given.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import addresses
from notifications.models import Cancelled, Notification, Skipped, State
from notifications.triggers import Channel, Trigger
from tracking.models import Shipment
from tracking.words import times

LEFT_OUT: Final = "…"
LINK: Final = re.compile(r"\w+://\S+")
CODE: Final = re.compile(r"\d[\d\s-]{2,}\d")
PHONE_ENDS: Final = 7
"""So many digits at the end of a phone number are the same with and without the codes before them."""

SENT: Final = frozenset({State.SENT, State.DELIVERED})
FAILED: Final = frozenset({State.FAILED, State.DEAD})
WAITING: Final = frozenset({State.PENDING, State.SENDING, State.UNKNOWN})

OUTCOMES: Final[Mapping[str, Promise]] = {
    State.SENT: gettext_lazy("Sent"),
    State.DELIVERED: gettext_lazy("Delivered"),
    State.FAILED: gettext_lazy("Could not be delivered"),
    State.DEAD: gettext_lazy("Could not be sent"),
    Skipped.OPTED_OUT: gettext_lazy("Not sent, because messages to this address were stopped"),
    Skipped.UNWANTED: gettext_lazy("Not sent, because it was switched off here"),
    Skipped.DAILY_CAP: gettext_lazy("Not sent, because there were enough messages that day"),
    Skipped.HOURLY_CAP: gettext_lazy("Not sent, because too much was to be sent at that time"),
    Skipped.COUNTRY: gettext_lazy("Not sent, because we do not write to numbers of this country"),
    Skipped.BAD_ADDRESS: gettext_lazy("Not sent, because this address cannot be reached"),
    Skipped.NO_TEMPLATE: gettext_lazy("Not sent, because there is no text for it"),
    Skipped.FELL_BACK: gettext_lazy("Sent another way instead"),
    Cancelled.UNTRUE: gettext_lazy("Not sent, because it was no longer true"),
    Cancelled.OVERTAKEN: gettext_lazy("Not sent, because newer news came first"),
    Cancelled.EXPIRED: gettext_lazy("Not sent, because it would have come too late"),
    Cancelled.WITHDRAWN: gettext_lazy("Not sent, because it was taken back"),
}
"""What became of a message, by its reason where it has one, else by its state."""


@dataclass(frozen=True, slots=True)
class Retold:
    """One message in words. ``tone`` is ``sent``, ``failed``, ``waiting`` or ``unsent``."""

    about: str
    at: datetime
    when: str
    to: str
    language: str
    subject: str
    text: str
    outcome: str
    tone: str

    @property
    def icon(self) -> str:
        return {"sent": "delivered", "failed": "attempted", "waiting": "delayed"}.get(self.tone, "cancelled")


def tell(messages: Iterable[Notification], shipment: Shipment, *, is_open: bool, now: datetime) -> list[Retold]:
    """Tell messages of a shipment again, in the order given; ``is_open`` is whether the second factor was given.

    ``now`` is in the destination's zone.
    """
    private = [] if is_open else _private(shipment)
    return [_retold(message, private, now=now) for message in messages]


def _retold(message: Notification, private: Sequence[re.Pattern[str]], *, now: datetime) -> Retold:
    at = (message.sent_at or message.created_at).astimezone(now.tzinfo)
    return Retold(
        about=str(Trigger(message.trigger).label),
        at=at,
        when=times.moment(at, now=now),
        to=_to(Channel(message.channel), message.recipient),
        language=message.language,
        subject=_redacted(message.subject, message, private),
        text=_redacted(message.body, message, private),
        outcome=_outcome(message, now=now),
        tone=_tone(message.state),
    )


def _to(channel: Channel, recipient: str) -> str:
    if channel is Channel.PUSH:
        return _("Push to a browser")
    return _("%(channel)s to %(address)s") % {
        "channel": channel.label,
        "address": addresses.masked(channel, recipient),
    }


def _outcome(message: Notification, *, now: datetime) -> str:
    if message.state in WAITING:
        if message.due_at <= now:
            return _("On its way")
        return _("Goes out %(moment)s") % {"moment": times.moment(message.due_at.astimezone(now.tzinfo), now=now)}
    return str(OUTCOMES[message.reason or message.state])


def _tone(state: str) -> str:
    tones = {"sent": SENT, "failed": FAILED, "waiting": WAITING}
    return next((tone for tone, states in tones.items() if state in states), "unsent")


def _redacted(text: str, message: Notification, private: Sequence[re.Pattern[str]]) -> str:
    text = LINK.sub(LEFT_OUT, text).replace(f"[{message.marker}]", "")
    for pattern in [*private, CODE] if message.trigger == Trigger.CODE else private:
        text = pattern.sub(LEFT_OUT, text)
    return text.strip()


def _private(shipment: Shipment) -> list[re.Pattern[str]]:
    """List what nobody may read here before the second factor, however it is spaced."""
    own = [*shipment.recipient_name.split(), shipment.street, shipment.postcode, shipment.email, shipment.access_code]
    digits = "".join(character for character in shipment.phone if character.isdigit())[-PHONE_ENDS:]
    numbers = [re.compile(r"[+\d\s()-]*" + _spaced(digits))] if digits else []
    return numbers + [re.compile(rf"(?<!\w){_spaced(text)}(?!\w)", re.IGNORECASE) for text in own if len(text) > 1]


def _spaced(text: str) -> str:
    """Match a text whether or not there are spaces and hyphens in it."""
    return r"[\s-]*".join(re.escape(character) for character in text if not character.isspace() and character != "-")
