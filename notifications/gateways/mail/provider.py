"""The gateway to a mail provider, by Anymail. By its API's status it has taken, refused or never seen a message.

A status of 500 and more says nothing about the message, except 503, by which a server takes nothing at all. Where our
account is at fault and not the message, somebody can mend it before the message is too old.
"""

import ssl
import threading
from collections.abc import Mapping
from typing import Final

import requests
from anymail.exceptions import AnymailAPIError, AnymailConfigurationError, AnymailError
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, SSLError

from notifications.gateways.mail import letter
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain

NOT_TAKEN: Final = frozenset({401, 402, 403, 404, 408, 503})
BUSY: Final = 429


class ProviderGateway:
    """A provider of Anymail, with a connection for each thread."""

    can_be_asked = False

    def __init__(self, name: str, sender: str) -> None:
        self.name = name
        self._sender = sender
        self._threads = threading.local()

    def send(self, message: Message) -> Accepted:
        """Hand a message to the provider, within ten seconds.

        Raises ``Refused`` with the status of its API, ``Unavailable`` or ``Uncertain``.
        """
        mail = letter.write(message, sender=self._sender)
        try:
            self._backend().send_messages([mail])
        except (AnymailError, AnymailConfigurationError) as error:
            # Not chained: what providers answer names the recipient.
            raise _outcome(error) from None
        taken = next(iter(mail.anymail_status.recipients.values()))
        if taken.status == "failed":
            raise Refused("failed")
        if not taken.message_id and taken.status == "unknown":
            raise Uncertain("unknown")
        return Accepted(provider_id=str(taken.message_id or ""), status=taken.status)

    def find(self, message: Message) -> Accepted | None:
        """Say that what a mail provider has taken cannot be looked up; its reports may still tell.

        Raises ``Unavailable``.
        """
        raise Unavailable("A mail provider does not tell.")

    def _backend(self) -> BaseEmailBackend:
        if not hasattr(self._threads, "backend"):
            self._threads.backend = get_connection()
            self._threads.backend.open()
        backend: BaseEmailBackend = self._threads.backend
        return backend


def _outcome(error: Exception) -> Exception:
    if isinstance(error, AnymailConfigurationError):
        return Unavailable(type(error).__name__)
    if not isinstance(error, AnymailAPIError):
        return Refused(type(error).__name__.removeprefix("Anymail"))
    status = _status(error)
    if status == BUSY:
        return Unavailable(str(status), retry_after_seconds=_retry_after(error), is_busy=True)
    if status in NOT_TAKEN or _was_never_connected(error):
        return Unavailable(str(status or "no connection"), retry_after_seconds=_retry_after(error))
    return Refused(str(status)) if 400 <= status < 500 else Uncertain(str(status or "no answer"))


def _status(error: AnymailAPIError) -> int:
    """Read the status of an answer; 0 where there was none. Amazon's comes as a mapping."""
    if isinstance(error.response, Mapping):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return error.status_code or 0


def _was_never_connected(error: AnymailAPIError) -> bool:
    """Say whether the provider cannot have heard of the message, because there was no connection."""
    cause = error.__cause__
    given_up = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    reason = given_up.reason if isinstance(given_up, MaxRetryError) else None
    is_stranger = isinstance(reason, SSLError) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return is_stranger or isinstance(reason, ConnectTimeoutError)


def _retry_after(error: AnymailAPIError) -> float | None:
    value = getattr(error.response, "headers", {}).get("Retry-After", "")
    return float(value) if value.isdecimal() else None
