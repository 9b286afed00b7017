"""How figures of carriers are written: each with its unit. Pure."""

from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from carriers.criteria import Criterion

HUNDRED: Final = 100
KILO: Final = 1_000


def say(criterion: Criterion, value: Decimal | float) -> str:
    """Write a figure of a criterion with its unit."""
    match criterion:
        case Criterion.COST:
            return money(value)
        case Criterion.CO2:
            return f"{value:.0f} g"
        case Criterion.SATISFACTION:
            return _("%(stars).2f stars") % {"stars": value}
        case _:
            return percent(value)


def money(value: Decimal | float) -> str:
    """Write an amount in the installation's currency."""
    return f"{value:.2f} {settings.CURRENCY}"


def percent(share: Decimal | float) -> str:
    """Write a share of 1 in parts of a hundred."""
    return f"{share * HUNDRED:.1f} %"


def kilograms(grams: Decimal) -> str:
    """Write grams as kilograms."""
    return f"{grams / KILO:.1f} kg"
