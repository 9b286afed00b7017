"""What can still be changed about a delivery, and changing it in the name of its recipient.

The same services as on the shopper's page: what is not offered is refused, cut-offs hold, and of two who want the last
place one gets it.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, RootModel

from tracking.api import fields, finding, paging, problems
from tracking.api.access import Bearer, Keyed
from tracking.api.paging import Page, Paging
from tracking.api.problems import Mistake, Problem, ProblemSaid
from tracking.api.repeating import once
from tracking.api.shapes import Taken
from tracking.changes import services
from tracking.changes.keeping import NoRoom
from tracking.changes.models import Action, Asker, Change, OfferedAction
from tracking.changes.services import Author, NotInForce, NotOffered, TooLate
from tracking.forms import WORDS
from tracking.keys.models import Scope

READ: Final = Bearer(Scope.SHIPMENTS_READ)
WRITE: Final = Bearer(Scope.OPTIONS_WRITE)
MOST_ID: Final = 2**53
REASONS: Final[dict[type[Exception], str]] = {
    NoRoom: "What was asked for is no longer to be had, or no van goes there.",
    TooLate: "The cut-off has passed.",
    NotOffered: "This is not offered for this shipment now.",
    NotInForce: "Another change has taken its place.",
}

router = Router(tags=["options"])


class ChosenTaken(Taken):
    """One of the ways that are offered, by its ``key``."""

    action: Literal[Action.RESCHEDULE, Action.SLOT, Action.HOLD, Action.PICKUP_POINT]
    key: fields.Number


class SafePlaceTaken(Taken):
    """Where a driver may leave it."""

    action: Literal[Action.SAFE_PLACE]
    where: Annotated[fields.Text, Field(min_length=1, max_length=120)]


class NeighbourTaken(Taken):
    """Who may take it in, and at which door."""

    action: Literal[Action.NEIGHBOUR]
    name: Annotated[fields.Text, Field(min_length=1, max_length=60)]
    door: Annotated[fields.Text, Field(min_length=1, max_length=60)]


class InstructionsTaken(Taken):
    """What a driver should know."""

    action: Literal[Action.INSTRUCTIONS]
    words: Annotated[fields.Text, Field(min_length=1, max_length=300)]


class NeedsTaken(Taken):
    """What its recipient needs at the door; at least one thing. ``minutes`` are those that they need to get there."""

    action: Literal[Action.NEEDS]
    minutes: Annotated[int, Field(strict=True, ge=1, le=15)] | None = None
    text_only: Annotated[bool, Field(strict=True)] = False
    no_bell: Annotated[bool, Field(strict=True)] = False


class AddressTaken(Taken):
    """Where it really goes."""

    action: Literal[Action.ADDRESS]
    street: fields.Line
    postcode: Annotated[fields.Text, Field(min_length=1, max_length=16)]
    city: fields.Name


class ChangeTaken(
    RootModel[
        Annotated[
            ChosenTaken | SafePlaceTaken | NeighbourTaken | InstructionsTaken | NeedsTaken | AddressTaken,
            Field(discriminator="action"),
        ]
    ]
):
    """What is to be changed; ``action`` says which of these it is."""


class EmissionsSaid(Schema):
    """How what a way does to the air comes about: what a van drives and emits for it, then and as it is planned now."""

    km: float
    kg: float
    km_before: float
    kg_before: float


class ChoiceSaid(Schema):
    """One way of doing it: when, where, until when it can be had, for how much, and what it adds to the air.

    What is collected is kept until ``kept_until``, where somebody hands it over between two o'clocks (``opens``).
    ``kg_co2e`` is less than nothing where it saves, and ``null`` where nobody can know yet; ``sum`` is how it comes
    about.
    """

    key: str
    start: datetime | None = None
    end: datetime | None = None
    until: datetime | None = None
    place: str | None = None
    name: str | None = None
    address: str | None = None
    kept_until: datetime | None = None
    opens: list[str] | None = None
    price: Decimal | None = None
    kg_co2e: float | None = None
    sum: EmissionsSaid | None = None


class OptionSaid(Schema):
    """Something that can be changed until ``until``. Without ``choices`` it is asked for in words."""

    action: Action
    until: datetime
    choices: list[ChoiceSaid]

    @classmethod
    def of(cls, row: OfferedAction, *, at: datetime) -> Self:
        """Say what is offered, and of its ways those whose own cut-off has not passed."""
        choices = [ChoiceSaid.model_validate(choice) for choice in row.choices]
        return cls(
            action=Action(row.action),
            until=row.until,
            choices=[choice for choice in choices if choice.until is None or choice.until > at],
        )


class OptionsSaid(Schema):
    """What can be changed about a shipment now; prices are in ``currency``."""

    currency: str
    items: list[OptionSaid]


class AnswersSaid(Schema):
    """What was asked for, in as far as it was asked in words."""

    where: str | None = None
    name: str | None = None
    door: str | None = None
    words: str | None = None
    minutes: int | None = None
    text_only: bool | None = None
    no_bell: bool | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None


class ChangeSaid(Schema):
    """Something that was changed: the way that was chosen, or what was asked in words, by which door and which key.

    It stands until it is undone, or until another one has replaced it.
    """

    id: int
    action: Action
    choice: ChoiceSaid | None
    answers: AnswersSaid | None
    asked_by: Asker
    asked_at: datetime
    key: str | None
    undo_until: datetime
    undone_at: datetime | None
    undone_key: str | None
    replaced_at: datetime | None

    @classmethod
    def of(cls, change: Change) -> Self:
        plain = ("id", "asked_at", "undo_until", "undone_at", "replaced_at")
        is_choice = "key" in change.details
        return cls(
            action=Action(change.action),
            choice=ChoiceSaid.model_validate(change.details) if is_choice else None,
            answers=None if is_choice else _answers(change.details),
            asked_by=Asker(change.asked_by),
            key=change.key or None,
            undone_key=change.undone_key or None,
            **{name: getattr(change, name) for name in plain},
        )


@router.get(
    "/shipments/{shipment_id}/options",
    auth=READ,
    response=OptionsSaid,
    summary="List what can be changed",
    operation_id="list_options",
)
def options(request: Keyed, shipment_id: UUID) -> OptionsSaid:
    """List what can be changed about a delivery now, each with its cut-off, and its ways with price and emissions."""
    at = timezone.now()
    offered = services.offered(finding.find(request, shipment_id), at=at)
    items = [OptionSaid.of(row, at=at) for row in offered]
    return OptionsSaid(currency=settings.CURRENCY, items=items)


@router.get(
    "/shipments/{shipment_id}/changes",
    auth=READ,
    response=Page[ChangeSaid],
    summary="List what was changed",
    operation_id="list_changes",
)
def changes(request: Keyed, shipment_id: UUID, asked: Query[Paging]) -> Page[ChangeSaid]:
    """List what was changed about a delivery, by whom, the newest first; also what was undone or replaced since."""
    rows, following = paging.piece(finding.find(request, shipment_id).changes.all(), asked)
    return Page[ChangeSaid](items=[ChangeSaid.of(change) for change in rows], next=following)


@router.post(
    "/shipments/{shipment_id}/changes",
    auth=WRITE,
    response={201: ChangeSaid, 409: ProblemSaid},
    summary="Change a delivery",
    operation_id="create_change",
)
@once
def ask(request: Keyed, shipment_id: UUID, taken: ChangeTaken) -> Status[ChangeSaid]:
    """Change a delivery as its recipient wishes. It takes the place of what was changed of the same kind before."""
    shipment, wanted = finding.find(request, shipment_id), taken.root
    action, author = Action(wanted.action), Author(Asker.API, key=str(request.auth))
    details = _details(action, wanted.model_dump(exclude={"action"}))
    change = _try(lambda: services.ask(shipment, action, details, by=author, at=timezone.now()))
    return Status(201, ChangeSaid.of(change))


@router.post(
    "/shipments/{shipment_id}/changes/{change_id}/undo",
    auth=WRITE,
    response={200: ChangeSaid, 409: ProblemSaid},
    summary="Undo a change",
    operation_id="undo_change",
)
def undo(request: Keyed, shipment_id: UUID, change_id: Annotated[int, Field(ge=1, le=MOST_ID)]) -> ChangeSaid:
    """Take a change back before its cut-off; what it had replaced holds again. One that is undone stays so."""
    shipment = finding.find(request, shipment_id)
    change = shipment.changes.filter(id=change_id).first()
    if change is None:
        raise problems.missing("change")
    if change.undone_at is not None:
        return ChangeSaid.of(change)
    return ChangeSaid.of(_try(lambda: services.undo(change, key=str(request.auth), at=timezone.now())))


def _details(action: Action, answers: dict[str, Any]) -> dict[str, Any]:
    """Clean what was answered as the shopper's page does.

    Raises ``Problem`` where nothing is left of it.
    """
    if action not in WORDS:
        return answers
    form = WORDS[action]({name: str(value) for name, value in answers.items() if value}, action=action, initial={})
    if form.is_valid():
        return form.details()
    mistakes = [
        Mistake(where=["body", *([name] if name in answers else [])], what=str(error))
        for name, errors in form.errors.items()
        for error in errors
    ]
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Something in the request is wrong.", mistakes=mistakes)


def _answers(details: dict[str, Any]) -> AnswersSaid:
    """Say what was asked in words; what a driver reads of somebody's needs is put together from it."""
    return AnswersSaid.model_validate({name: value for name, value in details.items() if not isinstance(value, list)})


def _try(change: Callable[[], Change]) -> Change:
    """Change something, or undo that.

    Raises ``Problem`` where it cannot be; nothing has changed then.
    """
    try:
        return change()
    except tuple(REASONS) as refusal:
        raise Problem(HTTPStatus.CONFLICT, REASONS[type(refusal)]) from refusal
