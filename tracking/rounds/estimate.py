"""When a driver will reach each stop: the first, plain forecast. Pure; a better model can take its place.

The rest of the route is driven in the mind: street times between the doors, a stop time at each. What is not known
makes the window wide: every leg and every stop adds its own spread, the drive as a whole a common one (traffic is bad
for all legs at once), and a driver who has not been heard of for a while may be anywhere on the way.

The spreads are priors, judged from published figures: urban travel times vary by a quarter between like drives, stop
times by more than half (a parcel is handed over in one minute or in six), and lateness is likelier than earliness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

LEG_SPREAD: Final = 0.25
STOP_SPREAD: Final = 0.6
COMMON_SPREAD: Final = 0.08
SILENCE_SPREAD: Final = 0.5
EARLY_SPREADS: Final = 1.3
LATE_SPREADS: Final = 1.7
LEAST_AT_DOOR_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """One stop to come: the drive to it from the one before (the first: from the driver), and the time at its door."""

    stop_id: int
    travel_seconds: float
    service_seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a round stands at ``at``.

    ``seen_at`` is when the driver was last heard of, ``None`` for never; ``at_first_door_since`` is set while they are
    at the first stop ahead; ``pause_seconds`` is what is left of a break.
    """

    at: datetime
    seen_at: datetime | None
    at_first_door_since: datetime | None = None
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a stop will be reached: some 10% of the time earlier than ``low``, some 10% later than ``high``."""

    stop_id: int
    low: datetime
    middle: datetime
    high: datetime


def forecast(progress: Progress, ahead: Sequence[Ahead]) -> list[Arrival]:
    """Foretell the arrival at each stop, in order. Never past: no ``low`` lies before ``progress.at``."""
    if not ahead:
        return []
    age = (progress.at - progress.seen_at).total_seconds() if progress.seen_at else 0.0
    expected = progress.pause_seconds
    variance = (progress.pause_seconds * STOP_SPREAD) ** 2 + (max(age, 0.0) * SILENCE_SPREAD) ** 2
    arrivals = []
    for position, stop in enumerate(ahead):
        is_there = position == 0 and progress.at_first_door_since is not None
        if not is_there:
            expected += stop.travel_seconds
            variance += (stop.travel_seconds * LEG_SPREAD) ** 2
        arrivals.append(_arrival(stop.stop_id, progress.at, expected, variance))
        expected += _left_at_door(stop, progress) if is_there else stop.service_seconds
        variance += (stop.service_seconds * STOP_SPREAD) ** 2
    return arrivals


def _left_at_door(stop: Ahead, progress: Progress) -> float:
    since = progress.at_first_door_since or progress.at
    return max(stop.service_seconds - (progress.at - since).total_seconds(), LEAST_AT_DOOR_SECONDS)


def _arrival(stop_id: int, at: datetime, expected: float, variance: float) -> Arrival:
    spread = sqrt(variance + (expected * COMMON_SPREAD) ** 2)
    return Arrival(
        stop_id=stop_id,
        low=at + timedelta(seconds=max(expected - EARLY_SPREADS * spread, 0.0)),
        middle=at + timedelta(seconds=expected),
        high=at + timedelta(seconds=expected + LATE_SPREADS * spread),
    )
