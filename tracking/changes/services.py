"""The only writer of what is offered and of what was changed.

Locks are taken in one order: the shipment (and its route before it), then what its keeper needs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from tracking.changes import keeping, rules, signals
from tracking.changes.models import Action, Asker, Change, OfferedAction
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import versions


class NotOffered(Exception):
    """This cannot be changed about this shipment, or not in this way."""


class TooLate(Exception):
    """The time in which it could be changed, or undone, is over."""


class NotInForce(Exception):
    """The change was undone already, or another one has taken its place."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be changed until then, and the ways of doing it as ``OfferedAction.choices`` has them."""

    action: Action
    until: datetime
    choices: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """By which door a change came in, and who of our own people wrote it, or the name of which API key, if one did."""

    door: Asker
    user: User | None = None
    key: str = ""


LINK = Author(Asker.LINK)
SMS = Author(Asker.SMS)


@transaction.atomic
def offer(shipment: Shipment, offers: Collection[Offer], *, at: datetime) -> bool:
    """Replace what can be changed about a shipment. Says whether readers of its link see any difference.

    Twice is harmless: what is offered already stays as it is.
    """
    Shipment.objects.select_for_update(of=("self",)).get(id=shipment.id)
    known = {row.action: row for row in OfferedAction.objects.filter(shipment=shipment)}
    wanted = {offered.action: offered for offered in offers if offered.until > at}
    OfferedAction.objects.filter(shipment=shipment).exclude(action__in=wanted).delete()
    for action, offered in wanted.items():
        row, choices = known.get(action), list(offered.choices)
        if row is None or (row.until, row.choices) != (offered.until, choices):
            values = {"until": offered.until, "choices": choices, "offered_at": at}
            OfferedAction.objects.update_or_create(shipment=shipment, action=action, defaults=values)
    is_seen = known.keys() != wanted.keys()
    if is_seen:
        versions.touch([shipment.id], at=at)
    return is_seen


def offered(shipment: Shipment, *, at: datetime) -> list[OfferedAction]:
    """List what can be changed about a shipment now. One query."""
    rows = OfferedAction.objects.filter(shipment=shipment, until__gt=at).order_by("id")
    return [row for row in rows if rules.is_possible(Action(row.action), Status(shipment.status))]


def in_force(shipments: Iterable[Shipment]) -> list[Change]:
    """List what was changed about shipments and still stands, oldest first. One query."""
    return list(Change.objects.filter(shipment__in=shipments, undone_at=None, replaced_at=None))


def in_force_at(shipment: Shipment, action: Action, *, at: datetime) -> Change | None:
    """Find what was changed about a shipment and stood at a moment. One query."""
    asked = Change.objects.filter(
        Q(undone_at=None) | Q(undone_at__gt=at),
        Q(replaced_at=None) | Q(replaced_at__gt=at),
        shipment=shipment,
        action=action,
        asked_at__lte=at,
    )
    return asked.order_by("-asked_at", "-id").first()


@transaction.atomic
def ask(shipment: Shipment, action: Action, details: Mapping[str, Any], *, by: Author, at: datetime) -> Change:
    """Change something about a shipment, as its recipient wishes; takes the place of what was changed of it before.

    ``details`` are clean; where there are choices, its ``key`` names one of them, and the rest of that one is written
    down with them. Whoever listens is told after the commit. Who asks for what stands already is given that.

    Raises ``NotOffered``, ``TooLate``, and ``keeping.NoRoom``; nothing has changed then.
    """
    locked = versions.lock(shipment)
    row = _require_offered(locked, action, at=at)
    wanted = {**details, **_choice(row, details, at=at)}
    rivals = list(Change.objects.filter(_of(locked), action__in=rules.rivals(action)))
    same = next((change for change in rivals if change.action == action and change.details == wanted), None)
    if same:
        return same
    Change.objects.filter(id__in=[change.id for change in rivals]).update(replaced_at=at)
    change = Change.objects.create(
        shipment=locked,
        action=action,
        asked_by=by.door,
        by=by.user,
        key=by.key,
        asked_at=at,
        details=wanted,
        undo_until=row.until,
    )
    change.before = {"replaced": [other.id for other in rivals], **keeping.keep(change, at=at)}
    change.save(update_fields=["before"])
    versions.touch([locked.id], at=at)
    told = {"change_id": change.id, "shipment_id": locked.id}
    transaction.on_commit(lambda: signals.change_asked.send_robust(Change, **told))
    return change


@transaction.atomic
def undo(change: Change, *, at: datetime, key: str = "") -> Change:
    """Take a change back before its cut-off; what it had replaced is in force again. ``key`` names who does so.

    Raises ``NotInForce``, ``TooLate``, and ``keeping.NoRoom`` where somebody else has the place that would be gone
    back to; nothing has changed then.
    """
    locked = versions.lock(change.shipment)
    change = Change.objects.select_for_update(of=("self",)).get(id=change.id)
    if not change.is_in_force:
        raise NotInForce
    if change.undo_until <= at or not rules.is_possible(Action(change.action), Status(locked.status)):
        raise TooLate
    change.shipment, change.undone_at, change.undone_key = locked, at, key
    change.save(update_fields=["undone_at", "undone_key"])
    keeping.give_back(change, at=at)
    Change.objects.filter(id__in=change.before.get("replaced", [])).update(replaced_at=None)
    versions.touch([locked.id], at=at)
    told = {"change_id": change.id, "shipment_id": locked.id}
    transaction.on_commit(lambda: signals.change_undone.send_robust(Change, **told))
    return change


def _of(shipment: Shipment) -> Q:
    return Q(shipment=shipment, undone_at=None, replaced_at=None)


def _require_offered(shipment: Shipment, action: Action, *, at: datetime) -> OfferedAction:
    """Find what a change is judged by.

    Raises ``NotOffered`` or ``TooLate``.
    """
    row = OfferedAction.objects.filter(shipment=shipment, action=action).first()
    if row is None or not rules.is_possible(action, Status(shipment.status)):
        raise NotOffered
    if row.until <= at:
        raise TooLate
    return row


def _choice(row: OfferedAction, details: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Find the way that was chosen.

    Raises ``NotOffered`` where it is none of those that are offered, ``TooLate`` where its own cut-off has passed.
    """
    if not row.choices:
        return {}
    chosen = next((choice for choice in row.choices if choice["key"] == details.get("key")), None)
    if chosen is None:
        raise NotOffered
    if "until" in chosen and datetime.fromisoformat(chosen["until"]) <= at:
        raise TooLate
    return dict(chosen)
