"""What no courier took is handed over to the partners who came after the crowd when it was chosen."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import dropwhile, takewhile
from typing import Final

from django.db.models import Exists, F, OuterRef

from carriers.models import PartnerBooking
from carriers.models.choices import Choice, How
from carriers.models.crowd import Offered, OfferState
from carriers.services import handing_over
from carriers.services.choosing import records
from carriers.services.handing_over import AlreadyHandedOver, NobodyToAsk, NotToBeHandedOver
from tracking.rounds.models import Carrier
from tracking.shipments.models import Shipment

MISSED_AFTER: Final = timedelta(seconds=30)
RECENT: Final = timedelta(hours=2)


def pass_on(shipment: Shipment, *, at: datetime) -> PartnerBooking | None:
    """Have a shipment that no courier took handed over to whoever comes next; ``None`` where that is nobody.

    Twice is harmless.
    """
    next_ones = list(in_turn(shipment))
    if not next_ones:
        return None
    with suppress(AlreadyHandedOver, NobodyToAsk, NotToBeHandedOver):
        return handing_over.ask(shipment, next_ones, at=at)
    return None


def in_turn(shipment: Shipment) -> Iterator[Carrier]:
    """Yield the partners that came right after the crowd when it was chosen; by hand nobody else is meant.

    They end where somebody comes who is no partner: better by our own vans than by whoever comes after them.
    """
    chosen = Choice.objects.filter(shipment=shipment).select_related("carrier").order_by("-id").first()
    if chosen is None or chosen.how == How.HAND or chosen.carrier_id != shipment.carrier_id:
        return
    partners = {contract.carrier.slug: contract.carrier for contract in handing_over.bookable()}
    names = [told.sum.name for told in records.of(chosen).ranked]
    after = list(dropwhile(lambda name: name != chosen.carrier.slug, names))[1:]
    for name in takewhile(partners.__contains__, after):
        yield partners[name]


def list_missed(*, at: datetime) -> list[Shipment]:
    """Find what no courier took a moment ago, and of which no partner was asked since."""
    booked = PartnerBooking.objects.filter(shipment=OuterRef("shipment"), asked_at__gte=OuterRef("until"))
    ended = Offered.objects.filter(
        ~Exists(booked),
        offer__state=OfferState.ENDED,
        until__range=(at - RECENT, at - MISSED_AFTER),
        shipment__carrier=F("offer__carrier"),
        shipment__finished_at=None,
    )
    still_offered = Offered.objects.filter(shipment=OuterRef("shipment"), until=None)
    return [each.shipment for each in ended.exclude(Exists(still_offered)).select_related("shipment").order_by("id")]
