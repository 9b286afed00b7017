"""How near a driver was to a door, and for how long, read off where they were seen. A pure rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Protocol

from atlas import projection

LOOKED_BACK: Final = timedelta(minutes=30)
"""A visit is over by then; what was before belongs to another one."""

SEEN_WITHIN: Final = timedelta(minutes=2)
"""A driver who was seen last longer ago than that may be anywhere."""

LONGEST_GAP: Final = timedelta(seconds=60)
"""Of two sightings near the door, at most this much time between them counts as spent there."""


class Sighting(Protocol):
    """Where a driver was at a moment, in degrees; ``Position`` is one."""

    latitude: float
    longitude: float
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Attendance:
    """How far from the door a driver was at the end of a visit, and how long they had been near it."""

    distance_m: float
    dwell_seconds: int


def measure(
    sightings: Sequence[Sighting], door: tuple[float, float], *, near_m: float, at: datetime
) -> Attendance | None:
    """Measure a visit that ended at a moment; ``None`` where the driver was not seen around then.

    The sightings come in order of time; those after the moment, and those of long before, do not count.
    """
    seen = [sighting for sighting in sightings if at - LOOKED_BACK <= sighting.recorded_at <= at]
    if not seen or at - seen[-1].recorded_at > SEEN_WITHIN:
        return None
    latitudes, longitudes = [each.latitude for each in seen], [each.longitude for each in seen]
    distances = projection.distance_m(latitudes, longitudes, *door)
    visits = pairwise(zip(seen, distances, strict=True))
    dwell = sum(
        (
            min(later.recorded_at - earlier.recorded_at, LONGEST_GAP)
            for (earlier, before), (later, after) in visits
            if max(before, after) <= near_m
        ),
        timedelta(),
    )
    return Attendance(float(distances[-1]), int(dwell.total_seconds()))
