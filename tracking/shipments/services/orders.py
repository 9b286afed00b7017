"""Taking orders in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from tracking.rounds.models import Carrier
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Parcel, Shipment
from tracking.shipments.services import steps, versions


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who a shipment goes to, and where: the address as written, its point in degrees, its time zone's name.

    Where nobody said the zone, it is empty, and that of the brand holds.
    """

    name: str
    street: str
    postcode: str
    city: str
    timezone: str
    latitude: float | None = None
    longitude: float | None = None
    email: str = ""
    phone: str = ""
    access_code: str = ""
    language: str = ""


class UnknownZone(Exception):
    """There is no time zone of this name, and a delivery without one has no day."""


@transaction.atomic
def create(
    brand: Brand,
    *,
    reference: str,
    recipient: Recipient,
    parcel_numbers: Sequence[str],
    at: datetime,
    carrier: Carrier | None = None,
) -> Shipment:
    """Take an order in: the shipment, its parcels, and the first line of its history.

    Raises ``UnknownZone``, and ``django.db.IntegrityError`` where the brand has used the reference before.
    """
    timezone = recipient.timezone or brand.timezone
    _require_zone(timezone)
    shipment = Shipment.objects.create(
        brand=brand,
        reference=reference,
        carrier=carrier,
        recipient_name=recipient.name,
        street=recipient.street,
        postcode=recipient.postcode,
        city=recipient.city,
        timezone=timezone,
        language=recipient.language,
        latitude=recipient.latitude,
        longitude=recipient.longitude,
        email=recipient.email,
        phone=recipient.phone,
        access_code=recipient.access_code,
        changed_at=at,
        created_at=at,
    )
    Parcel.objects.bulk_create(Parcel(shipment=shipment, number=number) for number in parcel_numbers)
    event = steps.write_event(shipment, status=Status.CREATED, at=at)
    versions.announce_event(event)
    return shipment


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise UnknownZone(name) from error
