"""The tables of this app: what shoppers thought, what comes of it, and how deliveries went."""

from feedback.models.cases import (
    LONGEST_MESSAGE,
    Case,
    CaseKind,
    CaseMessage,
    CasePhoto,
    CasePolicy,
    CaseQuerySet,
    CaseState,
    Macro,
    Outcome,
    Priority,
    Queue,
    Via,
)
from feedback.models.deliveries import Delivery
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
    "CaseQuerySet",
    "CaseState",
    "Delivery",
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
