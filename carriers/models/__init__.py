"""The tables of carriers, for Django to find; import them from the module they live in, or from here."""

from carriers.models.accounts import Account, Followed, Format
from carriers.models.alarms import Alarm, AlarmKind
from carriers.models.letters import Letter, LetterState, Stray, Via

__all__ = ["Account", "Alarm", "AlarmKind", "Followed", "Format", "Letter", "LetterState", "Stray", "Via"]
