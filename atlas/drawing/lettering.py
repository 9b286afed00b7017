"""How much room a text takes, without a font at hand: widths of characters as most sans-serif faces have them."""

import unicodedata

_NARROW = frozenset("iljtfrI.,:;'\N{RIGHT SINGLE QUOTATION MARK}|!()[]/- ·")
_WIDE = frozenset("mwMWÆŒ@%—")
_LINE_EM = 9.0
_LINES_AT_MOST = 3


def width_em(text: str) -> float:
    """Estimate how wide a text is, in ems; rather too much than too little."""
    return sum(_character_em(character) for character in text)


def printable(text: str) -> str:
    """Drop what has no picture, such as control characters: one of them would make a whole picture invalid."""
    return "".join(character for character in text if character.isprintable())


def wrapped(text: str) -> list[str]:
    """Break a name into a few lines of like length, between words."""
    words = text.split()
    lines = min(_LINES_AT_MOST, len(words), 1 + int(width_em(text) / _LINE_EM))
    aim = width_em(text) / max(lines, 1)
    broken: list[str] = []
    for word in words:
        longer = f"{broken[-1]} {word}" if broken else word
        if broken and (len(broken) == lines or width_em(longer) <= aim * 1.2):
            broken[-1] = longer
        else:
            broken.append(word)
    return broken


def _character_em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.32
    if character in _WIDE:
        return 0.88
    return 0.67 if character.isupper() else 0.57
