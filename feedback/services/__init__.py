"""The only writers of this app's tables."""

from feedback.services.cases import (
    AlreadyResolved,
    Answer,
    Complaint,
    NotResolved,
    TooMuch,
    hand_over,
    note,
    open_case,
    reopen,
    reply,
    resolve,
    say,
)
from feedback.services.ratings import Closed, NotDelivered, NotRated, elaborate, rate

__all__ = [
    "AlreadyResolved",
    "Answer",
    "Closed",
    "Complaint",
    "NotDelivered",
    "NotRated",
    "NotResolved",
    "TooMuch",
    "elaborate",
    "hand_over",
    "note",
    "open_case",
    "rate",
    "reopen",
    "reply",
    "resolve",
    "say",
]
