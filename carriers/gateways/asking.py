"""Partners who are asked for news: one question and its answer, within fifteen seconds, and nobody inside our house."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from django.conf import settings

from carriers.formats.said import Question
from notifications import destinations
from notifications.gateways.connection import Broken, Connection, NothingSent, Reply

CALL_SECONDS: Final = 15.0
KNOWN_NOTHING: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
LONGEST_ETAG: Final = 200


class NotAnswering(Exception):
    """A partner gave no answer that can be used; ``wished`` is how long it asked us to wait."""

    def __init__(self, why: str, wished: timedelta | None = None) -> None:
        super().__init__(why)
        self.wished = wished


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner answered: its words, ``None`` where there is nothing new, and by which name to ask for more."""

    body: bytes | None
    etag: str = ""


def ask(api_url: str, question: Question, *, etag: str, at: datetime) -> Answer:
    """Ask a partner something. Of an answer that is known by its ``etag``, and of what it knows nothing, there is none.

    Raises ``NotAnswering``.
    """
    headers = {"User-Agent": "Doorstep", "Accept": "application/json", **question.headers}
    if etag:
        headers["If-None-Match"] = etag
    line = Connection(api_url, may_call=_may_call)
    deadline = time.monotonic() + CALL_SECONDS
    try:
        reply = line.exchange(
            question.method, question.path, headers=headers, body=question.body or None, deadline=deadline
        )
    except (NothingSent, Broken) as reason:
        raise NotAnswering("no connection" if isinstance(reason, NothingSent) else "no whole answer") from reason
    finally:
        line.close()
    return _understand(reply, etag, at=at)


def _understand(reply: Reply, etag: str, *, at: datetime) -> Answer:
    said = {name.lower(): value for name, value in reply.headers.items()}
    if reply.status == HTTPStatus.OK:
        known_by = said.get("etag", "")
        return Answer(reply.body, known_by if len(known_by) <= LONGEST_ETAG else "")
    if reply.status == HTTPStatus.NOT_MODIFIED or reply.status in KNOWN_NOTHING:
        return Answer(None, etag)
    raise NotAnswering(f"status {reply.status}", _wish(said.get("retry-after", ""), at=at))


def _wish(text: str, *, at: datetime) -> timedelta | None:
    """Read ``Retry-After``: seconds, or a date."""
    if text.isdecimal() and len(text) < 9:
        return timedelta(seconds=int(text))
    try:
        return max(parsedate_to_datetime(text) - at, timedelta())
    except (TypeError, ValueError):
        return None


def _may_call(address: str) -> bool:
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or destinations.is_open(address)
