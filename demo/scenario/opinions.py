"""What shoppers thought of a delivery, drawn from how it went: stars, reasons, words, a recommendation. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from feedback.reasons import BEST, LOW_UP_TO, Reason

ANSWERS: Final = 0.5
WRITES: Final = 0.5
RECOMMENDS: Final = 0.7
GRAVE: Final = 0.6

CONTENT: Final = {5: 62, 4: 25, 3: 7, 2: 4, 1: 2}
"""How many of a hundred give so many stars after a delivery that went well."""

ANNOYED: Final = {5: 14, 4: 22, 3: 26, 2: 22, 1: 16}
"""And after one that came late, or for which somebody had to come twice."""

WORDS: Final[Mapping[Reason, tuple[str, ...]]] = {
    Reason.LATE: ("Took the whole afternoon off, and it came after six.", "An hour late, and nobody said why."),
    Reason.WRONG_PLACE: ("Left out in the yard, in the rain.", "It was behind the bins. I found it by chance."),
    Reason.UNFRIENDLY: ("He threw the box down and was gone.",),
    Reason.UNINFORMED: ("The page said noon until noon had passed.", "I was at home. Nobody rang."),
    Reason.DAMAGED: ("One corner is crushed and the lamp inside is broken.", "The box was wet and the books too."),
    Reason.WRONG_ITEM: ("I ordered the green one.",),
    Reason.NOT_RECEIVED: ("It says delivered. I have nothing.",),
    Reason.ON_TIME: ("To the minute!", "Came exactly when the page said."),
    Reason.FRIENDLY: ("Such a kind driver, thank you!", "Carried it up to the fifth floor for me."),
    Reason.CAREFUL: ("Well packed, not a scratch.",),
    Reason.INFORMED: ("I watched the van come round the corner.", "Best tracking I have seen."),
    Reason.EASY: ("Left at the reception as I asked. Perfect.",),
}
"""What is written, by what is ticked."""


@dataclass(frozen=True, slots=True)
class View:
    """What somebody says."""

    score: int
    reasons: tuple[Reason, ...]
    words: str
    recommends: int | None


def draw(chance: Random, *, went_well: bool) -> View | None:
    """Draw what somebody says of a delivery, if anything."""
    if chance.random() >= ANSWERS:
        return None
    odds = CONTENT if went_well else ANNOYED
    score = chance.choices([*odds], weights=[*odds.values()])[0]
    reason = _reason(chance, score, went_well=went_well)
    return View(
        score=score,
        reasons=(reason,),
        words=chance.choice(WORDS[reason]) if chance.random() < WRITES else "",
        recommends=_recommends(chance, score) if chance.random() < RECOMMENDS else None,
    )


def _reason(chance: Random, score: int, *, went_well: bool) -> Reason:
    if score > LOW_UP_TO:
        return chance.choice((Reason.ON_TIME, Reason.FRIENDLY, Reason.CAREFUL, Reason.INFORMED, Reason.EASY))
    if not went_well:
        return chance.choice((Reason.LATE, Reason.LATE, Reason.UNINFORMED))
    if score < LOW_UP_TO and chance.random() < GRAVE:
        return chance.choice((Reason.DAMAGED, Reason.NOT_RECEIVED, Reason.WRONG_ITEM))
    return chance.choice((Reason.WRONG_PLACE, Reason.UNFRIENDLY))


def _recommends(chance: Random, score: int) -> int:
    return min(10, max(0, 2 * score - (score < BEST) + chance.randint(-1, 1)))
