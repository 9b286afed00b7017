"""Codes: called for by whoever asked for one, sealed at once, and sent to nobody but the address in the order."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from notifications import sealing
from notifications.models import Notification
from notifications.services import consent, contacts
from notifications.triggers import LATEST, Channel, Trigger
from tracking.models import Shipment


@transaction.atomic
def code(shipment_id: int, secret: str, *, at: datetime) -> frozenset[Channel]:
    """Write a code down for the phone in the order, or else for the e-mail address; gives the channel.

    It goes by e-mail too where the number has stopped texts. Without an address that can be read nothing is written.
    """
    shipment = Shipment.objects.select_for_update(of=("self",)).select_related("brand").get(id=shipment_id)
    known = contacts.on_file(shipment)
    channels = [channel for channel in (Channel.SMS, Channel.EMAIL) if channel in known]
    if not channels:
        return frozenset()
    is_stopped = channels[0] == Channel.SMS and consent.is_withheld(
        Channel.SMS, known[Channel.SMS], brand=shipment.brand
    )
    channel = channels[-1] if is_stopped else channels[0]
    before = Notification.objects.filter(shipment=shipment, trigger=Trigger.CODE).aggregate(last=Max("version"))
    Notification.objects.create(
        brand=shipment.brand,
        shipment=shipment,
        trigger=Trigger.CODE,
        channel=channel,
        recipient=known[channel],
        version=(before["last"] or 0) + 1,
        language=shipment.reader_language,
        sealed=sealing.seal(secret),
        priority=0,
        created_at=at,
        due_at=at,
        expires_at=at + LATEST[Trigger.CODE],
    )
    return frozenset({channel})
