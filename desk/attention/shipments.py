"""Trouble on the way to the door: exceptions, failed attempts, broken promises, drivers who have gone silent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.attention.matters import Matter, Scope, Trouble
from desk.roles import May
from tracking.proof.models import Flag, Proof
from tracking.rounds.models import Position, Route, ShiftState
from tracking.shipments.lifecycle import EXCEPTIONS, Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.window import LATE_BY
from tracking.visibility import HIDDEN_AFTER
from tracking.words import times

HELD_TOO_LONG: Final = timedelta(days=3)
DAY: Final = timedelta(days=1)
FLAGGED_FOR: Final = timedelta(days=3)

STILL_DUE: Final = [
    Status.CREATED,
    Status.IN_TRANSIT,
    Status.AT_HUB,
    Status.PLANNED,
    Status.OUT_FOR_DELIVERY,
    Status.ATTEMPTED,
    Status.ON_HOLD,
]
"""Statuses in which a promise is still to be kept."""


def _exceptions(scope: Scope) -> QuerySet[Any]:
    """Find what is damaged or lost, and what has been on hold for too long."""
    latest = StatusEvent.objects.filter(shipment=OuterRef("pk"), status=OuterRef("status")).order_by("-occurred_at")
    since = Coalesce(Subquery(latest.values("occurred_at")[:1]), "changed_at")
    has_waited = ~Q(status=Status.ON_HOLD) | Q(since__lt=scope.at - HELD_TOO_LONG)
    return scope.shipments.filter(status__in=EXCEPTIONS).annotate(since=since).filter(has_waited)


def _failed_attempts(scope: Scope) -> QuerySet[Any]:
    """Find what was to be handed over today, by the clock there, and is not at its end yet."""
    corrections = StatusEvent.objects.filter(shipment=OuterRef("shipment"), source=OuterRef("source"))
    attempts = StatusEvent.objects.filter(
        ~Exists(corrections.filter(voids=OuterRef("external_id"))),
        status=Status.ATTEMPTED,
        occurred_at__gt=scope.at - DAY,
    )
    zones = attempts.filter(shipment__in=scope.shipments).values_list("shipment__timezone", flat=True).distinct()
    today = [Q(shipment__timezone=name, occurred_at__gte=_midnight(name, scope.at)) for name in zones.order_by()]
    if not today:
        return scope.shipments.none().annotate(since=F("changed_at"))
    attempts = attempts.filter(reduce(or_, today))
    last = attempts.filter(shipment=OuterRef("pk")).order_by("-occurred_at").values("occurred_at")[:1]
    return scope.shipments.unfinished().filter(id__in=attempts.values("shipment")).annotate(since=Subquery(last))


def _midnight(name: str, at: datetime) -> datetime:
    midnight = at.astimezone(ZoneInfo(name)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC)


def _late(scope: Scope) -> QuerySet[Any]:
    """Find what is expected after its promise, or is not there although the promise has passed."""
    told = WindowChange.objects.filter(shipment=OuterRef("pk")).order_by("-at", "-id").values("at")[:1]
    since = Case(When(promised_end__lt=scope.at, then="promised_end"), default=Coalesce(Subquery(told), "changed_at"))
    is_late = Q(promised_end__lt=scope.at) | Q(window_end__gt=F("promised_end") + LATE_BY)
    return scope.shipments.filter(is_late, finished_at=None, status__in=STILL_DUE).annotate(since=since)


def _promise_of(shipment: Shipment) -> str:
    """Say what was promised and what is expected, in the time of the destination."""
    ends = [shipment.promised_end, shipment.window_end]
    promised, expected = [end.astimezone(shipment.zone) if end else None for end in ends]
    if promised is None:
        return ""
    words = {"promised": f"{promised:%d.%m.} {times.clock(promised)}"}
    if expected is None or expected <= promised:
        return _("promised until %(promised)s") % words
    return _("promised until %(promised)s, expected until %(expected)s") % {
        **words,
        "expected": f"{expected:%d.%m.} {times.clock(expected)}",
    }


def _silent_drivers(scope: Scope) -> QuerySet[Any]:
    """Find routes on the road whose driver is at work and has not been heard of for a while; the next stop speaks."""
    waiting = scope.shipments.on_the_road().filter(stop__route=OuterRef("pk")).order_by("stop__sequence", "id")
    fixes = Position.objects.filter(driver=OuterRef("shift__driver")).order_by("-recorded_at").values("recorded_at")
    seen = Coalesce(Subquery(fixes[:1]), "started_at")
    routes = Route.objects.active().filter(shift__state=ShiftState.WORKING).select_related("shift__driver")
    return routes.annotate(
        since=Greatest(seen, "started_at"),
        next_id=Subquery(waiting.values("id")[:1]),
        next_reference=Subquery(waiting.values("reference")[:1]),
        next_zone=Subquery(waiting.values("timezone")[:1]),
    ).filter(since__lt=scope.at - HIDDEN_AFTER, next_id__isnull=False)


def _silence_of(route: Any) -> Trouble:
    what = _("nothing heard of driver %(number)s, on the way to this stop") % {"number": route.shift.driver_id}
    return Trouble(route.next_id, route.next_reference, what, ZoneInfo(route.next_zone))


def _flagged(scope: Scope) -> QuerySet[Any]:
    """Find proof of the last days that was taken without a signal, and turned out to be wrong."""
    recent = Proof.objects.flagged().filter(received_at__gt=scope.at - FLAGGED_FOR, event__shipment__in=scope.shipments)
    return recent.select_related("event__shipment").annotate(since=F("received_at"))


def _flag_of(proof: Proof) -> Trouble:
    return Trouble.of(proof.event.shipment, str(Flag(proof.flag).label))


def _uncollected(scope: Scope) -> QuerySet[Any]:
    """Find what lies ready where it is collected, and is kept there no longer."""
    ready = scope.shipments.filter(status=Status.READY_FOR_PICKUP, demand__kept_until__lt=scope.at)
    return ready.annotate(since=F("demand__kept_until"))


def _uncollected_of(shipment: Shipment) -> Trouble:
    return Trouble.of(shipment, _("not collected in time: agree on another day, or send it back"))


def _status_of(shipment: Shipment) -> Trouble:
    return Trouble.of(shipment, str(Status(shipment.status).label))


SHIPMENTS: Final[Sequence[Matter]] = (
    Matter("exceptions", gettext_lazy("Damaged, lost, or on hold too long"), May.SEE, _exceptions, _status_of),
    Matter(
        "late",
        gettext_lazy("Promise at risk or broken"),
        May.SEE,
        _late,
        lambda shipment: Trouble.of(shipment, _promise_of(shipment)),
    ),
    Matter("silent", gettext_lazy("Drivers not heard of"), May.SEE, _silent_drivers, _silence_of),
    Matter("proof", gettext_lazy("Proof that is wrong"), May.ACT, _flagged, _flag_of),
    Matter("attempts", gettext_lazy("Failed attempts today"), May.SEE, _failed_attempts, _status_of),
    Matter("uncollected", gettext_lazy("Not collected in time"), May.ACT, _uncollected, _uncollected_of),
)
