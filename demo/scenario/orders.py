"""Orders: who ordered what from whom, to which door. Pure; numbered so that no two orders of a day are alike."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from atlas.addresses import Address
from demo.scenario import cast
from demo.scenario.cast import BrandPart
from demo.scenario.tours import Visit
from tracking.shipments.services import Recipient

FIRST_NUMBER: Final = 10_482
STEP: Final = 7
TWO_HOUSEHOLDS_CHANCE: Final = 0.12
TWO_PARCELS_CHANCE: Final = 0.2
POSTCODE: Final = "00100"
"""For doors of which the map does not say it: the middle of the city."""


NUMBERS: Final = 1_000
"""How many phone numbers there are, so that few shoppers share one: who has had enough texts gets no more that day."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as a shop hands it over."""

    brand: BrandPart
    reference: str
    recipient: Recipient
    parcel_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errand:
    """A visit of a tour with the orders that are brought there."""

    visit: Visit
    orders: tuple[Order, ...]


class OrderBook:
    """Draws orders; ``taken`` is how many there are already."""

    def __init__(self, chance: Random, *, taken: int = 0) -> None:
        self._chance = chance
        self._taken = taken

    def errands(self, visits: Sequence[Visit]) -> list[Errand]:
        """Draw what is brought on a tour: here and there to two households of a house, here and there two parcels."""
        return [Errand(visit, self._orders(visit.door)) for visit in visits]

    def order(self, door: Address, *, parcels: int = 1) -> Order:
        """Draw an order to a door."""
        number = FIRST_NUMBER + STEP * self._taken + self._chance.randrange(STEP)
        self._taken += 1
        brand = self._chance.choice(cast.BRANDS)
        return Order(
            brand=brand,
            reference=f"{brand.prefix}-{number}",
            recipient=self._recipient(door),
            parcel_numbers=tuple(f"{brand.prefix}{number}{parcel:02d}" for parcel in range(1, parcels + 1)),
        )

    def _orders(self, door: Address) -> tuple[Order, ...]:
        households = 2 if self._chance.random() < TWO_HOUSEHOLDS_CHANCE else 1
        return tuple(
            self.order(door, parcels=2 if self._chance.random() < TWO_PARCELS_CHANCE else 1) for _ in range(households)
        )

    def _recipient(self, door: Address) -> Recipient:
        given, family = self._chance.choice(cast.GIVEN_NAMES), self._chance.choice(cast.FAMILY_NAMES)
        staircase, flat = self._chance.choice("ABC"), self._chance.randint(1, 48)
        return Recipient(
            name=f"{given} {family}",
            street=f"{door.street} {door.number} {staircase} {flat}",
            postcode=door.postcode or POSTCODE,
            city=door.city or "Helsinki",
            timezone=cast.TIMEZONE,
            latitude=door.latitude,
            longitude=door.longitude,
            email=f"{_plain(given)}.{_plain(family)}@example.org",
            phone=f"+358400000{self._taken % NUMBERS:03d}",
            language=cast.LANGUAGES[self._taken % len(cast.LANGUAGES)],
            access_code=f"{self._chance.randrange(10_000):04d}",
        )


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name.lower())
    return decomposed.encode("ascii", "ignore").decode()
