"""How many segments a text takes, and what they cost. Pure; the rules are those of 3GPP TS 23.038 and 23.040.

A text whose every character is in the GSM 7-bit alphabet or its extension takes one segment up to 160 septets, and
otherwise segments of 153; one other character, and the whole text is in UCS-2, with 70 and 67 units. A character of two
septets or units is never cut in two.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Each takes an escape and itself: two septets."""

LAST_OF_ONE_UNIT: Final = "\uffff"

PLAINER: Final = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u2022", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u2032\u00b4\u0060", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f", " "),
        **dict.fromkeys("\u2060\u200b\ufeff\u00ad", ""),
        "\u2026": "...",
    }
)
"""Typography that a text message can do without."""


class Encoding(StrEnum):
    """How a text goes over the air."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


ALONE: Final = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
JOINED: Final = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Cost:
    """What somebody pays: an amount in a currency's unit, like 0.14 of EUR."""

    amount: Decimal
    currency: str


class Unreadable(Exception):
    """This is no price: one looks like ``0.07 EUR``."""


def encoding(text: str) -> Encoding:
    """Say in which encoding a text goes out: in UCS-2 only if it must."""
    return Encoding.GSM_7 if set(text) <= BASIC | EXTENSION else Encoding.UCS_2


def split(text: str) -> list[str]:
    """Cut a text into the segments that it is sent as; an empty one into none."""
    found = encoding(text)
    widths = [_width(character, found) for character in text]
    if sum(widths) <= ALONE[found]:
        return [text] if text else []
    segments, room = [""], JOINED[found]
    for character, width in zip(text, widths, strict=True):
        if width > room:
            segments.append("")
            room = JOINED[found]
        segments[-1] += character
        room -= width
    return segments


def count(text: str) -> int:
    """Count the segments of a text."""
    return len(split(text))


def economical(text: str) -> str:
    """Write dashes, quotes and spaces plainly where the text then fits GSM-7; where it does not, leave it as it is."""
    plain = text.translate(PLAINER)
    return plain if encoding(plain) is Encoding.GSM_7 else text


def cost(segments: int, price: str) -> Cost | None:
    """Say what so many segments cost at a price a segment like ``0.07 EUR``; ``None`` where no price is known.

    Raises ``Unreadable`` where the price is none.
    """
    if not price.strip():
        return None
    try:
        amount, currency = price.split()
        each = Decimal(amount)
    except (ValueError, InvalidOperation) as error:
        raise Unreadable(price) from error
    if not each.is_finite() or each < 0 or not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise Unreadable(price)
    return Cost(each * segments, currency.upper())


def _width(character: str, encoded: Encoding) -> int:
    if encoded is Encoding.GSM_7:
        return 2 if character in EXTENSION else 1
    return 1 if character <= LAST_OF_ONE_UNIT else 2
