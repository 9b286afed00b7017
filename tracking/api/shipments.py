"""Shipments: taken in, read, listed, cancelled, one by one and many at once."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, ValidationError

from tracking.api import fields, finding, ordering, paging
from tracking.api.access import Bearer, Keyed
from tracking.api.paging import Page, Paging
from tracking.api.problems import Mistake, Problem, ProblemSaid
from tracking.api.repeating import once
from tracking.api.shapes import (
    EventSaid,
    EventTaken,
    ShipmentSaid,
    ShipmentTaken,
    SpanTaken,
    Taken,
    WindowChangeSaid,
)
from tracking.keys.models import Scope
from tracking.shipments import lifecycle, services
from tracking.shipments.lifecycle import IllegalStep
from tracking.shipments.models import StatusEvent
from tracking.shipments.services import Report, UnknownParcel

MOST_AT_ONCE: Final = 100
READ: Final = Bearer(Scope.SHIPMENTS_READ)
WRITE: Final = Bearer(Scope.SHIPMENTS_WRITE)
REPORT: Final = Bearer(Scope.EVENTS_WRITE)

router = Router(tags=["shipments"])


class Wanted(Paging):
    """Which shipments are listed."""

    status: lifecycle.Status | None = None
    reference: Annotated[fields.Short, Field(description="This reference alone, in any case.")] = ""
    changed_since: fields.Moment | None = None
    brand: Annotated[fields.Named, Field(description="Of this brand alone, by its slug.")] = ""


class Many(Taken):
    """Orders to take in; each is judged by itself."""

    shipments: Annotated[
        list[Annotated[Any, fields.judged_as(ShipmentTaken)]],
        Field(min_length=1, max_length=MOST_AT_ONCE),
    ]


class OneOfMany(Schema):
    """What became of one of many: the shipment, or the problem."""

    index: int
    shipment: ShipmentSaid | None = None
    problem: ProblemSaid | None = None


class ManySaid(Schema):
    """What became of each, in the order in which they were sent."""

    items: list[OneOfMany]


@router.post(
    "/shipments",
    auth=WRITE,
    response={201: ShipmentSaid, 409: ProblemSaid},
    summary="Take an order in",
    operation_id="create_shipment",
)
@once
def create(request: Keyed, taken: ShipmentTaken) -> Status[ShipmentSaid]:
    """Take an order in. The answer has the link to send to the shopper."""
    return Status(201, _take_in(request, taken))


@router.post(
    "/shipments/bulk",
    auth=WRITE,
    response={200: ManySaid},
    summary="Take many orders in",
    operation_id="create_shipments",
)
@once
def create_many(request: Keyed, taken: Many) -> Status[ManySaid]:
    """Take up to a hundred orders in. A bad one does not keep the others out."""
    items = [_one_of_many(request, *pair) for pair in enumerate(taken.shipments)]
    if not any(item.shipment for item in items):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "None of these orders could be taken in.", mistakes=_mistakes(items)
        )
    return Status(200, ManySaid(items=items))


@router.get(
    "/shipments", auth=READ, response=Page[ShipmentSaid], summary="List shipments", operation_id="list_shipments"
)
def list_all(request: Keyed, wanted: Query[Wanted]) -> Page[ShipmentSaid]:
    """List the shipments of this key, the newest first."""
    found = finding.known_to(request)
    if wanted.brand:
        found = found.filter(brand__slug=wanted.brand)
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.reference:
        found = found.filter(reference__iexact=wanted.reference)
    if wanted.changed_since:
        found = found.filter(changed_at__gte=wanted.changed_since)
    rows, following = paging.piece(found, wanted)
    return Page[ShipmentSaid](items=finding.say(rows), next=following)


@router.get(
    "/shipments/{shipment_id}",
    auth=READ,
    response=ShipmentSaid,
    summary="Read a shipment",
    operation_id="read_shipment",
)
def read(request: Keyed, shipment_id: UUID) -> ShipmentSaid:
    """Read a shipment. With ``If-None-Match`` of its ``ETag``, one that has not changed is not said again."""
    return _read(request, shipment_id)


@router.post(
    "/shipments/{shipment_id}/cancel",
    auth=WRITE,
    response={200: ShipmentSaid, 409: ProblemSaid},
    summary="Cancel a shipment",
    operation_id="cancel_shipment",
)
def cancel(request: Keyed, shipment_id: UUID) -> ShipmentSaid:
    """Cancel a shipment that has not reached the door. One that is cancelled stays so."""
    shipment = finding.find(request, shipment_id)
    if shipment.status != lifecycle.Status.CANCELLED:
        try:
            services.record(shipment, lifecycle.Status.CANCELLED, at=timezone.now())
        except IllegalStep as error:
            raise Problem(HTTPStatus.CONFLICT, str(error)) from error
    return _read(request, shipment_id)


@router.put(
    "/shipments/{shipment_id}/promise",
    auth=WRITE,
    response={200: ShipmentSaid, 409: ProblemSaid},
    summary="Promise a time",
    operation_id="promise_shipment",
)
def promise(request: Keyed, shipment_id: UUID, span: SpanTaken) -> ShipmentSaid:
    """Say what the shopper was promised at the checkout; delay is measured against it."""
    shipment = finding.find(request, shipment_id)
    if shipment.is_finished:
        raise Problem(HTTPStatus.CONFLICT, f"A shipment that is {shipment.status} has no time to come.")
    services.promise(shipment, start=span.start, end=span.end, at=timezone.now())
    return _read(request, shipment_id)


@router.get(
    "/shipments/{shipment_id}/events",
    auth=READ,
    response=Page[EventSaid],
    summary="List what happened",
    operation_id="list_events",
)
def events(request: Keyed, shipment_id: UUID, asked: Query[Paging]) -> Page[EventSaid]:
    """List what happened to a shipment, the last reported first."""
    rows, following = paging.piece(finding.find(request, shipment_id).events.select_related("parcel"), asked)
    return Page[EventSaid](items=[EventSaid.of(event) for event in rows], next=following)


@router.post(
    "/shipments/{shipment_id}/events",
    auth=REPORT,
    response={200: EventSaid, 201: EventSaid, 409: ProblemSaid},
    summary="Report what happened",
    operation_id="report_event",
)
def report(request: Keyed, shipment_id: UUID, taken: EventTaken) -> Status[EventSaid]:
    """Report what happened. In any order; the same ``external_id`` again changes nothing and is answered with 200."""
    shipment = finding.find(request, shipment_id)
    source = f"api:{shipment.brand_id}"
    told = taken.model_dump(exclude={"parcel", "code"})
    try:
        event = services.ingest(
            shipment,
            Report(source=source, parcel_number=taken.parcel, raw_code=taken.code, **told),
            at=timezone.now(),
        )
    except UnknownParcel as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    if event is not None:
        return Status(201, EventSaid.of(event))
    known = StatusEvent.objects.select_related("parcel").get(source=source, external_id=taken.external_id)
    if known.shipment_id != shipment.id:
        raise Problem(HTTPStatus.CONFLICT, "This external_id is of an event of another shipment.")
    return Status(200, EventSaid.of(known))


@router.get(
    "/shipments/{shipment_id}/windows",
    auth=READ,
    response=Page[WindowChangeSaid],
    summary="List what was told about the time",
    operation_id="list_windows",
)
def windows(request: Keyed, shipment_id: UUID, asked: Query[Paging]) -> Page[WindowChangeSaid]:
    """List each window that the shopper was told, with its cause, the last one first."""
    rows, following = paging.piece(finding.find(request, shipment_id).window_changes.all(), asked)
    return Page[WindowChangeSaid](items=[WindowChangeSaid.of(change) for change in rows], next=following)


def _mistakes(items: Iterable[OneOfMany]) -> list[Mistake]:
    """Gather what is wrong with each of many; of one whose mistakes have no place of their own, its problem."""
    return [
        mistake
        for item in items
        if item.problem
        for mistake in item.problem.mistakes or [Mistake(where=_place(item.index), what=item.problem.detail)]
    ]


def _one_of_many(request: Keyed, index: int, sent: Any) -> OneOfMany:
    try:
        return OneOfMany(index=index, shipment=_take_in(request, ShipmentTaken.model_validate(sent)))
    except ValidationError as error:
        mistakes = [Mistake(where=_place(index, *mistake["loc"]), what=mistake["msg"]) for mistake in error.errors()]
        problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "This order cannot be read.", mistakes=mistakes)
    except Problem as found:
        problem = found
        problem.mistakes = [Mistake(where=_place(index, *known.where[1:]), what=known.what) for known in found.mistakes]
    return OneOfMany(index=index, problem=problem.said())


def _place(index: int, *inside: str | int) -> list[str | int]:
    """Say where one of many is in what was sent, or something inside it."""
    return ["body", "shipments", index, *inside]


def _take_in(request: Keyed, taken: ShipmentTaken) -> ShipmentSaid:
    return _read(request, ordering.take_in(request, taken).uid)


def _read(request: Keyed, uid: UUID) -> ShipmentSaid:
    return finding.say([finding.find(request, uid)])[0]
