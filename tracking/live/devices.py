"""Whose position an address for positions reports."""

import re
import time
from typing import Final

from tracking.rounds.models import Device

REMEMBERED_SECONDS: Final = 4.0
"""A key that was revoked works for no longer than this in a process that has just used it."""

MOST_REMEMBERED: Final = 10_000

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,40}")

_drivers: dict[str, tuple[float, int]] = {}


class UnknownDevice(Exception):
    """No address for positions has this key now; nobody learns whether one ever had."""


async def driver_of(key: str) -> int:
    """Give the id of the driver whose device has this key. One query in four seconds, and none for what is no key.

    Raises ``UnknownDevice``.
    """
    until, driver_id = _drivers.get(key, (0.0, 0))
    if time.monotonic() < until:
        return driver_id
    if not _KEY.fullmatch(key):
        raise UnknownDevice
    try:
        device = await Device.objects.live().only("driver_id").aget(key=key)
    except Device.DoesNotExist as error:
        raise UnknownDevice from error
    if len(_drivers) >= MOST_REMEMBERED:
        _drivers.clear()
    _drivers[key] = time.monotonic() + REMEMBERED_SECONDS, device.driver_id
    return device.driver_id
