"""The only writer of shipments, their events and the ledger of their windows.

Every change of a fact that a shopper can see adds one to the shipment's version, in the same transaction. Locks are
taken in one order, route before shipment and shipments by id, so that two drivers' phones never wait for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from tracking.rounds import services as rounds
from tracking.rounds.models import Carrier, Route, Stop, StopState
from tracking.shipments import lifecycle, signals, window
from tracking.shipments.lifecycle import FINISHED, Handover, Status
from tracking.shipments.models import Brand, Parcel, Shipment, StatusEvent, WindowChange
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause, Window

OWN_SOURCE: Final = "doorstep"
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
EXPECTED: Final = frozenset({Status.PLANNED, Status.OUT_FOR_DELIVERY})
"""Statuses in which somebody waits for a driver at a stop."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who a shipment goes to, and where: the address as written, its point in degrees, its time zone's name."""

    name: str
    street: str
    postcode: str
    city: str
    timezone: str
    latitude: float | None = None
    longitude: float | None = None
    email: str = ""
    phone: str = ""
    access_code: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a carrier or device says happened. ``status`` is ``None`` where its code is unknown to us.

    ``external_id`` is the source's own name of the event; ``voids`` the external id of the event it corrects;
    ``parcel_number`` the one parcel it is about, where it is not about all.
    """

    source: str
    external_id: str
    occurred_at: datetime
    status: Status | None
    parcel_number: str = ""
    place: str = ""
    raw_code: str = ""
    voids: str = ""


class UnknownParcel(Exception):
    """A report names a parcel that this shipment does not have."""


@transaction.atomic
def create(
    brand: Brand,
    *,
    reference: str,
    recipient: Recipient,
    parcel_numbers: Sequence[str],
    at: datetime,
    carrier: Carrier | None = None,
) -> Shipment:
    """Take an order in: the shipment, its parcels, and the first line of its history.

    Raises ``django.db.IntegrityError`` where the brand has used the reference before.
    """
    shipment = Shipment.objects.create(
        brand=brand,
        reference=reference,
        carrier=carrier,
        recipient_name=recipient.name,
        street=recipient.street,
        postcode=recipient.postcode,
        city=recipient.city,
        timezone=recipient.timezone,
        latitude=recipient.latitude,
        longitude=recipient.longitude,
        email=recipient.email,
        phone=recipient.phone,
        access_code=recipient.access_code,
        changed_at=at,
        created_at=at,
    )
    Parcel.objects.bulk_create(Parcel(shipment=shipment, number=number) for number in parcel_numbers)
    event = _write_event(shipment, status=Status.CREATED, at=at)
    _announce(event)
    return shipment


@transaction.atomic
def record(
    shipment: Shipment,
    to: Status,
    *,
    at: datetime,
    handover: Handover | None = None,
    place: str = "",
    by: User | None = None,
) -> StatusEvent:
    """Take a shipment one step on, record the step, and tell whoever listens.

    A step that ends the visit to its stop completes the stop, or removes it where nobody came to the door.

    Raises ``lifecycle.IllegalStep`` where the step is not allowed; nothing has changed then.
    """
    shipment = _lock(shipment)
    lifecycle.require_step(Status(shipment.status), to)
    event = _write_event(shipment, status=to, at=at, place=place, by=by)
    _settle(shipment, at=at, handover=handover)
    _announce(event)
    return event


@transaction.atomic
def ingest(shipment: Shipment, report: Report, *, at: datetime) -> StatusEvent | None:
    """Write down what a carrier or device reports, and let the status follow from all that is known.

    Never refused for its order; a moment in the future counts as ``at``. Twice is harmless: the second time gives
    ``None`` and changes nothing.

    Raises ``UnknownParcel`` where it names a parcel that the shipment does not have.
    """
    shipment = _lock(shipment)
    parcel = _find_parcel(shipment, report.parcel_number)
    occurred_at = report.occurred_at if report.occurred_at <= at + CLOCK_TOLERANCE else at
    event, is_new = StatusEvent.objects.get_or_create(
        source=report.source,
        external_id=report.external_id,
        defaults={
            "shipment": shipment,
            "parcel": parcel,
            "status": report.status or "",
            "occurred_at": occurred_at,
            "received_at": at,
            "place": report.place,
            "raw_code": report.raw_code,
            "voids": report.voids,
        },
    )
    if not is_new:
        return None
    _settle(shipment, at=at, handover=None)
    _announce(event)
    return event


@transaction.atomic
def assign(shipment: Shipment, stop: Stop, *, at: datetime) -> None:
    """Put a shipment on a stop of a route; the stop it was on before goes when nobody else is waiting there."""
    shipment = _lock(shipment, and_route_id=stop.route_id)
    left, shipment.stop, shipment.hub = shipment.stop, stop, stop.route.hub
    shipment.save(update_fields=["stop", "hub"])
    _touch([shipment.id], at=at)
    if left is not None and left.id != stop.id:
        _leave_stop(left, StopState.REMOVED, at=at)
        _announce_stops(left.route_id, StopsChange.REMOVED)
    _announce_stops(stop.route_id, StopsChange.ADDED)


@transaction.atomic
def withdraw(shipment: Shipment, *, at: datetime) -> None:
    """Take a shipment off its stop before the driver got there; the stop goes when nobody else is waiting at it."""
    shipment = _lock(shipment)
    stop = shipment.stop
    if stop is None:
        return
    shipment.stop = None
    shipment.save(update_fields=["stop"])
    _touch([shipment.id], at=at)
    _leave_stop(stop, StopState.REMOVED, at=at)
    _announce_stops(stop.route_id, StopsChange.REMOVED)
    _announce_windows([shipment.id])


@transaction.atomic
def set_off(route: Route, *, at: datetime) -> Route:
    """Start a route: everything loaded for it is on its way from now on.

    Raises ``rounds.services.AlreadyUnderWay`` where it has set off before.
    """
    route = rounds.start_route(route, at=at)
    loaded = Shipment.objects.filter(stop__route=route, status=Status.OUT_FOR_DELIVERY)
    _touch(list(loaded.values_list("id", flat=True)), at=at)
    _announce_stops(route.id, StopsChange.SET_OFF)
    return route


@transaction.atomic
def promise(shipment: Shipment, *, start: datetime, end: datetime, at: datetime) -> None:
    """Write down what the shopper was promised; delay is measured against it."""
    shipment = _lock(shipment)
    shipment.promised_start, shipment.promised_end = start, end
    shipment.save(update_fields=["promised_start", "promised_end"])
    _touch([shipment.id], at=at)
    _announce_windows([shipment.id])


def estimate(shipment: Shipment, found: Window, *, cause: Cause, at: datetime) -> bool:
    """Tell one shopper a window, if it differs enough from what they were told. Says whether it did."""
    route_id = shipment.stop.route_id if shipment.stop else None
    return bool(estimate_all({shipment.id: (found, cause)}, route_id=route_id, at=at))


@transaction.atomic
def estimate_all(found: Mapping[int, tuple[Window, Cause]], *, route_id: int | None, at: datetime) -> list[int]:
    """Tell the shoppers of one route their windows, by shipment id, each with its cause.

    Only those whose window is worth telling anew get a new one, a line in the ledger and a new version; gives their
    ids. Shipments that have ended meanwhile are left alone.
    """
    if route_id is not None:
        rounds.lock_route(route_id)
    shipments = Shipment.objects.unfinished().filter(id__in=found).select_for_update().order_by("id")
    told = [
        shipment for shipment in shipments if window.is_worth_telling(shipment.window, found[shipment.id][0], at=at)
    ]
    WindowChange.objects.bulk_create(_ledger_line(shipment, *found[shipment.id], at=at) for shipment in told)
    for shipment in told:
        _tell(shipment, *found[shipment.id])
    Shipment.objects.bulk_update(told, ["window_date", "window_start", "window_end", "window_cause"])
    ids = [shipment.id for shipment in told]
    _touch(ids, at=at)
    if ids:
        _announce_windows(ids)
    return ids


@transaction.atomic
def approach(stop_ids: Sequence[int], *, at: datetime) -> None:
    """Note that a driver is about to reach these stops. Twice is harmless."""
    fresh = [stop_id for stop_id in stop_ids if rounds.approach([stop_id], at=at)]
    waiting = Shipment.objects.filter(stop__in=fresh, status=Status.OUT_FOR_DELIVERY)
    ids = list(waiting.values_list("id", flat=True))
    _touch(ids, at=at)
    if ids:
        _announce_windows(ids)


def _lock(shipment: Shipment, *, and_route_id: int | None = None) -> Shipment:
    """Lock a shipment, after the route it is on and the one it goes to."""
    route_id = Shipment.objects.filter(id=shipment.id).values_list("stop__route_id", flat=True).get()
    for locked_id in sorted({locked_id for locked_id in (route_id, and_route_id) if locked_id is not None}):
        rounds.lock_route(locked_id)
    return Shipment.objects.select_for_update(of=("self",)).select_related("stop").get(id=shipment.id)


def _write_event(
    shipment: Shipment, *, status: Status, at: datetime, place: str = "", by: User | None = None
) -> StatusEvent:
    return StatusEvent.objects.create(
        shipment=shipment,
        status=status,
        occurred_at=at,
        received_at=at,
        source=OWN_SOURCE,
        external_id=uuid4().hex,
        place=place,
        by=by,
    )


def _find_parcel(shipment: Shipment, number: str) -> Parcel | None:
    if not number:
        return None
    try:
        return shipment.parcels.get(number=number)
    except Parcel.DoesNotExist as error:
        raise UnknownParcel(f"{shipment.reference} has no parcel {number}.") from error


def _settle(shipment: Shipment, *, at: datetime, handover: Handover | None) -> None:
    """Let the statuses of a locked shipment and its parcels follow from their events, and its stop from them."""
    before = Status(shipment.status)
    events = list(shipment.events.all())
    parcels = list(shipment.parcels.all())
    for parcel in parcels:
        parcel.status = lifecycle.fold(event for event in events if event.parcel_id in (None, parcel.id))
    Parcel.objects.bulk_update(parcels, ["status"])
    shipment.status = (
        lifecycle.combine(Status(parcel.status) for parcel in parcels) if parcels else lifecycle.fold(events)
    )
    if shipment.status not in FINISHED:
        shipment.finished_at = None
    elif shipment.finished_at is None:
        shipment.finished_at = at
    if shipment.status == Status.DELIVERED:
        shipment.handover = handover or shipment.handover or Handover.RECIPIENT
    elif shipment.status not in lifecycle.STEPS[Status.DELIVERED] | {Status.RETURNED}:
        shipment.handover = ""
    shipment.save(update_fields=["status", "finished_at", "handover"])
    _touch([shipment.id], at=at)
    if shipment.stop is not None and before in EXPECTED and shipment.status not in EXPECTED:
        was_visited = shipment.status in {Status.DELIVERED, Status.ATTEMPTED}
        _leave_stop(shipment.stop, StopState.DONE if was_visited else StopState.REMOVED, at=at)


def _leave_stop(stop: Stop, state: StopState, *, at: datetime) -> None:
    """Settle a stop once nothing is left to do there, and count the stops away of those after it anew.

    A visited stop is done although a parcel that was never loaded was meant for it too.
    """
    keeps_it = {Status.OUT_FOR_DELIVERY} if state == StopState.DONE else EXPECTED
    if Shipment.objects.filter(stop=stop, status__in=keeps_it).exists():
        return
    if rounds.settle_stop(stop.id, state, at=at):
        behind = Shipment.objects.on_the_road().filter(stop__route=stop.route_id, stop__sequence__gt=stop.sequence)
        _touch(list(behind.values_list("id", flat=True)), at=at)
        _announce_stops(stop.route_id, StopsChange.DONE if state == StopState.DONE else StopsChange.REMOVED)


def _ledger_line(shipment: Shipment, found: Window, cause: Cause, *, at: datetime) -> WindowChange:
    return WindowChange(
        shipment=shipment,
        at=at,
        cause=cause,
        date=found.date,
        start=found.start,
        end=found.end,
        previous_start=shipment.window_start,
        previous_end=shipment.window_end,
    )


def _tell(shipment: Shipment, found: Window, cause: Cause) -> None:
    shipment.window_date, shipment.window_start, shipment.window_end = found.date, found.start, found.end
    shipment.window_cause = cause


def _touch(shipment_ids: Sequence[int], *, at: datetime) -> None:
    Shipment.objects.filter(id__in=shipment_ids).update(**_touched(at))


def _touched(at: datetime) -> dict[str, object]:
    return {"version": F("version") + 1, "changed_at": at}


def _announce(event: StatusEvent) -> None:
    ids = {"event_id": event.id, "shipment_id": event.shipment_id}
    transaction.on_commit(lambda: signals.status_changed.send_robust(StatusEvent, **ids))


def _announce_windows(shipment_ids: Sequence[int]) -> None:
    transaction.on_commit(lambda: signals.window_changed.send_robust(Shipment, shipment_ids=shipment_ids))


def _announce_stops(route_id: int, change: StopsChange) -> None:
    transaction.on_commit(lambda: signals.stops_changed.send_robust(Route, route_id=route_id, change=change))
