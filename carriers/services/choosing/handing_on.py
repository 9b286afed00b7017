"""What was chosen for a partner is booked with it, or with those who come next."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef

from carriers.models import PartnerBooking
from carriers.models.choices import Choice, How
from carriers.services import handing_over
from carriers.services.choosing import records
from carriers.services.handing_over import AlreadyHandedOver, NobodyToAsk, NotToBeHandedOver
from tracking.rounds.models import Carrier
from tracking.shipments.lifecycle import Status

MISSED_AFTER: Final = timedelta(seconds=30)
RECENT: Final = timedelta(days=14)
AT_ONCE: Final = 100


def hand_on(choice: Choice, *, at: datetime) -> PartnerBooking | None:
    """Have a shipment handed over to the partner it was chosen for; ``None`` where that is not, or no more, to be done.

    Twice is harmless.
    """
    partners = list(in_turn(choice))
    if not partners or choice.shipment.carrier_id != choice.carrier_id:
        return None
    with suppress(AlreadyHandedOver, NobodyToAsk, NotToBeHandedOver):
        return handing_over.ask(choice.shipment, partners, at=at, by=choice.by)
    return None


def in_turn(choice: Choice) -> Iterator[Carrier]:
    """Yield the partner that was chosen and, best first, those to ask where it refuses.

    They end where somebody comes who is no partner: better by our own vans than by whoever comes after them. By hand
    nobody but who was chosen is meant.
    """
    partners = {contract.carrier.slug: contract.carrier for contract in handing_over.bookable()}
    if choice.carrier.slug not in partners:
        return
    yield choice.carrier
    if choice.how == How.HAND:
        return
    for told in records.of(choice).ranked[1:]:
        if told.sum.name not in partners:
            return
        yield partners[told.sum.name]


def list_missed(*, at: datetime) -> list[int]:
    """Find some choices of partners of which nobody was asked, although they were made a while ago."""
    partners = [contract.carrier_id for contract in handing_over.bookable()]
    asked = PartnerBooking.objects.filter(shipment=OuterRef("shipment"), asked_at__gte=OuterRef("at"))
    found = Choice.objects.filter(~Exists(asked), carrier__in=partners, shipment__carrier=F("carrier"))
    waiting = found.filter(shipment__status=Status.CREATED, at__range=(at - RECENT, at - MISSED_AFTER))
    return list(waiting.order_by("-id").values_list("id", flat=True)[:AT_ONCE])
