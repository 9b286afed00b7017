"""Crowds: whom to ask and how far out, who was first, what is laid for them, and what they are paid.

Whoever locks an offer and its shipments locks the offer first. A neighbour calls ``hand_over`` and ``take_away`` with
neither of them locked.
"""

from carriers.services.crowd.answering import Late, accept, decline, give_back
from carriers.services.crowd.couriers import enrol, reinstate, set_availability, suspend
from carriers.services.crowd.offering import CannotBeOffered, hand_over, hand_over_waiting, take_away, withdraw
from carriers.services.crowd.passing_on import pass_on
from carriers.services.crowd.refusing import NotForYou, Why
from carriers.services.crowd.sweeping import follow, sweep

__all__ = [
    "CannotBeOffered",
    "Late",
    "NotForYou",
    "Why",
    "accept",
    "decline",
    "enrol",
    "follow",
    "give_back",
    "hand_over",
    "hand_over_waiting",
    "pass_on",
    "reinstate",
    "set_availability",
    "suspend",
    "sweep",
    "take_away",
    "withdraw",
]
