"""The tables of carriers, for Django to find; import them from the module they live in, or from here."""

from carriers.models.accounts import Account, Followed, Format
from carriers.models.alarms import Alarm, AlarmKind
from carriers.models.bookings import (
    BookingState,
    BookingTry,
    Contract,
    PartnerBooking,
    TrackingNumber,
    TryState,
)
from carriers.models.choices import Bench, Choice, Floor, Profile, Tariff, Weighing
from carriers.models.crowd import Courier, Earning, Invitation, Offer, Offered, Terms
from carriers.models.letters import Letter, LetterState, Stray, Via

__all__ = [
    "Account",
    "Alarm",
    "AlarmKind",
    "Bench",
    "BookingState",
    "BookingTry",
    "Choice",
    "Contract",
    "Courier",
    "Earning",
    "Floor",
    "Followed",
    "Format",
    "Invitation",
    "Letter",
    "LetterState",
    "Offer",
    "Offered",
    "PartnerBooking",
    "Profile",
    "Stray",
    "Tariff",
    "Terms",
    "TrackingNumber",
    "TryState",
    "Via",
    "Weighing",
]
