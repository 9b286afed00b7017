"""Whose number it is that writes to us: the shipments that have it on file, and the brand that spoke to it last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q

from notifications.models import Contact, Notification
from notifications.services import contacts
from notifications.triggers import PHONE_CHANNELS, Channel
from tracking.models import Brand, Shipment

MOST_SHIPMENTS: Final = 3
LOOKED_AT: Final = 30
CURRENT_FOR: Final = timedelta(days=1)
"""How long after its end a shipment is still what somebody asks about."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is behind a number: what is coming to them, the brand that speaks to them, and the language it does so in."""

    shipments: Sequence[Shipment]
    brand: Brand
    language: str


def find_reader(number: str, *, at: datetime) -> Reader | None:
    """Find who is behind a number; nobody where nothing goes there and nothing was ever sent to it."""
    shipments = current_shipments(number, at=at)
    if shipments:
        return Reader(shipments, shipments[0].brand, shipments[0].reader_language)
    brand = brand_of(number)
    return Reader([], brand, brand.language) if brand else None


def on_file(shipment: Shipment) -> str:
    """Give the number from which the recipient of a shipment may answer, in E.164; empty where there is none."""
    return contacts.reach(shipment).get(Channel.SMS, "")


def current_shipments(number: str, *, at: datetime) -> list[Shipment]:
    """Find up to three shipments that have a number on file and are not long over, the liveliest first.

    Looked for by index: where the order or a contact has the number, and where a message went to it, because orders
    write numbers as they like.
    """
    to_number = Q(recipient=number, channel__in=PHONE_CHANNELS)
    written_to = Notification.objects.filter(to_number).order_by("-created_at").values("shipment_id")[:LOOKED_AT]
    given = Contact.objects.filter(address=number, channel__in=PHONE_CHANNELS).values("shipment_id")[:LOOKED_AT]
    known = {row["shipment_id"] for row in (*written_to, *given)}
    candidates = (
        Shipment.objects.with_round()
        .filter(Q(phone=number) | Q(id__in=known))
        .filter(Q(finished_at=None) | Q(finished_at__gt=at - CURRENT_FOR))
        .order_by(F("finished_at").desc(nulls_first=True), F("window_start").asc(nulls_last=True), "-id")
    )[:LOOKED_AT]
    shipments = list(candidates)
    found = contacts.addresses_of(shipments)
    return [shipment for shipment in shipments if found[shipment.id].get(Channel.SMS) == number][:MOST_SHIPMENTS]


def brand_of(number: str) -> Brand | None:
    """Find the brand in whose name a number was written to last."""
    to_number = Notification.objects.filter(recipient=number, channel__in=PHONE_CHANNELS)
    latest = to_number.select_related("brand").order_by("-created_at", "-id").first()
    return latest.brand if latest else None
