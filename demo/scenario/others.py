"""What others than our drivers bring: a partner that is booked with, and a pickup point where people collect."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.db import transaction

from atlas.areas import Area
from carriers.models import Account, Contract, Format
from carriers.services import accounts, handing_over
from demo.scenario import cast
from demo.scenario.day import unheard
from demo.scenario.diary import Diary
from demo.scenario.orders import POSTCODE, OrderBook
from demo.scenario.tours import Drawing
from tracking.rounds.models import Carrier, Place
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment

HANDED_OVER: Final = 6
TO_BE_COLLECTED: Final = 5
ARRIVED_BEFORE: Final = timedelta(hours=2)
HUB: Final = "kluuvi"

PARTNER: Final = "Handed to a partner, which tells of it"
COLLECTED: Final = "About to be ready for pickup"


class Others:
    """What is not on our tours, at the middle of a day that is written down already. The same seed draws the same.

    ``links`` are the shipments whose links are worth showing, each with what to call it.
    """

    def __init__(self, area: Area, *, seed: int, at: datetime) -> None:
        self._at = at
        self._chance = Random(f"{seed} others")
        self._drawing = Drawing(area, self._chance)
        self._orders = OrderBook(self._chance, taken=Shipment.objects.count())
        self._diary = Diary(seed=seed)
        self.links: list[tuple[str, Shipment]] = []

    def write(self, *, terms: Mapping[str, str]) -> None:
        """Agree with the partner, who is called by these terms, have some shipments handed over, and shelve others."""
        with unheard(), shipments.silently(), transaction.atomic():
            contract = self._agree(terms)
            handed_over = [self._bring(cast.OWN_FLEET) for _ in range(HANDED_OVER)]
            for shipment in handed_over:
                handing_over.ask(shipment, [contract.carrier], at=self._at)
            collected = [self._bring(cast.PICKUP) for _ in range(TO_BE_COLLECTED)]
        self.links += [(PARTNER, handed_over[0]), (COLLECTED, collected[0])]

    def _agree(self, terms: Mapping[str, str]) -> Contract:
        """Enter the partner's account, and what is agreed about its carrier."""
        carrier, hub = Carrier.objects.get(slug=cast.THIRD_PARTY), Place.objects.get(slug=HUB)
        account = Account.objects.create(
            slug=carrier.slug,
            name=carrier.name,
            format=Format.EASYPOST,
            api_url=terms["api_url"],
            created_at=self._at,
        )
        account.carriers.add(carrier)
        accounts.set_secret(account, terms["secret"], at=self._at)
        accounts.set_api_key(account, terms["api_key"])
        return Contract.objects.create(
            account=account,
            carrier=carrier,
            service="Today",
            sender=hub.name,
            street=hub.address,
            postcode=POSTCODE,
            city="Helsinki",
            country="FI",
        )

    def _bring(self, carrier: str) -> Shipment:
        hub = Place.objects.get(slug=HUB)
        order = self._orders.order(self._drawing.door())
        return self._diary.bring(order, carrier, hub, at=self._at - ARRIVED_BEFORE)
