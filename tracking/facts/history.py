"""What happened to a shipment, as far as it is anybody's business."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Final

from django.utils.translation import gettext as _

from tracking.facts.allowed import EventFact
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.reasons import Reason

PHONE_ENDS: Final = 7
"""So many digits at the end of a phone number are the same with and without the codes before them."""


def tell(shipment: Shipment, events: Iterable[StatusEvent]) -> tuple[EventFact, ...]:
    """List those events of a shipment that stand, in the order in which they count.

    An order is received once: that a carrier has heard of it too is no news.
    """
    private, standing = _private(shipment), lifecycle.in_order(events)
    first = next((event for event in standing if event.status == Status.CREATED), None)
    told = [event for event in standing if event.status != Status.CREATED or event is first]
    return tuple(_event(event, shipment.zone, private) for event in told)


def public_place(shipment: Shipment, written: str) -> str:
    """Give a place as somebody wrote it; nothing where it tells who or where the shopper is."""
    return _public_place(written, _private(shipment))


def _event(event: StatusEvent, zone: tzinfo, private: Sequence[Sequence[str]]) -> EventFact:
    place = _public_place(event.place, private)
    return EventFact(
        event.occurred_at.astimezone(zone), event.status or None, _label(event), place, event.reason or None
    )


def _public_place(written: str, private: Sequence[Sequence[str]]) -> str:
    letters = _letters(written)
    tells_on_shopper = any(all(part in letters for part in parts) for parts in private)
    return "" if tells_on_shopper else written


def _label(event: StatusEvent) -> str:
    """Name what happened, and why where that is known; a plan for today was one for another day, read later."""
    if not event.status:
        return _("Update received")
    said = _("Planned for delivery") if event.status == Status.PLANNED else str(Status(event.status).label)
    if not event.reason:
        return said
    return _("%(status)s: %(reason)s") % {"status": said, "reason": Reason(event.reason).label}


def _private(shipment: Shipment) -> list[list[str]]:
    """List what a carrier may write into a place and nobody may read there, each as the parts that together tell it."""
    wholes = [shipment.street, shipment.email, _letters(shipment.phone)[-PHONE_ENDS:], shipment.access_code]
    names = [_letters(name) for name in shipment.recipient_name.split()]
    return [parts for parts in [names, *([_letters(whole)] for whole in wholes)] if all(parts) and parts]


def _letters(text: str) -> str:
    """Keep what is the same however a text is written: its letters and digits, without case."""
    return "".join(character for character in text.casefold() if character.isalnum())
