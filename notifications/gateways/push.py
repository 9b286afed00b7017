"""Web push: messages for a browser, encrypted for it alone, by the push service of whoever made it.

A message that comes a second time takes the place of the first, before it is fetched (``Topic``) and after (``tag``).
"""

import json
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid, b64urlencode
from pywebpush import WebPusher

from notifications.gateways import endpoints
from notifications.gateways.connection import Broken, Connection, NothingSent, Reply
from notifications.gateways.outcomes import Accepted, Gateway, Message, Refused, Unavailable, Uncertain

NAME: Final = "push"
GONE: Final = "gone"
"""The code of a refusal after which the subscription is over."""

CALL_SECONDS: Final = 9.0
TOKEN_LASTS_SECONDS: Final = 12 * 60 * 60
LONGEST_TITLE: Final = 100
LONGEST_BODY: Final = 500
"""Characters of at most four bytes, so that the whole fits into the 4,096 that every push service takes."""

SOON_SECONDS: Final = 15 * 60
"""What is of no use later than this wakes the device."""


class PushGateway:
    """The browsers' push services, with a connection to each for each thread."""

    name = NAME
    can_be_asked = False

    def __init__(self, key: str, contact: str, *, connect: Callable[[str], Connection] = Connection) -> None:
        self._vapid = Vapid.from_string(key)
        self._contact = contact
        self._connect = connect
        self._threads = threading.local()

    def send(self, message: Message) -> Accepted:
        """Hand a message over, within ten seconds; its recipient is a subscription as browsers write it.

        Raises ``Refused``, with ``GONE`` where the browser no longer wants any, ``Unavailable`` or ``Uncertain``.
        """
        subscription = json.loads(message.recipient)
        endpoint = subscription["endpoint"]
        if not endpoints.is_push_service(endpoint):
            raise Refused("endpoint")
        origin, target = _parts(endpoint)
        try:
            reply = self._connection(origin).exchange(
                "POST",
                target,
                headers=self._headers(message, origin),
                body=WebPusher(subscription).encode(_payload(message))["body"],
                deadline=time.monotonic() + CALL_SECONDS,
            )
        except NothingSent:
            raise Unavailable("There is no connection to the push service.") from None
        except Broken:
            raise Uncertain("The push service did not answer.") from None
        _judge(reply)
        return Accepted(provider_id="", status="sent")

    def find(self, message: Message) -> Accepted | None:
        """Say that a push service cannot be asked.

        Raises ``Unavailable``.
        """
        raise Unavailable("A push service does not tell.")

    def _connection(self, origin: str) -> Connection:
        connections: dict[str, Connection] = self._threads.__dict__.setdefault("connections", {})
        if origin not in connections:
            connections[origin] = self._connect(origin)
        return connections[origin]

    def _headers(self, message: Message, origin: str) -> dict[str, str]:
        expires_at = int(message.called_at.timestamp()) + TOKEN_LASTS_SECONDS
        signed: dict[str, str] = self._vapid.sign({"aud": origin, "sub": self._contact, "exp": expires_at})
        return {
            **signed,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.seconds_left),
            "Topic": message.marker,
            "Urgency": "high" if message.seconds_left <= SOON_SECONDS else "normal",
        }


def configured() -> Gateway | None:
    """Give what carries this installation's push messages, if it has a key that can be read and says who it is."""
    if not public_key():
        return None
    return _gateway(settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT)


def public_key() -> str:
    """Give the key by which browsers know us; empty where there is no whole configuration."""
    is_whole = settings.VAPID_PRIVATE_KEY and settings.VAPID_CONTACT.startswith(("mailto:", "https://"))
    return _public_key(settings.VAPID_PRIVATE_KEY) if is_whole else ""


@lru_cache(maxsize=8)
def _gateway(key: str, contact: str) -> PushGateway:
    """Keep a gateway for as long as its settings stay the same, because it keeps its connections."""
    return PushGateway(key, contact)


@lru_cache(maxsize=8)
def _public_key(key: str) -> str:
    try:
        point = Vapid.from_string(key).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    except ValueError:
        return ""
    return str(b64urlencode(point))


def _parts(endpoint: str) -> tuple[str, str]:
    """Split an endpoint into its origin and what to ask there."""
    place = urlsplit(endpoint)
    return f"https://{place.hostname}", place.path + (f"?{place.query}" if place.query else "")


def _payload(message: Message) -> bytes:
    told: dict[str, Any] = {
        "title": message.subject[:LONGEST_TITLE],
        "body": message.text[:LONGEST_BODY],
        "link": message.link,
        "tag": message.marker,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _judge(reply: Reply) -> None:
    """Let pass what was taken.

    Raises ``Refused``, ``Unavailable`` or ``Uncertain`` for all else; 401 is a matter of our clock or contact.
    """
    if 200 <= reply.status < 300:
        return
    retry_after = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    seconds = float(retry_after) if retry_after.isdecimal() else None
    if reply.status in {404, 410}:
        raise Refused(GONE)
    if reply.status == 429:
        raise Unavailable("429", retry_after_seconds=seconds, is_busy=True)
    if reply.status in {401, 408, 503}:
        raise Unavailable(str(reply.status), retry_after_seconds=seconds)
    if reply.status >= 500:
        raise Uncertain(str(reply.status))
    raise Refused(str(reply.status))
