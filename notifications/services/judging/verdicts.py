"""The four things that can be said of a message that is due."""

from dataclasses import dataclass
from datetime import datetime

from notifications.models import Cancelled, Skipped


@dataclass(frozen=True, slots=True)
class Send:
    """It goes out now."""


@dataclass(frozen=True, slots=True)
class Defer:
    """It waits until a better moment, and is judged again then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """It is not sent, on purpose."""

    reason: Skipped


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody needs it any more."""

    reason: Cancelled


Verdict = Send | Defer | Skip | Cancel
