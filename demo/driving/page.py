"""A driver's page in the hands of a simulated driver: the addresses that a browser uses, without a browser."""

import http.client
import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Final, Protocol
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.urls import reverse

from driving.models import DriveLink, Kind
from driving.services import links
from tracking.rounds.models import Shift

PATIENCE_SECONDS: Final = 10.0
CSRF_COOKIE: Final = settings.CSRF_COOKIE_NAME

Away: Final = (OSError, http.client.HTTPException)
"""What to catch: Doorstep cannot be reached now; the same may be told again."""


class NotTaken(Exception):
    """Doorstep does not take what a driver told it."""


class Page(Protocol):
    """Where a driver tells what they do."""

    def tell(self, shift: Shift, kind: Kind, *, at: datetime, **said: object) -> None:
        """Tell that something was done at a moment. Twice is harmless."""


class DriverPage:
    """One driver's page. It takes the link of the shift that is on, and begins there as the phone that drives."""

    def __init__(self, base_url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=PATIENCE_SECONDS)
        self._cookies: SimpleCookie = SimpleCookie()
        self._link: DriveLink | None = None

    def tell(self, shift: Shift, kind: Kind, *, at: datetime, **said: object) -> None:
        """Tell that something was done at a moment. Twice is harmless: the name of it follows from what it is.

        Raises ``NotTaken``, and one of ``Away``.
        """
        if self._link is None or self._link.shift_id != shift.id:
            self._link = self._begin(shift)
        action = {"kind": kind, "occurred_at": at.isoformat(), **said}
        key = uuid5(NAMESPACE_URL, json.dumps([self._link.token, action], sort_keys=True))
        address = reverse("driving:actions", args=[self._link.token])
        self._send("POST", address, {**action, "key": str(key)})

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _begin(self, shift: Shift) -> DriveLink:
        """Open the link of a shift as its driver does; a simulator that starts anew is another phone."""
        link = DriveLink.objects.good().filter(shift=shift).order_by("-id").first()
        link = link or links.issue(shift, at=shift.starts_at)
        links.release(link)
        self._cookies = SimpleCookie()
        self._send("GET", reverse("driving:page", args=[link.token]))
        self._send("POST", reverse("driving:begin", args=[link.token]))
        return link

    def _send(self, method: str, address: str, said: Mapping[str, object] | None = None) -> None:
        headers = {"Cookie": "; ".join(f"{name}={kept.coded_value}" for name, kept in self._cookies.items())}
        if CSRF_COOKIE in self._cookies:
            headers["X-CSRFToken"] = self._cookies[CSRF_COOKIE].value
        if said is not None:
            headers["Content-Type"] = "application/json"
        try:
            self._connection.request(method, address, body=json.dumps(said) if said else None, headers=headers)
            answer = self._connection.getresponse()
            told = answer.read()
        except Away:
            self._connection.close()
            raise
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._cookies.load(line)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise NotTaken(f"{method} {address} was answered with {answer.status}: {told[:200]!r}")
