"""What cannot wait until somebody comes across it: one query for each kind of trouble, over what a user may see.

A row says what is the matter, since when, and leads to where it is put right. It names nobody and quotes nobody, so
that the list may lie open all day; the pages it leads to are those that are written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Count, Window
from django.urls import reverse
from django.utils.translation import gettext as _

from desk import access
from desk.attention.bookings import BOOKINGS
from desk.attention.carriers import CARRIERS
from desk.attention.crowds import CROWDS
from desk.attention.matters import Matter, Scope, Trouble
from desk.attention.messages import MESSAGES
from desk.attention.partners import PARTNERS
from desk.attention.people import PEOPLE
from desk.attention.shipments import SHIPMENTS
from tracking.words import times

MATTERS: Final[Sequence[Matter]] = (*SHIPMENTS, *BOOKINGS, *CARRIERS, *PEOPLE, *MESSAGES, *PARTNERS, *CROWDS)

FIRST: Final = 5
"""Rows of each kind that are shown at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One trouble as it is shown: what it is about, what is the matter, since when, and where it leads."""

    subject: str
    what: str
    since: datetime
    when: str
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """A kind of trouble with how often there is it now, and those that have waited longest."""

    name: str
    title: str
    count: int
    rows: Sequence[Row]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


def find(user: User, *, at: datetime, first: int = FIRST) -> list[Found]:
    """Find what needs somebody's attention, kind by kind, in the order in which it is urgent.

    A kind that nothing is wrong with is left out, and so is one that the user may not see. A query a kind, however much
    there is of it.
    """
    scope = Scope(access.shipments_of(user), not access.is_limited(user), at)
    found = [_look(matter, scope, first=first) for matter in MATTERS if user.has_perm(matter.may)]
    return [kind for kind in found if kind.count]


def _look(matter: Matter, scope: Scope, *, first: int) -> Found:
    rows = list(matter.find(scope).annotate(of_this_kind=Window(Count("*"))).order_by("since", "id")[:first])
    count = rows[0].of_this_kind if rows else 0
    told = [_row(matter.read(row), row.since, at=scope.at) for row in rows]
    return Found(matter.name, str(matter.title), count, told)


def _row(trouble: Trouble, since: datetime, *, at: datetime) -> Row:
    since, now = since.astimezone(trouble.zone), at.astimezone(trouble.zone)
    url = trouble.url or reverse("desk:shipment", args=[trouble.shipment_id])
    day = times.day(since.date(), today=now.date())
    when = _("since %(day)s, %(time)s") % {"day": day, "time": times.clock(since)}
    return Row(trouble.subject, trouble.what, since, when, url)
