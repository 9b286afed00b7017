"""Cases: opened by who is unhappy or by who notices, answered by the desk, followed on the shipment's own link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import transaction

from feedback import signals
from feedback.models import (
    Case,
    CaseKind,
    CaseMessage,
    CasePhoto,
    CasePolicy,
    CaseState,
    Outcome,
    Priority,
    Queue,
    Via,
)
from notifications import services as notifications
from notifications.services import Letter
from tracking.pictures import Picture
from tracking.shipments.models import Brand, Shipment

QUEUES: Final[Mapping[CaseKind, Queue]] = {
    CaseKind.NOT_RECEIVED: Queue.CARRIERS,
    CaseKind.DISPUTED_ATTEMPT: Queue.CARRIERS,
    CaseKind.DAMAGED: Queue.CLAIMS,
    CaseKind.WRONG_ITEM: Queue.CLAIMS,
}
"""Who looks after what, where it is not support."""

MESSAGES_A_DAY: Final = 20
"""Of one shopper about one delivery."""

URGENT: Final = frozenset({CaseKind.NOT_RECEIVED, CaseKind.DISPUTED_ATTEMPT})


class TooMuch(Exception):
    """A shopper has written more about one delivery within a day than anybody can answer."""


class AlreadyResolved(Exception):
    """The case is done; it must be reopened before anything else happens to it."""


class AlreadyOwned(Exception):
    """Somebody else looks after the case."""


class NotResolved(Exception):
    """The case cannot be reopened, because it is not done."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody says is wrong, in their words, with pictures that were made anew."""

    kind: CaseKind
    words: str = ""
    via: Via = Via.PAGE
    photos: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What staff write to the shopper, and whether it is the shopper's turn then."""

    text: str
    waits_for_shopper: bool = True


@transaction.atomic
def open_case(shipment: Shipment, complaint: Complaint, *, at: datetime, by: User | None = None) -> Case:
    """Open a case, or say more in the one of this kind that is not resolved yet. Due by the brand's policy.

    ``by`` is the member of staff who opens it by hand; without, the words are the shopper's.

    Raises ``TooMuch``.
    """
    Shipment.objects.select_for_update().get(id=shipment.id)
    case = Case.objects.unresolved().filter(shipment=shipment, kind=complaint.kind).first()
    if case is None:
        queue, priority, due_at = _terms(shipment.brand, complaint.kind, at=at)
        case = Case.objects.create(
            shipment=shipment,
            kind=complaint.kind,
            queue=queue,
            priority=priority,
            opened_at=at,
            due_at=due_at,
            changed_at=at,
        )
    elif by is None:
        _take_back_to_us(case, at=at)
    _write(case, complaint, at=at, by=by)
    return case


@transaction.atomic
def recast(case: Case, kind: CaseKind, *, at: datetime) -> None:
    """Let a case be of another kind, with its queue and priority; one of that kind that is open already takes over.

    In a transaction that has locked the shipment.
    """
    if Case.objects.unresolved().filter(shipment=case.shipment_id, kind=kind).exists():
        case.delete()
        return
    case.kind, case.queue, case.priority, case.due_at = kind, *_terms(case.shipment.brand, kind, at=case.opened_at)
    case.changed_at = at
    case.save(update_fields=["kind", "queue", "priority", "due_at", "changed_at"])
    _announce(case)


@transaction.atomic
def say(case: Case, complaint: Complaint, *, at: datetime) -> CaseMessage:
    """Write down what the shopper says in a case, which is ours to answer from then on; a resolved one opens again.

    Raises ``TooMuch``.
    """
    case = _lock(case)
    if case.is_resolved:
        _reopen(case)
    _take_back_to_us(case, at=at)
    return _write(case, complaint, at=at, by=None)


@transaction.atomic
def reply(case: Case, answer: Answer, *, by: User, at: datetime) -> CaseMessage:
    """Answer the shopper: on their page, and by a message that leads there. Who answers first owns the case.

    Raises ``AlreadyResolved``.
    """
    case = _lock_unresolved(case)
    case.owner = case.owner or by
    case.state = CaseState.WAITING if answer.waits_for_shopper else CaseState.OPEN
    case.changed_at = at
    case.save(update_fields=["owner", "state", "changed_at"])
    message = CaseMessage.objects.create(case=case, author=by, via=Via.DESK, body=answer.text, at=at)
    came_by_sms = (
        case.messages.filter(author=None).order_by("-at", "-id").values_list("via", flat=True).first() == Via.SMS
    )
    notifications.tell(
        case.shipment,
        answer.text,
        version=Letter.CASE.version(message.id),
        page="feedback:case",
        at=at,
        prefers_sms=came_by_sms,
    )
    _announce(case)
    return message


@transaction.atomic
def note(case: Case, text: str, *, by: User, at: datetime) -> CaseMessage:
    """Write something down among staff; no shopper sees it."""
    message = CaseMessage.objects.create(case=case, author=by, is_internal=True, via=Via.DESK, body=text, at=at)
    _announce(case)
    return message


@transaction.atomic
def take(case: Case, *, by: User, at: datetime) -> Case:
    """Let somebody look after a case that nobody does; of two who take it at once, one has it. Twice is harmless.

    Raises ``AlreadyOwned`` and ``AlreadyResolved``.
    """
    case = _lock_unresolved(case)
    if case.owner not in {None, by}:
        raise AlreadyOwned
    case.owner, case.changed_at = by, at
    case.save(update_fields=["owner", "changed_at"])
    _announce(case)
    return case


@transaction.atomic
def hand_over(case: Case, *, owner: User | None, queue: Queue, priority: Priority, at: datetime) -> Case:
    """Give a case to somebody, to a queue, another priority; when it is due follows from that and from its opening.

    Raises ``AlreadyResolved``.
    """
    case = _lock_unresolved(case)
    if case.priority != priority:
        case.due_at = _due(case.shipment.brand, priority, at=case.opened_at)
    case.owner, case.queue, case.priority, case.changed_at = owner, queue, priority, at
    case.save(update_fields=["owner", "queue", "priority", "due_at", "changed_at"])
    _announce(case)
    return case


@transaction.atomic
def resolve(case: Case, outcome: Outcome, *, by: User, at: datetime) -> Case:
    """Close a case with how it ended, which the shopper is shown.

    Raises ``AlreadyResolved``.
    """
    case = _lock_unresolved(case)
    case.state, case.outcome, case.resolved_at, case.changed_at = CaseState.RESOLVED, outcome, at, at
    case.owner = case.owner or by
    case.save(update_fields=["state", "outcome", "resolved_at", "changed_at", "owner"])
    _announce(case)
    return case


@transaction.atomic
def reopen(case: Case, *, at: datetime) -> Case:
    """Open a resolved case again; due anew, as if it had just been opened.

    Raises ``NotResolved``.
    """
    case = _lock(case)
    if not case.is_resolved:
        raise NotResolved
    _reopen(case)
    _take_back_to_us(case, at=at)
    _announce(case)
    return case


def _lock(case: Case) -> Case:
    # Not its owner along with it: whoever waited for the lock would be given the one from before, who is joined once.
    return Case.objects.select_for_update(of=("self",)).select_related("shipment__brand").get(id=case.id)


def _lock_unresolved(case: Case) -> Case:
    case = _lock(case)
    if case.is_resolved:
        raise AlreadyResolved
    return case


def _reopen(case: Case) -> None:
    case.outcome, case.resolved_at = "", None
    case.reopened += 1


def _take_back_to_us(case: Case, *, at: datetime) -> None:
    """Let it be our turn; the promise counts from when it became so."""
    if case.state != CaseState.OPEN:
        case.due_at = _due(case.shipment.brand, Priority(case.priority), at=at)
    case.state, case.changed_at = CaseState.OPEN, at
    case.save(update_fields=["state", "outcome", "resolved_at", "reopened", "due_at", "changed_at"])


def _write(case: Case, complaint: Complaint, *, at: datetime, by: User | None) -> CaseMessage:
    """Write what was said, and tell whoever listens; what staff note on opening is theirs alone."""
    said = CaseMessage.objects.filter(case__shipment=case.shipment_id, author=None, at__gt=at - timedelta(days=1))
    if by is None and said.count() >= MESSAGES_A_DAY:
        raise TooMuch
    message = CaseMessage.objects.create(
        case=case, author=by, is_internal=by is not None, via=complaint.via, body=complaint.words, at=at
    )
    for photo in complaint.photos:
        kept = CasePhoto(message=message, width=photo.width, height=photo.height)
        kept.image.save(f"{kept.key}.jpg", ContentFile(photo.content))
    _announce(case)
    return message


def _terms(brand: Brand, kind: CaseKind, *, at: datetime) -> tuple[Queue, Priority, datetime]:
    """Say who looks after a kind of case, how soon, and until when."""
    priority = Priority.HIGH if kind in URGENT else Priority.NORMAL
    return QUEUES.get(kind, Queue.SUPPORT), priority, _due(brand, priority, at=at)


def _due(brand: Brand, priority: Priority, *, at: datetime) -> datetime:
    policy = CasePolicy.objects.of(brand.id)
    return at + timedelta(hours=policy.hours[priority])


def _announce(case: Case) -> None:
    ids = {"case_id": case.id, "shipment_id": case.shipment_id}
    transaction.on_commit(lambda: signals.case_changed.send_robust(Case, **ids))
