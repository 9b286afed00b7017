"""Whose position an address for positions reports."""

import re
import time
from typing import Final

from tracking.rounds.models import Device

REMEMBERED_SECONDS: Final = 4.0
"""How long a key that was revoked may go on working in a process that receives positions."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,40}")


class UnknownDevice(Exception):
    """No address for positions has this key now; nobody learns whether one ever had."""


class _Register:
    """The keys of all devices, each with its driver's id; read anew every few seconds for as long as any is used."""

    def __init__(self) -> None:
        self._drivers: dict[str, int] = {}
        self._read_at = float("-inf")

    async def find(self, key: str) -> int | None:
        """Find the driver of a key; one that is not in the register may have been given out since it was read."""
        if time.monotonic() - self._read_at > REMEMBERED_SECONDS:
            # First the moment, so that those who ask meanwhile need not read it too.
            self._read_at = time.monotonic()
            devices = Device.objects.live().values_list("key", "driver_id")
            self._drivers = {known: driver_id async for known, driver_id in devices}
        if key not in self._drivers and _KEY.fullmatch(key):
            async for driver_id in Device.objects.live().filter(key=key).values_list("driver_id", flat=True):
                self._drivers[key] = driver_id
        return self._drivers.get(key)


_register = _Register()


async def driver_of(key: str) -> int:
    """Give the id of the driver whose device has this key.

    Raises ``UnknownDevice``.
    """
    driver_id = await _register.find(key)
    if driver_id is None:
        raise UnknownDevice
    return driver_id
