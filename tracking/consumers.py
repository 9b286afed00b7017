"""The edge towards open pages: one WebSocket each. The server speaks, the page listens (CONTRACT, WebSocket)."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from enum import IntEnum
from random import SystemRandom
from typing import Any, Final
from urllib.parse import urlsplit

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, WebSocketReceiveEvent
from channels.db import database_sync_to_async
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from tracking import facts
from tracking.links import limits
from tracking.links import services as links
from tracking.links.limits import TooManyMisses
from tracking.links.services import NoSuchLink
from tracking.live import admission, hub, positions
from tracking.live.admission import TooManySockets
from tracking.live.hub import Viewer

LONGEST_VISIT_SECONDS: Final = 60 * 60.0
"""After this a page comes back and is judged anew; less what chance takes off, so that not all come at once."""

LOOK_ROUND_SECONDS: Final = 15.0
STUCK_SECONDS: Final = 30.0
"""How long a reader may hold up one frame."""

MOST_HEARD: Final = 10
"""Messages in ``LOOK_ROUND_SECONDS``. A page sends none, and none is heeded."""

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
        shipment_id, seconds = await database_sync_to_async(_admit)(token, address=address, at=timezone.now())
    except NoSuchLink:
        await _close(send, Reason.NO_SUCH_LINK)
    except (TooManyMisses, TooManySockets):
        await _close(send, Reason.TOO_MANY)
    else:
        async with hub.current().viewer(shipment_id) as viewer:
            await _Visit(token, viewer, receive, send).last(seconds)


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


class _Visit:
    """The time for which one page is open."""

    def __init__(self, token: str, viewer: Viewer, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self._token = token
        self._viewer = viewer
        self._receive = receive
        self._send = send
        self._sending_since: float | None = None

    async def last(self, seconds: float) -> None:
        """Tell the page everything until it leaves, at most for so long."""
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(self._speak())
            reason = await self._listen(until=asyncio.get_running_loop().time() + seconds)
            speaking.cancel()
        if reason is not None:
            await _close(self._send, reason)

    async def _speak(self) -> None:
        """Send what waits for the page, one frame at a time, and everything anew whenever it is behind."""
        clock = asyncio.get_running_loop().time
        while True:
            frame = await self._viewer.next_frame()
            if frame is None:
                self._viewer.catch_up()
                try:
                    frame = await database_sync_to_async(_snapshot)(self._token, at=timezone.now())
                except NoSuchLink:
                    await _close(self._send, Reason.NO_SUCH_LINK)
                    return
            self._sending_since = clock()
            try:
                await self._send({"type": "websocket.send", "bytes": None, "text": frame})
            except Gone:
                return
            self._sending_since = None

    async def _listen(self, *, until: float) -> Reason | None:
        """Wait until the page leaves, or is to: gives our reason then."""
        clock = asyncio.get_running_loop().time
        while (now := clock()) < until:
            if self._sending_since is not None and now - self._sending_since > STUCK_SECONDS:
                return Reason.COME_BACK
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(now + LOOK_ROUND_SECONDS, until)):
                    return await self._hear()
        return Reason.COME_BACK

    async def _hear(self) -> Reason | None:
        for _ in range(MOST_HEARD):
            event = await self._receive()
            if event["type"] != "websocket.receive":
                return None
            if _size(event) > MOST_HEARD_BYTES:
                return Reason.TOO_BIG
        return Reason.TOO_MANY


def _admit(token: str, *, address: str, at: datetime) -> tuple[int, float]:
    """Find out whether a token opens anything: gives the shipment's id, and for how many seconds a visit may last.

    Raises ``NoSuchLink``, ``TooManyMisses`` or ``TooManySockets``.
    """
    admission.count_socket(token, address=address, at=at)
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
