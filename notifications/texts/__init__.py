"""The words that come with Doorstep, in seven languages, and the placeholders in them. Pure, but for reading its files.

``find`` gives the first language there is of those wanted, ``fill`` puts values into a text. A file of a language says
everything or is refused by its test.
"""

from notifications.texts.languages import LANGUAGES, Language, Words, fall_back, find, look_up
from notifications.texts.placeholders import ALLOWED, ESSENTIAL, fill, list_used, strays
from notifications.texts.times import Times

__all__ = [
    "ALLOWED",
    "ESSENTIAL",
    "LANGUAGES",
    "Language",
    "Times",
    "Words",
    "fall_back",
    "fill",
    "find",
    "list_used",
    "look_up",
    "strays",
]
