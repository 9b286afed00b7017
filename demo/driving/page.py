"""A driver's page in the hands of a simulated driver: the addresses that a browser uses, without a browser."""

import json
from datetime import datetime
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from django.urls import reverse

from demo.driving.browsing import Browser
from driving.models import DriveLink, Kind
from driving.services import links
from tracking.rounds.models import Shift


class Page(Protocol):
    """Where a driver tells what they do."""

    def tell(self, shift: Shift, kind: Kind, *, at: datetime, **said: object) -> None:
        """Tell that something was done at a moment. Twice is harmless."""


class DriverPage:
    """One driver's page. It takes the link of the shift that is on, and begins there as the phone that drives."""

    def __init__(self, base_url: str) -> None:
        self._browser = Browser(base_url)
        self._link: DriveLink | None = None

    def tell(self, shift: Shift, kind: Kind, *, at: datetime, **said: object) -> None:
        """Tell that something was done at a moment. Twice is harmless: the name of it follows from what it is.

        Raises ``browsing.NotTaken``, and one of ``browsing.Away``.
        """
        if self._link is None or self._link.shift_id != shift.id:
            self._link = self._begin(shift)
        action = {"kind": kind, "occurred_at": at.isoformat(), **said}
        key = uuid5(NAMESPACE_URL, json.dumps([self._link.token, action], sort_keys=True))
        address = reverse("driving:actions", args=[self._link.token])
        self._browser.send("POST", address, {**action, "key": str(key)})

    def close(self) -> None:
        """Hang up."""
        self._browser.close()

    def _begin(self, shift: Shift) -> DriveLink:
        """Open the link of a shift as its driver does; a simulator that starts anew is another phone."""
        link = DriveLink.objects.good().filter(shift=shift).order_by("-id").first()
        link = link or links.issue(shift, at=shift.starts_at)
        links.release(link)
        self._browser.forget()
        self._browser.send("GET", reverse("driving:page", args=[link.token]))
        self._browser.send("POST", reverse("driving:begin", args=[link.token]))
        return link
