"""Which drivers there are, for who reports where they are."""

import time
from collections.abc import Collection
from typing import Final

from tracking.rounds.models import Driver

REMEMBERED_SECONDS: Final = 4.0
"""How long a driver who was deleted may go on being known in a process that receives positions."""


class _Register:
    """The ids of all drivers; read anew every few seconds for as long as any is asked for."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._read_at = float("-inf")

    async def known(self, ids: Collection[int]) -> set[int]:
        """Find those that there are; one that is not in the register may have been added since it was read."""
        if time.monotonic() - self._read_at > REMEMBERED_SECONDS:
            # First the moment, so that those who ask meanwhile need not read it too.
            self._read_at = time.monotonic()
            self._ids = {id_ async for id_ in Driver.objects.values_list("id", flat=True)}
        if unheard := set(ids) - self._ids:
            self._ids |= {id_ async for id_ in Driver.objects.filter(id__in=unheard).values_list("id", flat=True)}
        return self._ids.intersection(ids)


_register: Final = _Register()


async def known(ids: Collection[int]) -> set[int]:
    """Say which of these are drivers' ids. No query as a rule."""
    return await _register.known(ids)
