"""A browser in the hands of somebody who is simulated: addresses, cookies and forms, and nothing to look at."""

import http.client
import json
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

PATIENCE_SECONDS: Final = 10.0
CSRF_COOKIE: Final = settings.CSRF_COOKIE_NAME

Away: Final = (OSError, http.client.HTTPException)
"""What to catch: Doorstep cannot be reached now; the same may be told again."""


class NotTaken(Exception):
    """Doorstep does not take what it was told."""


class Browser:
    """One browser, with its cookies."""

    def __init__(self, base_url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=PATIENCE_SECONDS)
        self._cookies: SimpleCookie = SimpleCookie()

    def forget(self) -> None:
        """Be a browser that has never been here."""
        self._cookies = SimpleCookie()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def send(self, method: str, address: str, said: Mapping[str, object] | None = None) -> None:
        """Open an address, or tell it something.

        Raises ``NotTaken``, and one of ``Away``.
        """
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
