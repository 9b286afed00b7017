"""The tables of this app: what shoppers thought, and the cases that are made of what went wrong."""

from feedback.models.cases import (
    LONGEST_MESSAGE,
    Case,
    CaseKind,
    CaseMessage,
    CasePhoto,
    CasePolicy,
    CaseState,
    Macro,
    Outcome,
    Priority,
    Queue,
    Via,
)
from feedback.models.ratings import (
    EDITABLE_FOR,
    LONGEST_WORDS,
    MOST_RECOMMENDED,
    Opinion,
    Rating,
    RatingVersion,
    Source,
)

__all__ = [
    "EDITABLE_FOR",
    "LONGEST_MESSAGE",
    "LONGEST_WORDS",
    "MOST_RECOMMENDED",
    "Case",
    "CaseKind",
    "CaseMessage",
    "CasePhoto",
    "CasePolicy",
    "CaseState",
    "Macro",
    "Opinion",
    "Outcome",
    "Priority",
    "Queue",
    "Rating",
    "RatingVersion",
    "Source",
    "Via",
]
