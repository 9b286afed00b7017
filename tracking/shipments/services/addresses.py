"""Where a shipment goes, put right by somebody who knows better."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from django.db import transaction

from tracking.shipments.models import Shipment
from tracking.shipments.services import versions


@dataclass(frozen=True, slots=True)
class Address:
    """An address as written, and its point in degrees where it is known."""

    street: str
    postcode: str
    city: str
    latitude: float | None
    longitude: float | None

    @classmethod
    def of(cls, shipment: Shipment) -> Self:
        return cls(shipment.street, shipment.postcode, shipment.city, shipment.latitude, shipment.longitude)


@transaction.atomic
def readdress(shipment: Shipment, to: Address, *, at: datetime) -> Address:
    """Bring a shipment to another address from now on; gives the one before. Whoever plans has to look at it anew."""
    locked = versions.lock(shipment)
    before, values = Address.of(locked), asdict(to)
    for field, value in values.items():
        setattr(locked, field, value)
    locked.save(update_fields=list(values))
    versions.touch([locked.id], at=at)
    return before
