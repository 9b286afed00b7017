"""What a text from a shopper says: one of the words that everybody may send, or one of the choices of a question. Pure.

Only a whole message counts, in any case, with whatever stands around it: "Stop!" is a wish, "don't stop" is not.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

from notifications.models import Meaning

WORDS: Final[dict[Meaning, frozenset[str]]] = {
    Meaning.STOP: frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}),
    Meaning.START: frozenset({"START", "YES", "UNSTOP"}),
    Meaning.HELP: frozenset({"HELP", "INFO"}),
    Meaning.STATUS: frozenset(
        {
            "STATUS",
            "WHERE",
            "WO",
            "STATUT",
            "OÙ",
            "ESTADO",
            "DÓNDE",
            "DONDE",
            "TILA",
            "MISSÄ",
            "VAR",
            "الحالة",
            "حالة",
            "أين",
        }
    ),
}
"""The words of each meaning. Those of the operators are English everywhere, the last ones of all seven languages."""


def keyword(text: str) -> Meaning | None:
    """Say what a message means that is one of ``WORDS`` and nothing else; spaces and hyphens within do not count."""
    word = "".join(character for character in _plain(text) if character.isalnum()).upper()
    return next((meaning for meaning, words in WORDS.items() if word in words), None)


def choice(text: str, choices: Iterable[str]) -> str | None:
    """Find the choice that a message is, as the asker wrote it; ``None`` where it is none."""
    meant = _bare(text)
    return next((offered for offered in choices if meant and _bare(offered) == meant), None)


def is_empty(text: str) -> bool:
    """Say whether there is nothing to read in a text."""
    return not _bare(text)


def _bare(text: str) -> str:
    """Take away what stands around the first and the last letter or digit, and the case."""
    plain = _plain(text)
    kept = [index for index, character in enumerate(plain) if character.isalnum()]
    return " ".join(plain[kept[0] : kept[-1] + 1].split()).casefold() if kept else ""


def _plain(text: str) -> str:
    """Write letters in one way and digits as 0 to 9, whichever script they are of."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character for character in normal)
