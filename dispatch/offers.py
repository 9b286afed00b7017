"""Until when what can still be changed about a delivery. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tracking.shipments.lifecycle import Status

PREPARING: Final = timedelta(minutes=30)
"""So long before it leaves a hub, a parcel is where it will be loaded from."""

AT_THE_WHEEL: Final = timedelta(minutes=10)
"""So long before the first moment at which they may be at the door, a driver should not have to read anything new."""

WAITING: Final = frozenset({Status.ATTEMPTED, Status.ON_HOLD, Status.READY_FOR_PICKUP})
"""Statuses in which nobody is going to come unless somebody says so."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a delivery stands: when it leaves its hub, and from when to when it may come."""

    status: Status
    leaves_at: datetime
    earliest: datetime
    latest: datetime


def until_it_leaves(standing: Standing, *, latest_choice: datetime | None) -> datetime | None:
    """Say until when it can be brought at another time or place; ``None`` where that is not known.

    While it waits for somebody to decide, that is the last cut-off of what can be chosen.
    """
    return latest_choice if standing.status in WAITING else standing.leaves_at - PREPARING


def until_the_door(standing: Standing) -> datetime:
    """Say until when a driver can be told what to do at the door."""
    return standing.latest if standing.status in WAITING else standing.earliest - AT_THE_WHEEL


def difference(after_kg: float | None, before_kg: float | None) -> float | None:
    """Say what another way adds to the air, less than nothing where it saves; ``None`` where either is not known."""
    return None if after_kg is None or before_kg is None else round(after_kg - before_kg, 3)
