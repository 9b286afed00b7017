"""The tables of carriers, for Django to find; import them from the module they live in, or from here."""

from carriers.models.accounts import Account, Format, Letter, LetterState, Via

__all__ = ["Account", "Format", "Letter", "LetterState", "Via"]
