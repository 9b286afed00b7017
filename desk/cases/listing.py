"""The queue of cases: which are asked for, in which order, and how each stands in a few words. No personal data."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Q, TextChoices
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from feedback.models import Case, CaseQuerySet, CaseState

FIELDS: Final[Mapping[str, str]] = {"queue": "queue", "kind": "kind", "brand": "shipment__brand"}
"""What a list may be narrowed by, besides its view and the state."""


class View(TextChoices):
    """The lists that are looked at most; none of them holds what is resolved."""

    ALL = "all", gettext_lazy("All")
    MINE = "mine", gettext_lazy("Mine")
    UNOWNED = "unowned", gettext_lazy("Nobody's yet")
    OVERDUE = "overdue", gettext_lazy("Overdue")


class Line(NamedTuple):
    """A case in the list, and how soon it must be answered."""

    case: Case
    is_overdue: bool
    due: str


def visible(user: User) -> CaseQuerySet:
    """Give the cases of the shipments that somebody may see."""
    return Case.objects.filter(shipment__in=access.shipments_of(user))


def count(cases: CaseQuerySet, *, user: User, at: datetime) -> dict[View, int]:
    """Count what is in each view. One query."""
    counted = {view.value: Count("id", filter=_is_in(view, user=user, at=at)) for view in View}
    found = cases.unresolved().aggregate(**counted)
    return {view: found[view.value] for view in View}


def narrow(cases: CaseQuerySet, asked: Mapping[str, Any], *, user: User, at: datetime) -> CaseQuerySet:
    """Keep what is asked for: what we owe an answer first, by when it is due; of what is resolved the latest first."""
    state = asked.get("state")
    found = cases.filter(state=state) if state else cases.unresolved()
    found = found.filter(_is_in(View(asked.get("view") or View.ALL), user=user, at=at))
    found = found.filter(**{field: asked[name] for name, field in FIELDS.items() if asked.get(name)})
    # "open" comes before "waiting" in the alphabet, too.
    order = ["-resolved_at", "-id"] if state == CaseState.RESOLVED else ["state", "due_at", "id"]
    return found.select_related("shipment__brand", "owner").order_by(*order)


def lines(cases: Iterable[Case], *, at: datetime) -> list[Line]:
    """Say of each case how soon it must be answered."""
    return [Line(case, case.is_overdue(at), due(case, at=at)) for case in cases]


def due(case: Case, *, at: datetime) -> str:
    """Say how soon a case must be answered, or why it need not be."""
    if case.is_resolved:
        return case.get_outcome_display()
    if case.state == CaseState.WAITING:
        return _("waits for the shopper")
    if case.is_overdue(at):
        return _("Overdue by %(time)s") % {"time": timesince(case.due_at, at, depth=1)}
    return _("due in %(time)s") % {"time": timeuntil(case.due_at, at, depth=1)}


def _is_in(view: View, *, user: User, at: datetime) -> Q:
    wanted = {
        View.ALL: Q(),
        View.MINE: Q(owner=user),
        View.UNOWNED: Q(owner=None),
        View.OVERDUE: Q(state=CaseState.OPEN, due_at__lt=at),
    }
    return wanted[view]
