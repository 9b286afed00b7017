"""Who carries a shipment, where that changes on its way."""

from datetime import datetime

from django.db import transaction

from tracking.rounds.models import Carrier
from tracking.shipments.models import Shipment
from tracking.shipments.services import versions


@transaction.atomic
def carry(shipment: Shipment, carrier: Carrier | None, *, at: datetime) -> None:
    """Let a carrier have a shipment from now on, or nobody yet. Twice is harmless."""
    locked = versions.lock(shipment)
    shipment.carrier = carrier
    if locked.carrier_id != shipment.carrier_id:
        locked.carrier = carrier
        locked.save(update_fields=["carrier"])
        versions.touch([locked.id], at=at)
