"""How a recipient can be reached: phone numbers and e-mail addresses, read as people write them, kept in one form.

Pure. A number is kept in E.164, an address in lower case, so that what somebody said of one is found again.
"""

from typing import Final

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

LONGEST_PHONE: Final = 40
LONGEST_EMAIL: Final = 254


class Unreadable(Exception):
    """What was written is no phone number, or no e-mail address."""


def phone(text: str, *, region: str) -> str:
    """Read a phone number into E.164; one without a country code is of ``region``, which may be empty.

    Raises ``Unreadable`` where no such number can exist. New ranges of a country are readable before they are in use.
    """
    if len(text) > LONGEST_PHONE:
        raise Unreadable
    try:
        number = phonenumbers.parse(text, region or None)
    except NumberParseException as error:
        raise Unreadable from error
    if not phonenumbers.is_possible_number(number):
        raise Unreadable
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def email(text: str) -> str:
    """Read an e-mail address into lower case.

    Raises ``Unreadable`` where it is none; line breaks make it none.
    """
    address = text.strip().lower()
    if len(address) > LONGEST_EMAIL:
        raise Unreadable
    try:
        validate_email(address)
    except ValidationError as error:
        raise Unreadable from error
    return address
