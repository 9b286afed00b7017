"""The PIN that a shopper tells at the door: six digits, derived anew whenever they are needed, kept nowhere.

It holds for one day by the destination's clock. Six digits are enough because five may be wrong: whoever guesses has
one chance in two hundred thousand a day.
"""

import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from django.utils.crypto import constant_time_compare, salted_hmac

from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DIGITS: Final = 6
MOST_WRONG: Final = 5
LONGEST_TYPED: Final = 40


class PinResult(StrEnum):
    """What became of a PIN that was typed."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


def pin_of(shipment: Shipment, *, on: date) -> str:
    """Derive the PIN of a shipment for a day, from the installation's key and nothing that can be known without it."""
    digest = salted_hmac("tracking.proof.pins", f"{shipment.id}:{on.isoformat()}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}}"


def shown(shipment: Shipment, *, at: datetime) -> str:
    """Say which PIN its shopper is to tell today; empty where none is asked for, or nobody comes today."""
    today = day_of(shipment, at=at)
    is_coming = shipment.is_out_for_delivery or (shipment.status == Status.PLANNED and shipment.window_date == today)
    return pin_of(shipment, on=today) if is_coming and shipment.brand.asks_for_pin else ""


def day_of(shipment: Shipment, *, at: datetime) -> date:
    """Say which day it is at the destination, which is how long a PIN holds."""
    return at.astimezone(shipment.zone).date()


def is_right(shipment: Shipment, typed: str, *, at: datetime) -> bool:
    """Compare what was typed, in digits of any script, with that day's PIN, in the same time whatever it is."""
    digits = "".join(str(unicodedata.decimal(sign, "")) for sign in typed[:LONGEST_TYPED])
    return constant_time_compare(digits, pin_of(shipment, on=day_of(shipment, at=at)))
