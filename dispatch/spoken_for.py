"""What somebody else is being found for, and planning therefore leaves alone: a registry, which apps above fill.

    spoken_for.register("crowd", find)

Nothing is written down twice: whoever speaks for shipments says which they are each time that a day is planned, so that
what is spoken for no longer is planned again at once.
"""

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Q, QuerySet

Find = Callable[[], QuerySet[Any, Any]]
"""Finds the ids of the shipments that are spoken for now, as a query that goes into others."""


class NameTaken(Exception):
    """Somebody else speaks by this name."""


_finders: Final[dict[str, Find]] = {}


def register(name: str, find: Find) -> None:
    """Let ``find`` say for which shipments ``name`` speaks; for ``AppConfig.ready``. Twice is harmless.

    Raises ``NameTaken`` where somebody else does so already.
    """
    if _finders.setdefault(name, find) is not find:
        raise NameTaken(name)


def by_nobody() -> Q:
    """Say of what belongs to a ``shipment`` that nobody speaks for that."""
    found = Q()
    for find in _finders.values():
        found &= ~Q(shipment__in=find())
    return found
