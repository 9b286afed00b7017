"""SMS and WhatsApp by Twilio, or by whoever speaks its API.

Twilio takes no idempotency key, so that everything rests on telling apart what certainly did not arrive and what may
have. ``docs/decisions/0071`` says where the line is and why.
"""

import base64
import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.gateways import codes
from notifications.gateways.codes import Answer
from notifications.gateways.connection import Broken, Connection, NothingSent, Reply
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain
from notifications.triggers import Channel

CALL_SECONDS: Final = 9.0
LONGEST_VALIDITY_SECONDS: Final = 36_000
MESSAGES_PER_PAGE: Final = 100
CLOCKS_DIFFER_BY: Final = timedelta(hours=1)
"""How far back ``find`` looks before the first call, should our clock and Twilio's disagree."""

LONGEST_WAIT_SECONDS: Final = 3600.0

_Unreadable: Final = (AttributeError, KeyError, RecursionError, TypeError, ValueError, TwilioException)
"""How the library fails on an answer that is not like Twilio's."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account with a provider: its address and secrets, and in whose name its messages go out.

    ``sender`` is a number, a name or the SID of a messaging service. Only ``has_brands`` knows the senders that brands
    have of their own. ``callback_url`` is where we want to hear what becomes of a message.
    """

    name: str
    sid: str
    token: str = field(repr=False)
    base_url: str
    callback_url: str
    sender: str = ""
    whatsapp_sender: str = ""
    has_brands: bool = True


class TwilioGateway:
    """Twilio, with a connection for each thread."""

    can_be_asked = True

    def __init__(self, account: Account) -> None:
        self._account = account
        self._threads = threading.local()

    @property
    def name(self) -> str:
        """What the account is called."""
        return self._account.name

    def send(self, message: Message) -> Accepted:
        """Hand a message over, within ten seconds.

        Raises ``Refused`` with Twilio's code, ``Unavailable`` or ``Uncertain``.
        """
        form = self._form(message)
        client = self._client()
        try:
            return _accepted(client.messages.create(**form))
        except _Unreadable as reason:
            raise Uncertain("The answer is not like Twilio's.") from reason

    def find(self, message: Message) -> Accepted | None:
        """Look for a message among those that Twilio has taken for its recipient, within ten seconds.

        It is not asked by date: of messages that wait in its queue it knows no date of sending.

        Raises ``Unavailable`` where it does not say.
        """
        client = self._client()
        try:
            for taken in self._recent(client, message):
                if message.marker in (taken.body or ""):
                    return _accepted(taken)
        except (Refused, Uncertain, *_Unreadable) as reason:
            raise Unavailable("Twilio does not say what it has taken.") from reason
        return None

    def _client(self) -> Client:
        """Give this thread's client, with as much time as a call has."""
        if not hasattr(self._threads, "client"):
            self._threads.http = _Http(self._account.base_url)
            self._threads.client = Client(self._account.sid, self._account.token, http_client=self._threads.http)
        self._threads.http.deadline = time.monotonic() + CALL_SECONDS
        return self._threads.client

    def _form(self, message: Message) -> dict[str, Any]:
        form: dict[str, Any] = {
            "to": _address(message.channel, message.recipient),
            "status_callback": f"{self._account.callback_url}?{urlencode({'notification': message.notification_id})}",
            **self._sender(message),
        }
        if message.seconds_left:
            form["validity_period"] = min(max(message.seconds_left, 1), LONGEST_VALIDITY_SECONDS)
        if message.content_sid:
            variables = json.dumps(dict(message.content_variables), ensure_ascii=False)
            return {**form, "content_sid": message.content_sid, "content_variables": variables}
        return {**form, "body": message.text}

    def _sender(self, message: Message) -> dict[str, str]:
        own = message.sender if self._account.has_brands else ""
        if message.channel == Channel.WHATSAPP:
            return {"from_": _address(message.channel, own or self._account.whatsapp_sender)}
        sender = own or self._account.sender
        return {"messaging_service_sid" if _is_service(sender) else "from_": sender}

    def _recent(self, client: Client, message: Message) -> Iterator[Any]:
        """List what was taken for a recipient, the latest first, back to before we first called."""
        since = message.called_at - CLOCKS_DIFFER_BY
        to = _address(message.channel, message.recipient)
        for taken in client.messages.stream(to=to, page_size=MESSAGES_PER_PAGE):
            if isinstance(taken.date_sent, datetime) and taken.date_sent < since:
                return
            yield taken


class _Http(HttpClient):
    """The way to Twilio: whatever host the library thinks of, ours is asked, and nobody is told of it in a log."""

    def __init__(self, base_url: str) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._connection = Connection(base_url)
        self.deadline = 0.0

    def request(self, method: str, uri: str, **asked: Any) -> Response:
        """Ask for something as the library would have it, by ``deadline``.

        Raises ``Refused``, ``Unavailable`` or ``Uncertain`` where it is not granted.
        """
        place = urlsplit(uri)
        query = urlencode(asked["params"]) if asked.get("params") else place.query
        headers = {**asked["headers"], "Authorization": _basic(*asked["auth"])}
        try:
            reply = self._connection.exchange(
                method,
                f"{place.path}?{query}" if query else place.path,
                headers=headers,
                body=urlencode(asked["data"], doseq=True).encode() if asked.get("data") else None,
                deadline=self.deadline,
            )
        except NothingSent as reason:
            raise Unavailable("There is no connection to Twilio.") from reason
        except Broken as reason:
            raise Uncertain("Twilio did not answer.") from reason
        _judge(reply)
        if not _object(reply.body):
            raise Uncertain("The answer is not like Twilio's.")
        return Response(reply.status, reply.body.decode(errors="replace"), reply.headers)


def _judge(reply: Reply) -> None:
    """Let pass what Twilio grants.

    Raises ``Refused``, ``Unavailable`` or ``Uncertain`` for all else: only Twilio's own word is final, and a 4xx from
    somebody in between means no more than that it did not get through.
    """
    if 200 <= reply.status < 300:
        return
    if not 400 <= reply.status < 500 or reply.status == 408:
        raise Uncertain(f"HTTP {reply.status}")
    code = _code(reply.body)
    meaning = codes.answer_to(code)
    if reply.status == 429 or meaning is Answer.SLOW_DOWN:
        raise Unavailable(code, retry_after_seconds=_retry_after(reply), is_busy=True)
    if not code or reply.status in {401, 403} or meaning is Answer.MEND_ACCOUNT:
        raise Unavailable(f"HTTP {reply.status} {code}".strip(), retry_after_seconds=_retry_after(reply))
    raise Refused(code)


def _code(body: bytes) -> str:
    """Read Twilio's code from what it says about a mistake; empty where it is not Twilio that speaks."""
    code = _object(body).get("code")
    return str(code) if isinstance(code, int) else ""


def _object(body: bytes) -> dict[str, Any]:
    """Read a JSON object that is not nested beyond reason; empty where it is none."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _retry_after(reply: Reply) -> float | None:
    value = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    return min(float(value), LONGEST_WAIT_SECONDS) if value.isdecimal() else None


def _accepted(taken: Any) -> Accepted:
    """Read what Twilio says of a message that it has taken.

    Raises ``ValueError`` where that has no name.
    """
    if not isinstance(taken.sid, str) or not taken.sid:
        raise ValueError("It has no SID.")
    cost = _decimal(taken.price)
    currency = str(taken.price_unit or "").upper() if cost is not None else ""
    code = str(taken.error_code) if isinstance(taken.error_code, int) else ""
    return Accepted(taken.sid, status=str(taken.status or ""), cost=cost, currency=currency, error_code=code)


def _decimal(price: object) -> Decimal | None:
    """Read a price, which Twilio counts as money going out, and mostly knows only later."""
    try:
        return abs(Decimal(str(price))) if price else None
    except InvalidOperation:
        return None


def _address(channel: Channel, number: str) -> str:
    return f"whatsapp:{number}" if channel == Channel.WHATSAPP else number


def _is_service(sender: str) -> bool:
    return sender.startswith("MG") and len(sender) == 34


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
