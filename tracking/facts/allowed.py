"""What may leave the house, field by field, and nothing else."""

from dataclasses import dataclass
from datetime import date, datetime, time

from tracking.shipments.lifecycle import Status


@dataclass(frozen=True, slots=True)
class WindowFact:
    """When it comes, in the destination's zone: a day, or a time between two moments."""

    date: date
    start: datetime | None
    end: datetime | None
    timezone: str
    promised_start: datetime | None
    promised_end: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class PickupFact:
    """Where a shopper collects it who asked for that; ``hours`` and ``until`` as far as they are known."""

    place: str
    address: str
    hours: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PositionFact:
    """Where the driver was last seen, if this reader may know."""

    lat: float
    lon: float
    heading: float | None
    recorded_at: datetime
    is_stale: bool


@dataclass(frozen=True, slots=True)
class DriverFact:
    """Who brings it: a given name and a vehicle."""

    name: str
    vehicle: str
    position: PositionFact | None


@dataclass(frozen=True, slots=True)
class ParcelFact:
    """One parcel of this shipment."""

    number: str
    status: str
    status_label: str


@dataclass(frozen=True, slots=True)
class EventFact:
    """One line of the history. ``status`` is ``None`` for an update that we could not read.

    ``reason`` says why it was not handed over, where that is known.
    """

    at: datetime
    status: str | None
    label: str
    place: str
    reason: str | None = None

    @property
    def has_time(self) -> bool:
        """Whether more is known than its day: what a carrier dates without a time is kept as midnight."""
        return self.at.time() != time()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the holder of a link may know, at one moment."""

    reference: str
    version: int
    status: Status
    status_label: str
    conditions: tuple[str, ...]
    handover: str | None
    window: WindowFact | None
    stops_before: int | None
    driver: DriverFact | None
    parcels: tuple[ParcelFact, ...]
    events: tuple[EventFact, ...]
    actions: tuple[str, ...]
    as_of: datetime
    pickup: PickupFact | None = None
