"""The gateway to a mail server. What was refused before the message left is certain; what was lost after, is not."""

import smtplib
import threading
from typing import Final

from notifications.gateways.mail import letter
from notifications.gateways.mail.smtp import EmailBackend
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain

NAME: Final = "smtp"
FINAL: Final = range(500, 600)
FOR_NOW: Final = range(400, 500)


class ServerGateway:
    """A mail server, with a connection for each thread."""

    name = NAME
    can_be_asked = False

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._threads = threading.local()

    def send(self, message: Message) -> Accepted:
        """Hand a message to the server, within ten seconds.

        Raises ``Refused`` with the server's code, ``Unavailable`` or ``Uncertain``.
        """
        mail = letter.write(message, sender=self._sender)
        mail.extra_headers["Message-ID"] = letter.message_id(message, sender=self._sender)
        backend = self._backend()
        try:
            backend.resume()
            backend.send_messages([mail])
        except OSError as error:
            outcome = _outcome(error, has_message_left=backend.has_message_left)
            backend.abandon()
            # Not chained: a server's answer names the recipient.
            raise outcome from None
        return Accepted(provider_id=mail.extra_headers["Message-ID"], status="sent")

    def find(self, message: Message) -> Accepted | None:
        """Say that a mail server cannot be asked.

        Raises ``Unavailable``.
        """
        raise Unavailable("A mail server does not tell.")

    def _backend(self) -> EmailBackend:
        if not hasattr(self._threads, "backend"):
            self._threads.backend = EmailBackend()
        backend: EmailBackend = self._threads.backend
        return backend


def _outcome(error: OSError, *, has_message_left: bool) -> Exception:
    """Say what an error means for the message.

    Only what is refused of a recipient or a message is final. That we are, our sender or our password, can be mended
    before the message is too old.
    """
    code = _code(error)
    if code in FINAL and isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return Refused(str(code))
    if code in FOR_NOW or not has_message_left:
        return Unavailable(f"{type(error).__name__} {code or ''}".strip())
    return Uncertain(type(error).__name__)


def _code(error: OSError) -> int:
    """Read the server's code; 0 where it gave none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
