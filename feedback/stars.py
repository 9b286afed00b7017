"""Stars in words: what each is called, and how one is read from a link or a message."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.reasons import BEST

NAMES: Final[Sequence[Promise]] = (_("very bad"), _("bad"), _("all right"), _("good"), _("very good"))


class Star(NamedTuple):
    """One of the five: its number, and what giving so many means."""

    score: int
    name: Promise


def choices() -> list[Star]:
    """List what can be given, worst first."""
    return [Star(score, name) for score, name in enumerate(NAMES, start=1)]


def read(text: str) -> int | None:
    """Read a number of stars, in the digits of any script; ``None`` where it is none."""
    cleaned = text.strip()
    if len(cleaned) != 1 or not cleaned.isdecimal():
        return None
    score = int(cleaned)
    return score if 1 <= score <= BEST else None
