"""SMTP as Django speaks it, with an end to every conversation and a word on how far it got.

Django's timeout holds for each step, of which there are a dozen; and when a connection is lost, it does not say whether
the message was on its way by then.
"""

import selectors
import smtplib
import time
from typing import Any, Final

from django.core.mail.backends import smtp

CONVERSATION_SECONDS: Final = 9.0
IDLE_SECONDS: Final = 20.0
"""After which a connection is not used again: the server may be about to close it."""


class Conversation(smtplib.SMTP):
    """What is said to a mail server from ``begin`` on, all of it within nine seconds."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.begin()
        super().__init__(*arguments, **options)

    def __del__(self) -> None:
        self.close()

    def begin(self) -> None:
        """Start to speak of a new message."""
        self._started_at = time.monotonic()
        self.has_message_left = False

    @property
    def is_stale(self) -> bool:
        """Whether the server has closed the connection, or may be about to."""
        if self.sock is None or time.monotonic() > self._started_at + IDLE_SECONDS:
            return True
        with selectors.PollSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            return bool(selector.select(0))

    def send(self, said: Any) -> None:
        """Say something. Of all that is said, the message alone is bytes."""
        self._hurry()
        self.has_message_left = self.has_message_left or isinstance(said, bytes)
        super().send(said)

    def getreply(self) -> tuple[int, bytes]:
        """Hear an answer."""
        self._hurry()
        return super().getreply()

    def _hurry(self) -> None:
        left = self._started_at + CONVERSATION_SECONDS - time.monotonic()
        if self.sock is not None:
            self.sock.settimeout(max(left, 0.001))


class SecureConversation(Conversation, smtplib.SMTP_SSL):
    """The same under TLS from its first word."""


class EmailBackend(smtp.EmailBackend):
    """A connection to the mail server of the settings, for one thread."""

    connection: Conversation | None
    _partial_connection: Conversation | None

    @property
    def connection_class(self) -> type[Conversation]:
        """What to speak, for Django."""
        return SecureConversation if self.use_ssl else Conversation

    @property
    def has_message_left(self) -> bool:
        """Whether the server may have the message of which was spoken last."""
        return self.connection is not None and self.connection.has_message_left

    def resume(self) -> None:
        """Begin a message on the connection there is, or on a new one.

        Raises ``OSError`` where there is none; the server has heard nothing of the message then.
        """
        if self.connection is not None and not self.connection.is_stale:
            self.connection.begin()
            return
        self.abandon()
        self.open()

    def abandon(self) -> None:
        """Leave without a farewell, which a server that hangs would keep us waiting for."""
        for connection in (self.connection, self._partial_connection):
            if connection is not None:
                connection.close()
        self.connection = self._partial_connection = None
