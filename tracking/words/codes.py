"""What is said about a code: how it comes, and how long it is good.

The same is said of every order: whoever holds a link learns neither a number nor an address, nor whether there is one.
"""

from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.links.models import LinkCode
from tracking.shipments.models import Shipment
from tracking.words import times


def offer() -> str:
    """Say how a code would come to the recipient."""
    return _(
        "To be sure that it is you, we send a code by text message to the mobile number in the order, "
        "or else by e-mail to the address in it."
    )


def sent(shipment: Shipment, code: LinkCode) -> str:
    """Say that a code was sent to whatever address there is, until when it is good, and what to do if none comes."""
    return _(
        "If the order names a mobile number or an e-mail address, a code is on its way there. "
        "It is good until %(time)s. If none comes, %(brand)s can tell you the full address."
    ) % {"time": times.clock(code.expires_at.astimezone(shipment.zone)), "brand": shipment.brand.name}


def too_many(retry_after_seconds: int) -> str:
    """Say when the next code may be asked for."""
    minutes = ceil(retry_after_seconds / 60)
    if minutes > 60:
        return _("Enough codes were sent for today. Please try again tomorrow.")
    return ngettext(
        "Enough codes were sent for now. Please try again in %(number)d minute.",
        "Enough codes were sent for now. Please try again in %(number)d minutes.",
        minutes,
    ) % {"number": minutes}


def wrong() -> str:
    """Say no to a code, in the same words whatever is wrong with it."""
    return _("This code is not right, or no longer good.")
