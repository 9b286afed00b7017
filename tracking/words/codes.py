"""What is said about a code: where it goes, never to which number or address, and how long it is good."""

from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.links.models import LinkCode
from tracking.shipments.models import Shipment
from tracking.words import times


def offer(shipment: Shipment) -> str:
    """Say how a code would come to the recipient."""
    if shipment.phone and shipment.email:
        return _(
            "To be sure that it is you, we send a code by text message to the number in the order. "
            "If no text gets through there, it comes by e-mail."
        )
    if shipment.phone:
        return _("To be sure that it is you, we send a code by text message to the number in the order.")
    return _("To be sure that it is you, we send a code to the e-mail address in the order.")


def sent(shipment: Shipment, code: LinkCode) -> str:
    """Say that a code is on its way, and until when it is good."""
    until = times.clock(code.expires_at.astimezone(shipment.zone))
    if shipment.phone and shipment.email:
        told = _(
            "A code is on its way by text message, or by e-mail if no text gets through. It is good until %(time)s."
        )
    elif shipment.phone:
        told = _("A code is on its way by text message. It is good until %(time)s.")
    else:
        told = _("A code is on its way by e-mail. It is good until %(time)s.")
    return told % {"time": until}


def nowhere(brand: str) -> str:
    """Say what to do where no code can be sent."""
    return _(
        "The order names neither a phone number nor an e-mail address that we could send a code to. "
        "%(brand)s can tell you the full address."
    ) % {"brand": brand}


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
