"""Where a shopper is reached: by what is in the order, or by what they have given for this delivery since.

A number serves SMS and WhatsApp alike and is kept as that of SMS. Browsers that want to be told are subscriptions, and
no business of this module.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from notifications import addresses
from notifications.models import Cancelled, Contact, Notification, State
from notifications.triggers import NEWS, PHONE_CHANNELS, Channel
from tracking.contact import Unreadable
from tracking.models import Shipment

MOST_CHANGES: Final = 3
"""For one delivery, on all channels together: its page must not become a way to have strangers texted."""

Addresses = dict[Channel, str]
"""The address of each channel on which there is one."""


class TooManyChanges(Exception):
    """The addresses of this delivery have been changed as often as they may be."""


class NotServed(Exception):
    """Texts do not go to numbers of this country, or of this kind."""


def addresses_of(shipments: Collection[Shipment]) -> dict[int, Addresses]:
    """Find the current addresses of each of these shipments, by its id. One query, however many they are."""
    found = {shipment.id: on_file(shipment) for shipment in shipments}
    for contact in Contact.objects.filter(shipment__in=found).order_by("added_at", "id"):
        found[contact.shipment_id] |= _serving(Channel(contact.channel), contact.address)
    return found


def reach(shipment: Shipment) -> Addresses:
    """Find the current addresses of one shipment. One query."""
    return addresses_of([shipment])[shipment.id]


def on_file(shipment: Shipment) -> Addresses:
    """Read the addresses in the order itself: the only ones a code may go to. No query.

    What cannot be read is left out, and so is a number that takes no texts.
    """
    return _readable(Channel.SMS, shipment.phone) | _readable(Channel.EMAIL, shipment.email)


def changes_left(shipment: Shipment) -> int:
    """Say how often the addresses of a shipment may still be changed. One query."""
    return max(0, MOST_CHANGES - Contact.objects.filter(shipment=shipment).count())


@transaction.atomic
def change(shipment: Shipment, channel: Channel, text: str, *, at: datetime) -> str:
    """Send a shipment's news to another number or e-mail address, also what waits already. Gives it as it is kept.

    The address that is used already is no change. Codes never go to what was given here.

    Raises ``contact.Unreadable`` where the text is no address, ``NotServed`` where we send none there, and
    ``TooManyChanges`` where the shipment has had enough of them; nothing is kept then.
    """
    address = addresses.read(channel, text, region=settings.PHONE_REGION)
    if channel in PHONE_CHANNELS:
        _require_served(address)
    shipment = Shipment.objects.select_for_update().get(id=shipment.id)
    current = reach(shipment).get(channel, "")
    if address == current:
        return address
    if not changes_left(shipment):
        raise TooManyChanges
    kept_as = Channel.SMS if channel in PHONE_CHANNELS else channel
    Contact.objects.create(shipment=shipment, channel=kept_as, address=address, added_at=at)
    _redirect(shipment, _serving(kept_as, address), of=current, at=at)
    return address


def _redirect(shipment: Shipment, to: Addresses, *, of: str, at: datetime) -> None:
    """Let what waits for an address go to another one; of what was sent there already, nothing goes twice."""
    for channel, address in to.items():
        ours = Notification.objects.filter(shipment=shipment, channel=channel)
        waiting = ours.uncalled().filter(recipient=of, trigger__in=NEWS)
        there = ours.filter(recipient=address, trigger=OuterRef("trigger"), version=OuterRef("version"))
        waiting.filter(~Exists(there)).update(recipient=address, state=State.PENDING, leased_until=None)
        waiting.update(state=State.CANCELLED, reason=Cancelled.WITHDRAWN, leased_until=None, settled_at=at)


def _readable(channel: Channel, text: str) -> Addresses:
    try:
        return _serving(channel, addresses.read(channel, text, region=settings.PHONE_REGION))
    except Unreadable:
        return {}


def _serving(channel: Channel, address: str) -> Addresses:
    """Say on which channels an address serves."""
    if channel not in PHONE_CHANNELS:
        return {channel: address}
    return dict.fromkeys(sorted(PHONE_CHANNELS), address) if addresses.takes_texts(address) else {}


def _require_served(number: str) -> None:
    """Let through a number that a shopper may have texts sent to.

    Raises ``NotServed`` where they may not.
    """
    countries = settings.SMS_COUNTRIES
    if not addresses.takes_texts(number) or (countries and addresses.country(number) not in countries):
        raise NotServed
