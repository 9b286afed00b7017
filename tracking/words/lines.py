"""What others wrote, such as a carrier's name of a place, made fit to stand in a line of ours."""

import unicodedata
from typing import Final

BREAKING: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of characters, separators of lines and paragraphs."""

TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What makes the rest of a line run the other way."""


def single(text: str) -> str:
    """Put a text on one line, which nothing in it can end, turn round, or use to steer a terminal."""
    return " ".join("".join(" " if _is_unfit(character) else character for character in text).split())


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in BREAKING or character in TURNING
