"""Handing shipments over to partners: the only writer of bookings.

Whoever is to take a shipment is asked in order, until one does (decision 0155). What is said to a partner is a row
first, claimed by one worker at a time; that it is about to be called is written down before it is, so that what a
worker left in doubt is asked for and never booked twice. What a partner booked that nobody wants any more is called off
there, however late we hear of it.
"""

from carriers.services.handing_over.asking import (
    MAY_BE_HANDED_OVER,
    AlreadyHandedOver,
    NobodyToAsk,
    NotToBeHandedOver,
    ask,
    bookable,
    call_off,
    follow,
    may_be_called_off,
)
from carriers.services.handing_over.claiming import has_due, take_up_abandoned
from carriers.services.handing_over.working import work

__all__ = [
    "MAY_BE_HANDED_OVER",
    "AlreadyHandedOver",
    "NobodyToAsk",
    "NotToBeHandedOver",
    "ask",
    "bookable",
    "call_off",
    "follow",
    "has_due",
    "may_be_called_off",
    "take_up_abandoned",
    "work",
]
