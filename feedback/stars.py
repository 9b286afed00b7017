"""Stars in words: what each is called, and how one is read from a link or a message."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.reasons import BEST

NAMES: Final[Sequence[Promise]] = (_("very bad"), _("bad"), _("all right"), _("good"), _("very good"))

REPLY: Final = re.compile(r"\W*(?P<number>\d)(?:\s*/\s*5)?(?!\w)[\W_]*(?P<words>.*)", re.DOTALL)
"""A number of stars on its own, in the digits of any script, and whatever is said after it."""


class Star(NamedTuple):
    """One of the five: its number, and what giving so many means."""

    score: int
    name: Promise


class Said(NamedTuple):
    """An answer in a message: the stars, and what is said beside them."""

    score: int
    words: str


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


def read_reply(text: str) -> Said | None:
    """Read stars and words from a message like "5" or "4, left in the rain"; ``None`` where it is no such answer.

    What begins with two numbers could mean anything: a person reads it.
    """
    found = REPLY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None or found["words"][:1].isdecimal():
        return None
    score = read(found["number"])
    return None if score is None else Said(score, found["words"])
