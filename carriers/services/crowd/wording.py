"""What couriers read of an offer: before they accept the neighbourhood, the load, the time and the pay, and no more."""

from datetime import datetime
from decimal import Decimal
from math import atan2, cos, degrees, radians
from typing import Final

from django.conf import settings
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.models.crowd import Offer
from carriers.services import places
from carriers.services.places import Point
from tracking.rounds.models import Place
from tracking.shipments.window import Window
from tracking.words import times

NEAR_M: Final = 500
"""The middle of a neighbourhood that is nearer tells nothing about the direction to the door."""

TO_THE: Final[tuple[Promise, ...]] = (
    gettext_lazy("to the north"),
    gettext_lazy("to the north-east"),
    gettext_lazy("to the east"),
    gettext_lazy("to the south-east"),
    gettext_lazy("to the south"),
    gettext_lazy("to the south-west"),
    gettext_lazy("to the west"),
    gettext_lazy("to the north-west"),
)


def area(offer: Offer) -> str:
    """Say about where an offer goes: how far from the hub the middle of the neighbourhood is, and which way."""
    if offer.metres < NEAR_M or offer.cell == places.cell_at(offer.hub.latitude, offer.hub.longitude):
        return _("close to %(hub)s") % {"hub": offer.hub.name}
    return _("about %(km)s km from %(hub)s, %(direction)s") % {
        "km": number_format(offer.kilometres, decimal_pos=1),
        "hub": offer.hub.name,
        "direction": TO_THE[octant(offer.hub, places.middle(offer.cell))],
    }


def octant(hub: Place, point: Point) -> int:
    """Say which way a point lies from a hub, in eighths of the compass, clockwise from north."""
    east = (point[1] - hub.longitude) * cos(radians(hub.latitude))
    bearing = degrees(atan2(east, point[0] - hub.latitude))
    return round(bearing / 45) % 8


def sum_of(offer: Offer) -> str:
    """Write the pay with the sum that it comes from: 4.20 + 1.6 km × 0.80 = 5.48 EUR."""
    doors = f"{offer.doors} × " if offer.doors > 1 else ""
    km = number_format(offer.kilometres, decimal_pos=1)
    return (
        f"{doors}{money(offer.pay_per_stop)} + {km} km × {money(offer.pay_per_km)}"
        f" = {money(offer.pay)} {settings.CURRENCY}"
    )


def pay(offer: Offer) -> str:
    """Write what an offer pays."""
    return f"{money(offer.pay)} {settings.CURRENCY}"


def money(amount: Decimal) -> str:
    """Write an amount with two decimals."""
    return number_format(amount, decimal_pos=2)


def load(offer: Offer) -> str:
    """Write how much there is to carry, in steps of half a kilogram and whole litres, never nothing."""
    kilograms = Decimal(max(1, round(offer.mass_g / 500))) / 2
    litres = max(1, round(offer.volume_ml / 1000))
    return _("%(kg)s kg, %(litres)s l") % {"kg": number_format(kilograms.normalize()), "litres": litres}


def when(offer: Offer, *, at: datetime) -> str:
    """Say within which time an offer is to be brought, by the clock where it goes to."""
    start, end = offer.earliest.astimezone(offer.zone), offer.latest.astimezone(offer.zone)
    now = at.astimezone(offer.zone)
    if start.date() == end.date():
        return times.window(Window(start.date(), start, end), now=now)
    return f"{times.moment(start, now=now)} – {times.moment(end, now=now)}"


def clock(offer: Offer, moment: datetime) -> str:
    """Say a time of day by the clock where an offer goes to."""
    return times.clock(moment.astimezone(offer.zone))
