"""What a delivery costs and does to the air, by rates. Pure; money in cents of the currency, to the last one."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
GRAM: Final = Decimal(1)
THOUSAND: Final = Decimal(1_000)


@dataclass(frozen=True, slots=True)
class Rates:
    """What somebody takes for a delivery: so much each, for each kilogram, and for each kilometre."""

    base: Decimal
    per_kg: Decimal = Decimal(0)
    per_km: Decimal = Decimal(0)

    def cost(self, *, mass_g: int, metres: int | None) -> Decimal | None:
        """Say what it comes to; ``None`` where kilometres cost something and nobody knows how many they are."""
        if metres is None and self.per_km:
            return None
        found = self.base + self.per_kg * mass_g / THOUSAND + self.per_km * (metres or 0) / THOUSAND
        return found.quantize(CENT, ROUND_HALF_UP)


def share_of_round(metres: int, *, doors: int, between: int) -> int:
    """Say how far is driven for one of so many doors: its share of the way there and back, and on to the next.

    C. F. Daganzo, "The distance traveled to visit N points with a maximum of C stops per vehicle", Transportation
    Science 18 (1984): 2 r / C and a constant by how close doors are to each other.
    """
    return round(2 * metres / doors) + between


def grams(kg_per_km: float, metres: int) -> Decimal:
    """Say what driving so far does to the air, in whole grams of CO2e."""
    return (Decimal(str(kg_per_km)) * metres).quantize(GRAM, ROUND_HALF_UP)
