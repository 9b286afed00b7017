"""The rows of the outbox, from being written to what became of them: everything that changes their state.

A row is claimed for a minute, by a lease whose end tells one claim from another; whoever has lost it changes nothing
any more. That a provider is about to be called is written down first (``begin``), and with it what it is told, so that
a worker that dies leaves no doubt: what was not begun goes out again, what was begun is asked for.
"""

from notifications.services.outbox.claiming import begin, cancel, claim, defer, hand_back, has_work, skip
from notifications.services.outbox.doubt import claim_unknown, leave_unknown, settle_not_found, take_up_abandoned
from notifications.services.outbox.settling import settle_failed, settle_sent, settle_unavailable, settle_uncertain
from notifications.services.outbox.writing import drop_expired, fall_back, write

__all__ = [
    "begin",
    "cancel",
    "claim",
    "claim_unknown",
    "defer",
    "drop_expired",
    "fall_back",
    "hand_back",
    "has_work",
    "leave_unknown",
    "settle_failed",
    "settle_not_found",
    "settle_sent",
    "settle_unavailable",
    "settle_uncertain",
    "skip",
    "take_up_abandoned",
    "write",
]
