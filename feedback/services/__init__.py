"""The only writers of this app's tables."""

from feedback.services.cases import (
    AlreadyOwned,
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
    take,
)
from feedback.services.following import calls_for_a_case
from feedback.services.letters import list_left, take_in
from feedback.services.ratings import Closed, NotDelivered, NotRated, elaborate, rate

__all__ = [
    "AlreadyOwned",
    "AlreadyResolved",
    "Answer",
    "Closed",
    "Complaint",
    "NotDelivered",
    "NotRated",
    "NotResolved",
    "TooMuch",
    "calls_for_a_case",
    "elaborate",
    "hand_over",
    "list_left",
    "note",
    "open_case",
    "rate",
    "reopen",
    "reply",
    "resolve",
    "say",
    "take",
    "take_in",
]
