"""The one list of what may leave the house about a shipment; every public representation is built from it.

What is not a field here is not public: no phone, no address, no other stop, no other parcel, no internal id. Page,
JSON, text, calendar and WebSocket differ in form alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Final

from django.utils.translation import gettext as _

from tracking import visibility
from tracking.rounds.models import RouteState, Stop, Vehicle
from tracking.shipments import lifecycle, window
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent
from tracking.shipments.window import Cause, Window
from tracking.visibility import Door, Fix, Sight

AWAITED: Final = frozenset({Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED, Status.OUT_FOR_DELIVERY})
"""Statuses in which a time of delivery means something."""

PHONE_ENDS: Final = 7
"""So many digits at the end of a phone number are the same with and without the codes before them."""


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
    """One line of the history. ``status`` is ``None`` for an update that we could not read."""

    at: datetime
    status: str | None
    label: str
    place: str


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


def gather(shipment: Shipment, *, fix: Fix | None, at: datetime) -> Facts:
    """Collect the facts of a shipment that was fetched ``with_round``. Three queries, however long its history.

    ``fix`` is the last fix that was published to this shipment's readers, and is judged once more here.
    """
    stop, round_stops = shipment.stop, _round_stops(shipment)
    stops_before = count_stops_before(stop, round_stops) if stop else None
    driver = _driver(shipment, stops_before, round_stops, fix=fix, at=at)
    position = driver.position if driver else None
    told = _told(shipment, at=at)
    is_for_today = told is None or told.date == at.astimezone(shipment.zone).date()
    is_delayed = not shipment.is_finished and window.is_late(told or shipment.window, shipment.promised_end)
    as_of = max(shipment.changed_at, position.recorded_at) if position else shipment.changed_at
    return Facts(
        reference=shipment.reference,
        version=shipment.version,
        status=Status(shipment.status),
        status_label=_label(shipment.status, is_for_today=is_for_today),
        conditions=_conditions(shipment, stops_before, position, is_delayed=is_delayed),
        handover=shipment.handover if shipment.handover and shipment.status == Status.DELIVERED else None,
        window=_window(shipment, told) if told else None,
        stops_before=stops_before if shipment.is_out_for_delivery else None,
        driver=driver,
        parcels=tuple(_parcel(parcel, is_for_today=is_for_today) for parcel in shipment.parcels.all()),
        events=_history(shipment),
        actions=(),
        as_of=as_of.astimezone(shipment.zone),
    )


def count_stops_before(stop: Stop, round_stops: Sequence[Stop]) -> int | None:
    """Count the stops that the driver still makes before this one; ``None`` where they are not coming to it.

    Stops of another route of theirs do not count.
    """
    if not stop.is_pending or stop.route.state != RouteState.ACTIVE:
        return None
    of_route = (other for other in round_stops if other.route_id == stop.route_id)
    return sum(other.is_pending and other.sequence < stop.sequence for other in of_route)


def sight_of(shipment: Shipment, stops_before: int | None) -> Sight:
    """Say what the rule of visibility needs to know of a shipment that was fetched ``with_round``."""
    return Sight(
        status=Status(shipment.status),
        stops_before=stops_before,
        window_start=shipment.window_start,
        from_stops=shipment.brand.shows_driver_from_stops,
        from_minutes=shipment.brand.shows_driver_from_minutes,
        is_driver_working=shipment.stop is not None and shipment.stop.route.shift.is_working,
    )


def doors_of(round_stops: Sequence[Stop]) -> list[Door]:
    """List the doors of a round that a position must not give away."""
    return [Door(stop.id, stop.latitude, stop.longitude) for stop in round_stops]


def as_json(facts: Facts) -> dict[str, Any]:
    """Put facts into the form of CONTRACT's ``/t/<token>.json``."""
    told, driver = facts.window, facts.driver
    return {
        "reference": facts.reference,
        "version": facts.version,
        "status": facts.status.value,
        "status_label": facts.status_label,
        "conditions": list(facts.conditions),
        "handover": facts.handover,
        "window": told and {field: _plain(getattr(told, field)) for field in WindowFact.__slots__},
        "stops_before": facts.stops_before,
        "driver": driver
        and {"name": driver.name, "vehicle": driver.vehicle, "position": position_as_json(driver.position)},
        "parcels": [{field: getattr(parcel, field) for field in ParcelFact.__slots__} for parcel in facts.parcels],
        "events": [{field: _plain(getattr(event, field)) for field in EventFact.__slots__} for event in facts.events],
        "actions": list(facts.actions),
        "as_of": facts.as_of.isoformat(),
    }


def position_as_json(position: PositionFact | None) -> dict[str, Any] | None:
    """Put a position into the form of CONTRACT."""
    if position is None:
        return None
    return {field: _plain(getattr(position, field)) for field in PositionFact.__slots__}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _round_stops(shipment: Shipment) -> list[Stop]:
    """List every door that the driver of a shipment on its way has, on whichever route."""
    if shipment.stop is None or not shipment.is_out_for_delivery:
        return []
    return list(Stop.objects.kept().of_driver(shipment.stop.route.shift.driver_id))


def _driver(
    shipment: Shipment, stops_before: int | None, round_stops: Sequence[Stop], *, fix: Fix | None, at: datetime
) -> DriverFact | None:
    if shipment.stop is None or stops_before is None or not shipment.is_out_for_delivery:
        return None
    driver = shipment.stop.route.shift.driver
    position = None
    if (
        fix is not None
        and visibility.is_driver_visible(sight_of(shipment, stops_before), at=at)
        and visibility.is_shown(fix, doors_of(round_stops), shipment.stop.id, at=at)
    ):
        recorded_at = fix.recorded_at.astimezone(shipment.zone)
        is_stale = at - recorded_at > visibility.STALE_AFTER
        position = PositionFact(fix.latitude, fix.longitude, fix.heading, recorded_at, is_stale)
    return DriverFact(driver.given_name, Vehicle(driver.vehicle).value, position)


def _conditions(
    shipment: Shipment, stops_before: int | None, position: PositionFact | None, *, is_delayed: bool
) -> tuple[str, ...]:
    is_next = shipment.is_out_for_delivery and stops_before == 0
    is_near = shipment.stop is not None and shipment.stop.approached_at is not None
    holds = {
        "delayed": is_delayed,
        "next": is_next,
        "arriving": is_next and is_near,
        "stale": position is not None and position.is_stale,
    }
    return tuple(condition for condition, is_true in holds.items() if is_true)


def _told(shipment: Shipment, *, at: datetime) -> Window | None:
    """Say when it comes, as it is told now: as it was told last, or else promised, but never past."""
    told = shipment.window or _promised(shipment)
    if told is None or shipment.status not in AWAITED:
        return None
    return window.not_past(told, at=at, zone=shipment.zone)


def _window(shipment: Shipment, told: Window) -> WindowFact:
    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(shipment.zone)

    return WindowFact(
        date=told.date,
        start=local(told.start),
        end=local(told.end),
        timezone=shipment.timezone,
        promised_start=local(shipment.promised_start),
        promised_end=local(shipment.promised_end),
        reason=str(Cause(shipment.window_cause).label) if shipment.window_cause else "",
    )


def _promised(shipment: Shipment) -> Window | None:
    if shipment.promised_start is None or shipment.promised_end is None:
        return None
    day = shipment.promised_start.astimezone(shipment.zone).date()
    return Window(date=day, start=shipment.promised_start, end=shipment.promised_end)


def _parcel(parcel: Parcel, *, is_for_today: bool) -> ParcelFact:
    return ParcelFact(parcel.number, parcel.status, _label(parcel.status, is_for_today=is_for_today))


def _label(status: str, *, is_for_today: bool) -> str:
    """Name a status; a plan is for today only where it is."""
    return _("Planned") if status == Status.PLANNED and not is_for_today else str(Status(status).label)


def _history(shipment: Shipment) -> tuple[EventFact, ...]:
    private = _private(shipment)
    events = lifecycle.in_order(shipment.events.all())
    return tuple(_event(event, shipment.zone, private) for event in events)


def _event(event: StatusEvent, zone: tzinfo, private: Sequence[Sequence[str]]) -> EventFact:
    written = _letters(event.place)
    tells_on_shopper = any(all(part in written for part in parts) for parts in private)
    place = "" if tells_on_shopper else event.place
    return EventFact(event.occurred_at.astimezone(zone), event.status or None, _event_label(event.status), place)


def _event_label(status: str) -> str:
    """Name what happened; a plan for today was one for another day, read later."""
    if not status:
        return _("Update received")
    return _("Planned for delivery") if status == Status.PLANNED else str(Status(status).label)


def _private(shipment: Shipment) -> list[list[str]]:
    """List what a carrier may write into a place and nobody may read there, each as the parts that together tell it."""
    wholes = [shipment.street, shipment.email, _letters(shipment.phone)[-PHONE_ENDS:], shipment.access_code]
    names = [_letters(name) for name in shipment.recipient_name.split()]
    return [parts for parts in [names, *([_letters(whole)] for whole in wholes)] if all(parts) and parts]


def _letters(text: str) -> str:
    """Keep what is the same however a text is written: its letters and digits, without case."""
    return "".join(character for character in text.casefold() if character.isalnum())
