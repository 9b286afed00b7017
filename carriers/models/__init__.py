"""The tables of carriers, for Django to find; import them from the module they live in, or from here."""

from carriers.models.accounts import Account, Followed, Format
from carriers.models.alarms import Alarm, AlarmKind
from carriers.models.choices import Bench, Choice, Floor, Profile, Tariff, Weighing
from carriers.models.letters import Letter, LetterState, Stray, Via

__all__ = [
    "Account",
    "Alarm",
    "AlarmKind",
    "Bench",
    "Choice",
    "Floor",
    "Followed",
    "Format",
    "Letter",
    "LetterState",
    "Profile",
    "Stray",
    "Tariff",
    "Via",
    "Weighing",
]
