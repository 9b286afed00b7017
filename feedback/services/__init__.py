"""The only writers of this app's tables."""

from feedback.services.cases import (
    AlreadyResolved,
    Answer,
    Complaint,
    NotResolved,
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
