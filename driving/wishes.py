"""What shoppers asked for, as far as it is the driver's to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tracking.changes import hints
from tracking.changes.models import Action, Change

FOR_OTHERS: Final = frozenset({"key", "price", "kg_co2e", "start", "end", hints.NAME})
"""Details of a choice that say nothing to whoever stands at the door."""

FOR_THE_DRIVER: Final = (Action.SAFE_PLACE, Action.NEIGHBOUR, Action.INSTRUCTIONS, Action.NEEDS)


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that a shopper asked for, and how they put it."""

    action: Action
    words: str
    has_photo: bool = False

    @property
    def label(self) -> str:
        return str(self.action.label)


def read(change: Change) -> Wish:
    """Read a wish off a change that is in force."""
    return Wish(Action(change.action), " · ".join(_words(change.details)), hints.NAME in change.details)


def _words(details: Any) -> Iterator[str]:
    """List what somebody wrote or chose; where it was put into words for the driver, those alone."""
    if isinstance(details, dict) and "words" in details:
        details = details["words"]
    elif isinstance(details, dict):
        details = [value for name, value in details.items() if name not in FOR_OTHERS]
    if isinstance(details, list):
        for each in details:
            yield from _words(each)
    elif isinstance(details, str) and details:
        yield details
