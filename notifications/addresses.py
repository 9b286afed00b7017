"""Phone numbers and e-mail addresses: read as people write them, kept in one form, shown so that they say little.

Pure. A number is kept in E.164, an e-mail address in lower case, so that what somebody said of one is found again.
"""

from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from notifications.triggers import PHONE_CHANNELS, Channel
from tracking import contact

HIDDEN: Final = "•"
SHOWN_DIGITS: Final = 2

WITHOUT_TEXTS: Final = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
"""Kinds of numbers that take no text, or that somebody earns on. Where the kind is not known, a text is worth a try."""


def read(channel: Channel, text: str, *, region: str) -> str:
    """Read an address of a channel as a person or a shop wrote it.

    Raises ``contact.Unreadable`` where it cannot be one.
    """
    return contact.phone(text, region=region) if channel in PHONE_CHANNELS else contact.email(text)


def country(number: str) -> str:
    """Name the country of a number in E.164 by its two letters; empty where it is not certain, or of no country."""
    region = phonenumbers.region_code_for_number(_parsed(number))
    return "" if region in {None, phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY} else region


def takes_texts(number: str) -> bool:
    """Say whether a number in E.164 may be one that texts can be sent to."""
    return phonenumbers.number_type(_parsed(number)) not in WITHOUT_TEXTS


def masked(channel: Channel, address: str) -> str:
    """Show as much of an address as its owner needs to know it by: ``+358 •• •••••67``, ``m•••@example.com``.

    What cannot be read is hidden altogether, and a browser has no address that anybody would know: empty.
    """
    if channel in PHONE_CHANNELS:
        return _masked_phone(address)
    if channel is Channel.EMAIL:
        name, at, domain = address.rpartition("@")
        return f"{name[:1]}{HIDDEN * 3}@{domain}" if at else HIDDEN * 3
    return ""


def _masked_phone(number: str) -> str:
    try:
        parsed = _parsed(number)
    except NumberParseException:
        return HIDDEN * 3
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    code, rest = f"+{parsed.country_code}", written.removeprefix(f"+{parsed.country_code}")
    hidden = "".join(HIDDEN if character.isdigit() else character for character in rest[:-SHOWN_DIGITS])
    return f"{code}{hidden}{rest[-SHOWN_DIGITS:]}"


def _parsed(number: str) -> PhoneNumber:
    return phonenumbers.parse(number, None)
