"""Who watches whom."""

from dataclasses import dataclass
from typing import Final

DRIVERS: Final = 50
VIEWERS_PER_DRIVER: Final = 40


@dataclass(frozen=True)
class Round:
    """A driver's address for positions, and who watches: shipments by id, and a token for each."""

    gps_key: str
    shipment_ids: list[int]
    tokens: list[str]
