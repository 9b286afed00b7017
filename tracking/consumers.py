"""The edge towards open pages: one WebSocket each. The server speaks, the page listens (CONTRACT, WebSocket)."""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from enum import IntEnum
from random import SystemRandom
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, WebSocketReceiveEvent
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from tracking import facts
from tracking.links import limits
from tracking.links import services as links
from tracking.links.limits import TooManyMisses
from tracking.links.services import NoSuchLink
from tracking.live import admission, hub, positions
from tracking.live.admission import TooManySockets

logger = logging.getLogger(__name__)

LONGEST_VISIT_SECONDS: Final = 60 * 60.0
"""After this a page comes back and is judged anew; less what chance takes off, so that not all come at once."""

MOST_HEARD: Final = 10
BREATH_SECONDS: Final = 10.0
"""A page may send ten messages, and one more every ten seconds. It sends none, and none is heeded."""

MOST_HEARD_BYTES: Final = 1024
FAREWELL_SECONDS: Final = 1.0

Gone: Final = (OSError, RuntimeError)
"""What servers raise when somebody sends to a page that has left: ASGI says the first, Daphne the second."""


class Reason(IntEnum):
    """Why we close a socket: the codes that every server lets an application send. Others are the server's own."""

    COME_BACK = 1000
    NO_SUCH_LINK = 4404
    TOO_BIG = 4413
    TOO_MANY = 4429


async def follow(token: str, scope: Mapping[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Keep the page of a token up to date, from its handshake until it leaves or has to.

    Refuses another site's page with 403. Accepts before it says no, because a browser tells a page why a socket was
    closed, but not why it was never opened.
    """
    await receive()
    if not is_ours(scope):
        await refuse(send)
        return
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    address = scope["client"][0] if scope.get("client") else ""
    try:
        admission.gate.admit(token, address=address, at=timezone.now())
        shipment_id, seconds = await database_sync_to_async(_find)(token, address=address, at=timezone.now())
    except NoSuchLink:
        await _close(send, Reason.NO_SUCH_LINK)
    except (TooManyMisses, TooManySockets):
        await _close(send, Reason.TOO_MANY)
    else:
        page = _Page(token, receive, send, seconds=seconds)
        async with hub.current().watching(shipment_id, page):
            await page.stay()


async def refuse(send: ASGISendCallable) -> None:
    """Turn away whoever asks for a socket that we do not open, with 403."""
    await send({"type": "websocket.close", "code": Reason.NO_SUCH_LINK.value, "reason": ""})


def is_ours(scope: Mapping[str, Any]) -> bool:
    """Say whether a handshake comes from a page of this installation, or from a program: only browsers tell."""
    origin = dict(scope["headers"]).get(b"origin")
    if origin is None:
        return True
    try:
        domain, _ = split_domain_port(urlsplit(origin.decode("latin-1")).netloc)
    except ValueError:
        return False
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


class _Page:
    """One open page: told by the hub, heard only for the sake of its end."""

    def __init__(self, token: str, receive: ASGIReceiveCallable, send: ASGISendCallable, *, seconds: float) -> None:
        self._token = token
        self._receive = receive
        self._send = send
        self._visit = asyncio.timeout(seconds)
        self._is_open = True

    async def stay(self) -> None:
        """Last until the page leaves, has to, or has been open for long enough."""
        try:
            async with self._visit:
                reason = await self._listen()
        except TimeoutError:
            reason = Reason.COME_BACK
        self._is_open = False
        if reason is not None:
            await _close(self._send, reason)

    async def snapshot(self) -> str | None:
        """Frame everything this page may know; ``None`` where its link has ceased to be good and it is let go."""
        try:
            snapshot: str = await database_sync_to_async(_snapshot)(self._token, at=timezone.now())
        except NoSuchLink:
            await _close(self._send, Reason.NO_SUCH_LINK)
        except DatabaseError:
            logger.exception("A page could not be told anything.")
            await _close(self._send, Reason.COME_BACK)
        else:
            return snapshot
        return None

    async def show(self, frame: str) -> None:
        """Send a frame; takes as long as the reader does."""
        try:
            await self._send({"type": "websocket.send", "bytes": None, "text": frame})
        except Gone:
            return

    def hang_up(self) -> None:
        """End the visit of a reader who does not read."""
        if self._is_open:
            self._visit.reschedule(asyncio.get_running_loop().time())

    async def _listen(self) -> Reason | None:
        """Wait until the page leaves, or says more than a page does: gives our reason then."""
        began, heard = monotonic(), 0
        while (event := await self._receive())["type"] == "websocket.receive":
            heard += 1
            if _size(event) > MOST_HEARD_BYTES:
                return Reason.TOO_BIG
            if heard > MOST_HEARD + (monotonic() - began) / BREATH_SECONDS:
                return Reason.TOO_MANY
        return None


def _find(token: str, *, address: str, at: datetime) -> tuple[int, float]:
    """Find out what a token opens: gives the shipment's id, and for how many seconds a visit may last.

    Raises ``NoSuchLink``, or ``TooManyMisses`` where the address has guessed too often.
    """
    try:
        link = links.find(token, at=at)
    except NoSuchLink:
        limits.count_miss(address, at=at)
        raise
    seconds = LONGEST_VISIT_SECONDS * SystemRandom().uniform(0.8, 1)
    end = links.ends_at(link)
    return link.shipment_id, min(seconds, (end - at).total_seconds()) if end else seconds


def _snapshot(token: str, *, at: datetime) -> str:
    """Frame everything the page may know now.

    Raises ``NoSuchLink`` where the link has ceased to be good.
    """
    link = links.find(token, at=at)
    known = facts.gather(link.shipment, fix=positions.last_fix_for(link.shipment), at=at)
    return json.dumps({"type": "snapshot", **facts.as_json(known)}, ensure_ascii=False, allow_nan=False)


def _size(event: WebSocketReceiveEvent) -> int:
    return len(event.get("bytes") or event.get("text") or "")


async def _close(send: ASGISendCallable, reason: Reason) -> None:
    """Say goodbye, as far as the page still takes anything in."""
    with suppress(TimeoutError, *Gone):
        async with asyncio.timeout(FAREWELL_SECONDS):
            await send({"type": "websocket.close", "code": reason.value, "reason": ""})
