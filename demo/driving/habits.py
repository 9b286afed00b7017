"""How drivers and the city behave, drawn from the seed and what it is about: nothing needs remembering. Pure."""

from dataclasses import dataclass
from random import Random
from typing import Final

from atlas.streets.graph import Point
from tracking.shipments.lifecycle import Handover, Status

SERVICE_MEDIAN_SECONDS: Final = 45.0
SERVICE_SPREAD: Final = 0.45
LEAST_SERVICE_SECONDS: Final = 20.0
MOST_SERVICE_SECONDS: Final = 150.0
PACE_SPREAD: Final = 0.1
JAM_CHANCE: Final = 0.04
JAM: Final = 2.2
NOBODY_HOME_CHANCE: Final = 0.07
CANCEL_CHANCE: Final = 0.05
BREAK_CHANCE: Final = 0.5

HANDOVERS: Final = {
    Handover.RECIPIENT: 60,
    Handover.SAFE_PLACE: 16,
    Handover.RECEPTION: 14,
    Handover.NEIGHBOUR: 10,
}
"""Who takes a parcel at the door, of a hundred."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ends for one shipment."""

    status: Status
    handover: Handover | None


@dataclass(frozen=True, slots=True)
class Habits:
    """The behaviour of one day. Asking twice gives the same answer; all seconds are simulated ones."""

    seed: int

    def service_seconds(self, door: Point) -> float:
        """Draw how long a driver stays at a door: lognormal, three quarters of a minute as a rule."""
        drawn = self._chance("service", door).lognormvariate(0, SERVICE_SPREAD) * SERVICE_MEDIAN_SECONDS
        return min(max(drawn, LEAST_SERVICE_SECONDS), MOST_SERVICE_SECONDS)

    def delay(self, door: Point) -> float:
        """Draw by how much the drive to a door takes longer than on empty streets; a jam now and then."""
        chance = self._chance("drive", door)
        jam = JAM if chance.random() < JAM_CHANCE else 1.0
        return jam * chance.lognormvariate(0.03, PACE_SPREAD)

    def outcome(self, reference: str) -> Outcome:
        """Draw how a visit ends for the shipment of this reference."""
        chance = self._chance("outcome", reference)
        if chance.random() < NOBODY_HOME_CHANCE:
            return Outcome(Status.ATTEMPTED, None)
        return Outcome(Status.DELIVERED, chance.choices(list(HANDOVERS), weights=list(HANDOVERS.values()))[0])

    def has_break_after(self, door: Point, *, is_halfway: bool) -> bool:
        """Draw whether a driver takes a break after a door; only ever half way."""
        return is_halfway and self._chance("break", door).random() < BREAK_CHANCE

    def somebody_cancels_during(self, door: Point) -> bool:
        """Draw whether, while the driver is at this door, somebody further on the way calls their delivery off."""
        return self._chance("cancel", door).random() < CANCEL_CHANCE

    def _chance(self, what: str, about: Point | str) -> Random:
        return Random(f"{self.seed} {what} {about}")
