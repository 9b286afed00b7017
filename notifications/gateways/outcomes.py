"""What a gateway is handed, and the four ways in which that can end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from notifications.triggers import Channel

LOGO: Final = "logo@doorstep"
"""The name of the part of a mail that holds its brand's logo: a picture that comes along is fetched from nobody."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a provider needs it: complete, so that sending asks nobody else.

    ``recipient`` is E.164, an e-mail address, or for push the JSON of a subscription. ``sender`` is the brand's own
    number or name, empty for the installation's. ``logo`` is a PNG that a mail's HTML names by ``LOGO``. ``marker``
    occurs in ``text`` of every SMS and WhatsApp message. ``called_at`` is when a provider was first called with it, for
    ``find``.
    """

    notification_id: int
    channel: Channel
    recipient: str
    marker: str
    text: str
    called_at: datetime
    sender: str = ""
    subject: str = ""
    html: str = ""
    logo: bytes = b""
    link: str = ""
    unsubscribe_url: str = ""
    content_sid: str = ""
    content_variables: Mapping[str, str] = field(default_factory=dict)
    seconds_left: int = 0
    """For how long it is worth delivering."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message; ``provider_id`` is its own name for it. Prices are in the currency's unit.

    ``error_code`` says why it failed, where that is what ``find`` came upon.
    """

    provider_id: str
    status: str = ""
    cost: Decimal | None = None
    currency: str = ""
    error_code: str = ""


class Refused(Exception):
    """The provider will never take this message: ``code`` is its own, or ours where it has none. Final."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code


class Unavailable(Exception):
    """The provider has certainly not taken the message and may take it later. Safe to repeat."""

    def __init__(self, detail: str = "", *, retry_after_seconds: float | None = None, is_busy: bool = False) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
        self.is_busy = is_busy
        """Whether it only asked us to slow down, which is no fault of it."""


class Uncertain(Exception):
    """The provider may or may not have taken the message. Never repeated before it was asked."""


class Gateway(Protocol):
    """A provider of one or more channels. Thread-safe; knows no database; every call ends within ten seconds."""

    @property
    def name(self) -> str:
        """What it is called in the log, the pacing and the settings."""

    @property
    def can_be_asked(self) -> bool:
        """Whether ``find`` can tell what became of an uncertain message."""

    def send(self, message: Message) -> Accepted:
        """Hand a message over.

        Raises ``Refused``, ``Unavailable``, ``Uncertain``.
        """

    def find(self, message: Message) -> Accepted | None:
        """Ask what became of a message: what the provider took, or ``None`` where it knows of nothing like it yet.

        Raises ``Unavailable`` where it cannot be asked now.
        """
