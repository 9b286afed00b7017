"""The steps of a shipment's life: our own commands, and what carriers and devices report."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max

from tracking.rounds.models import StopState
from tracking.shipments import chain, lifecycle
from tracking.shipments.lifecycle import FINISHED, Handover, Status
from tracking.shipments.models import WINDOW_FIELDS, Parcel, Shipment, StatusEvent
from tracking.shipments.reasons import Reason
from tracking.shipments.services import stops, versions

OWN_SOURCE: Final = "doorstep"
CLOCK_TOLERANCE: Final = timedelta(minutes=5)

_is_silent: Final = ContextVar("is_silent", default=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What a carrier or device says happened. ``status`` is ``None`` where its code is unknown to us.

    ``external_id`` is the source's own name of the event; ``voids`` the external id of the event it corrects;
    ``parcel_number`` the one parcel it is about, where it is not about all; ``reason`` why it was not handed over,
    ``handover`` who took what was delivered.
    """

    source: str
    external_id: str
    occurred_at: datetime
    status: Status | None
    parcel_number: str = ""
    place: str = ""
    raw_code: str = ""
    reason: Reason | None = None
    voids: str = ""
    handover: Handover | None = None


class NothingToTakeBack(Exception):
    """What is to be taken back is no step, or counts no more already."""


class UnknownParcel(Exception):
    """A report names a parcel that this shipment does not have."""


@contextmanager
def silently() -> Iterator[None]:
    """Let nobody be sent a message about what is written down meanwhile: bulk edits, corrections of old records.

    Open pages show it all the same.
    """
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)


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

    The step follows all that is known, even what a carrier's clock dates a little later. One that ends the visit to
    its stop completes the stop, or removes it where nobody came to the door.

    Raises ``lifecycle.IllegalStep`` where the step is not allowed; nothing has changed then.
    """
    shipment = versions.lock(shipment)
    lifecycle.require_step(Status(shipment.status), to)
    event = write_event(shipment, status=to, at=_after_all_known(shipment, at), place=place, by=by)
    _settle(shipment, at=at, ended_at=at, handover=handover)
    versions.announce_event(event)
    return event


def ingest(shipment: Shipment, report: Report, *, at: datetime) -> StatusEvent | None:
    """Write down what a carrier or device reports, and let the status follow from all that is known.

    Never refused for its order; a moment in the future counts as ``at``. Twice is harmless: the second time gives
    ``None`` and changes nothing.

    Raises ``UnknownParcel`` where it names a parcel that the shipment does not have.
    """
    return next(iter(ingest_all(shipment, [report], at=at)), None)


@transaction.atomic
def ingest_all(shipment: Shipment, reports: Sequence[Report], *, at: datetime) -> list[StatusEvent]:
    """Write down all that is reported of one shipment at once, as ``ingest`` does; gives what was not known yet.

    As many queries as for one report.
    """
    shipment = versions.lock(shipment)
    parcels = {parcel.number: parcel for parcel in shipment.parcels.all()}
    for report in reports:
        if report.parcel_number and report.parcel_number not in parcels:
            raise UnknownParcel(f"{shipment.reference} has no parcel {report.parcel_number}.")
    known = list(shipment.events.select_related("parcel").order_by("id"))
    told = {(report.source, report.external_id): _event_of(shipment, report, parcels, at=at) for report in reports}
    written = _write_new(told, known)
    if written:
        story = [*known, *written], [*parcels.values()]
        _settle(shipment, at=at, ended_at=_ended_at(written), handover=_handover(reports), story=story)
    for event in written:
        versions.announce_event(event)
    return written


@transaction.atomic
def take_back(shipment: Shipment, event: StatusEvent, *, at: datetime, by: User) -> StatusEvent:
    """Let a step that was recorded or reported by mistake count no more, and the status follow from all others.

    It stays in the history, with the correction, which is in the name of the step's own source: nobody's can void
    another's. Who is out for delivery again but whose stop is done has none: where it goes next is to be planned anew.
    Nobody is sent a message.

    Raises ``NothingToTakeBack``; nothing has changed then.
    """
    shipment = versions.lock(shipment)
    if event not in lifecycle.standing(shipment.events.all()) or event.status in ("", Status.CREATED):
        raise NothingToTakeBack
    correction = StatusEvent(
        shipment=shipment,
        parcel=event.parcel,
        occurred_at=at,
        received_at=at,
        source=event.source,
        external_id=f"{OWN_SOURCE}-{uuid4().hex}",
        voids=event.external_id,
        by=by,
        is_silent=True,
    )
    correction.link = _next_link(shipment, correction)
    correction.save(force_insert=True)
    _settle(shipment, at=at, ended_at=at, handover=None)
    if shipment.stop is not None and shipment.status in stops.EXPECTED and not shipment.stop.is_pending:
        shipment.stop = None
        shipment.save(update_fields=["stop"])
    versions.announce_event(correction)
    return correction


def write_event(
    shipment: Shipment, *, status: Status, at: datetime, place: str = "", by: User | None = None
) -> StatusEvent:
    """Write one of our own events down."""
    event = StatusEvent(
        shipment=shipment,
        status=status,
        occurred_at=at,
        received_at=at,
        source=OWN_SOURCE,
        external_id=uuid4().hex,
        place=place,
        by=by,
        is_silent=_is_silent.get(),
    )
    event.link = _next_link(shipment, event)
    event.save(force_insert=True)
    return event


def _next_link(shipment: Shipment, event: StatusEvent) -> str:
    """Bind an event to what was written last about a shipment that is locked, or new."""
    # All of them and not the last: asked for one row by its id, a database reads back through everybody's events.
    written = shipment.events.values_list("id", "link")
    _, last = max(written, default=(0, chain.BEGINNING))
    return chain.Happening.of(event).link(last)


def _after_all_known(shipment: Shipment, at: datetime) -> datetime:
    latest: datetime | None = shipment.events.aggregate(latest=Max("occurred_at"))["latest"]
    return at if latest is None else max(at, latest + timedelta(microseconds=1))


def _event_of(shipment: Shipment, report: Report, parcels: Mapping[str, Parcel], *, at: datetime) -> StatusEvent:
    return StatusEvent(
        shipment=shipment,
        parcel=parcels.get(report.parcel_number),
        status=report.status or "",
        occurred_at=report.occurred_at if report.occurred_at <= at + CLOCK_TOLERANCE else at,
        received_at=at,
        source=report.source,
        external_id=report.external_id,
        place=report.place,
        raw_code=report.raw_code,
        reason=report.reason or "",
        voids=report.voids,
        is_silent=_is_silent.get(),
    )


def _write_new(
    told: Mapping[tuple[str, str], StatusEvent], known: Sequence[StatusEvent], *, is_again: bool = False
) -> list[StatusEvent]:
    """Write those events down that nobody has reported yet, behind all that is known of their shipment."""
    sources, names = {source for source, _ in told}, {name for _, name in told}
    rows = StatusEvent.objects.filter(source__in=sources, external_id__in=names)
    taken = set(rows.values_list("source", "external_id"))
    new = [event for name, event in told.items() if name not in taken]
    chain.join(new, before=known[-1].link if known else chain.BEGINNING)
    try:
        with transaction.atomic():
            return StatusEvent.objects.bulk_create(new)
    except IntegrityError:
        # Another shipment was given an event of this name at the same moment, and has it now.
        if is_again:
            raise
        return _write_new(told, known, is_again=True)


def _ended_at(written: Sequence[StatusEvent]) -> datetime:
    """Say when it happened that of some events ends a visit or a way: the last step, else the last of all."""
    steps = [event.occurred_at for event in written if event.status]
    return max(steps or [event.occurred_at for event in written])


def _handover(reports: Sequence[Report]) -> Handover | None:
    """Give what the last report says that knows who took it."""
    told = [report for report in reports if report.handover]
    return max(told, key=lambda report: report.occurred_at).handover if told else None


def _settle(
    shipment: Shipment,
    *,
    at: datetime,
    ended_at: datetime,
    handover: Handover | None,
    story: tuple[Sequence[StatusEvent], Sequence[Parcel]] | None = None,
) -> None:
    """Let the statuses of a locked shipment and its parcels follow from their events, and its stop from them.

    ``story`` holds all of its events and parcels, where they are at hand already.

    If that ends the visit or the shipment's way, it did so at ``ended_at``, maybe some time before it is known ``at``.
    What was told about the time of a visit that did not end in a delivery says nothing about the next one.
    """
    before = Status(shipment.status)
    events, parcels = story or (list(shipment.events.all()), list(shipment.parcels.all()))
    for parcel in parcels:
        parcel.status = lifecycle.fold(event for event in events if event.parcel_id in (None, parcel.id))
    Parcel.objects.bulk_update(parcels, ["status"])
    shipment.status = (
        lifecycle.combine(Status(parcel.status) for parcel in parcels) if parcels else lifecycle.fold(events)
    )
    if shipment.status not in FINISHED:
        shipment.finished_at = None
    elif shipment.finished_at is None:
        shipment.finished_at = ended_at
    if shipment.status == Status.DELIVERED:
        shipment.handover = handover or shipment.handover
    elif shipment.status not in lifecycle.STEPS[Status.DELIVERED] | {Status.RETURNED}:
        shipment.handover = ""
    is_off_the_round = stops.is_off_the_round(before, Status(shipment.status))
    if is_off_the_round and shipment.status not in FINISHED:
        shipment.window_date = shipment.window_start = shipment.window_end = None
        shipment.window_cause = ""
    shipment.save(update_fields=["status", "finished_at", "handover", *WINDOW_FIELDS])
    versions.touch([shipment.id], at=at)
    if shipment.stop is not None and is_off_the_round:
        was_visited = shipment.status in {Status.DELIVERED, Status.ATTEMPTED}
        stops.leave(
            shipment.stop, shipment, StopState.DONE if was_visited else StopState.REMOVED, at=at, left_at=ended_at
        )
