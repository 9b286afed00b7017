"""What the stand-in took, and how Twilio would show it."""

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlencode

API = "/2010-04-01/Accounts"
MOST_PER_PAGE = 1000


@dataclass
class Message:
    """A message that was taken. ``form`` is what was posted, ``at`` is in seconds since 1970."""

    account: str
    form: Mapping[str, str]
    sid: str = field(default_factory=lambda: f"SM{secrets.token_hex(16)}")
    at: float = field(default_factory=time.time)
    status: str = "queued"
    error_code: int | None = None

    def as_row(self) -> dict[str, object]:
        """Show it as the ledger does."""
        shown = {"to": "To", "body": "Body", "callback": "StatusCallback"}
        return asdict(self) | {name: self.form.get(key, "") for name, key in shown.items()}

    def as_json(self) -> dict[str, object]:
        """Show it as Twilio does."""
        address = f"{API}/{self.account}/Messages/{self.sid}"
        taken_at = format_datetime(datetime.fromtimestamp(int(self.at), UTC))
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": self.form.get("Body", ""),
            "date_created": taken_at,
            "date_sent": taken_at,
            "date_updated": taken_at,
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.form.get("From"),
            "messaging_service_sid": self.form.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": str(segments(self.form.get("Body", ""))),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{address}/Media.json"},
            "to": self.form["To"],
            "uri": f"{address}.json",
        }


class Ledger:
    """All messages taken, in order."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self._by_recipient: dict[str, list[Message]] = {}

    def take(self, message: Message) -> int:
        """Write a message down; returns its number, counted from one."""
        self.messages[message.sid] = message
        self._by_recipient.setdefault(message.form["To"], []).append(message)
        return len(self.messages)

    def page(self, account: str, query: Mapping[str, str], *, lag_seconds: float) -> dict[str, object]:
        """List messages as Twilio does, the latest first, without those too young for its index."""
        number, size = int(query.get("Page", 0)), min(int(query.get("PageSize", 50)), MOST_PER_PAGE)
        found = list(self._found(query, until=time.time() - lag_seconds))
        start = number * size

        def address(page: int) -> str:
            return f"{API}/{account}/Messages.json?{urlencode({**query, 'PageSize': size, 'Page': page})}"

        return {
            "messages": [message.as_json() for message in found[start : start + size]],
            "page": number,
            "page_size": size,
            "start": start,
            "end": max(start, min(start + size, len(found)) - 1),
            "uri": address(number),
            "first_page_uri": address(0),
            "previous_page_uri": address(number - 1) if number else None,
            "next_page_uri": address(number + 1) if start + size < len(found) else None,
        }

    def _found(self, query: Mapping[str, str], *, until: float) -> Iterator[Message]:
        candidates = self._by_recipient.get(query["To"], []) if "To" in query else list(self.messages.values())
        for message in reversed(candidates):
            if message.at <= until and _is_of(message, query):
                yield message


def segments(text: str) -> int:
    """Count a text's segments, roughly: everything beyond ASCII is taken for UCS-2."""
    whole, part = (160, 153) if text.isascii() else (70, 67)
    return 1 if len(text) <= whole else -(-len(text) // part)


def _is_of(message: Message, query: Mapping[str, str]) -> bool:
    """Hold a message against ``DateSent``, alone or with ``<`` (on or before) or ``>`` (on or after)."""
    sent_at = datetime.fromtimestamp(int(message.at), UTC)
    limits = {name: _moment(query[name]) for name in ("DateSent", "DateSent<", "DateSent>") if name in query}
    return (
        limits.get("DateSent", sent_at).date() == sent_at.date()
        and limits.get("DateSent>", sent_at) <= sent_at <= limits.get("DateSent<", sent_at)
        and query.get("From", message.form.get("From")) == message.form.get("From")
    )


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
