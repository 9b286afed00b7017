"""A day as the dispatcher's page shows it: which plan, whose tours, what that would change, what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from desk.board import figures, gantt, tours
from desk.board.figures import Row, Table
from desk.board.gantt import Gantt
from desk.board.tours import Tour
from dispatch.missing import Missing
from dispatch.models import Hub, Plan, PlannedVisit, PlanState
from dispatch.services import comparing
from dispatch.services.comparing import Difference

LATEST: Final = 10
BUSY_SECONDS: Final = 2
CALM_SECONDS: Final = 20
"""After so many seconds the page looks again: while a plan is being worked out, and otherwise."""

BEGUN: Final = [PlanState.WAITING, PlanState.WORKING]
SHOWN: Final = [*BEGUN, PlanState.READY, PlanState.FAILED]


@dataclass(frozen=True, slots=True)
class Board:
    """All of the page but its forms. Without a ``plan`` the tours are those on the road."""

    day: date
    zone: ZoneInfo
    hubs: Sequence[Hub]
    plan: Plan | None
    tours: Sequence[Tour]
    gantt: Gantt | None
    left_out: Sequence[PlannedVisit]
    difference: Difference | None
    saved: Sequence[Row]
    figures: Table | None
    missing: Sequence[str]
    latest: Sequence[Plan]

    @property
    def is_busy(self) -> bool:
        """Whether a plan is waited for."""
        return self.plan is not None and self.plan.state in BEGUN

    @property
    def is_ready(self) -> bool:
        """Whether the plan can be published, or changed by hand."""
        return self.plan is not None and self.plan.state == PlanState.READY

    @property
    def every(self) -> int:
        return BUSY_SECONDS if self.is_busy else CALM_SECONDS

    @property
    def version(self) -> str:
        """Changes when the page has other parts than before, and not when their contents alone are others."""
        state = f"{self.plan.pk}-{self.plan.state}" if self.plan else "day"
        return "-".join([state, *(str(tour.id) for tour in self.tours)])

    @property
    def late(self) -> int:
        return sum(tour.late for tour in self.tours)

    @property
    def shipments(self) -> int:
        return sum(len(tour.calls) for tour in self.tours)


def hubs(place_id: int | None = None) -> list[Hub]:
    """List the hubs of the installation, or the one at a place."""
    found = Hub.objects.select_related("place").order_by("place__name", "pk")
    return list(found.filter(pk=place_id) if place_id else found)


def today(hubs: Sequence[Hub], *, at: datetime) -> date:
    """Say what day it is at the first hub."""
    return at.astimezone(zone_of(hubs)).date()


def zone_of(hubs: Sequence[Hub]) -> ZoneInfo:
    """Give the zone that a page about these hubs is written in."""
    return hubs[0].zone if hubs else ZoneInfo(settings.TIME_ZONE)


def read(day: date, hubs: Sequence[Hub], plan: Plan | None, *, at: datetime) -> Board:
    """Read a day: as a plan would have it, or without one as it is on the road."""
    latest = _latest(day, hubs)
    published = next((known for known in latest if known.state == PlanState.PUBLISHED), None)
    source = plan or published
    is_proposed = plan is not None and plan.state == PlanState.READY
    found = tours.of_plan(plan) if plan and is_proposed else tours.standing(day, hubs, at=at)
    difference = comparing.against_published(plan) if plan and is_proposed else None
    return Board(
        day=day,
        zone=zone_of(hubs),
        hubs=hubs,
        plan=plan,
        tours=found,
        gantt=gantt.draw(found, zone=zone_of(hubs), at=at),
        left_out=_left_out(source) if source else [],
        difference=difference,
        saved=figures.saved(difference.saved) if difference else [],
        figures=figures.table(source.figures) if source else None,
        missing=[_say(word) for word in source.missing] if source else [],
        latest=latest,
    )


def waiting(day: date, hubs: Sequence[Hub]) -> Plan | None:
    """Find the newest plan of a day, if it waits for a worker or a dispatcher."""
    newest = next(iter(_latest(day, hubs)), None)
    return newest if newest is not None and newest.state in SHOWN else None


def _latest(day: date, hubs: Sequence[Hub]) -> list[Plan]:
    """List the newest plans of a day, without those of one van that were on the road before anybody saw them."""
    found = Plan.objects.filter(day=day, hubs__in=hubs).distinct()
    seen = found.exclude(is_again=True, asked_by=None, state=PlanState.PUBLISHED)
    return list(seen.order_by("-asked_at", "-pk")[:LATEST])


def _left_out(plan: Plan) -> list[PlannedVisit]:
    return list(plan.visits.filter(tour=None).select_related("shipment").order_by("reason", "shipment__reference"))


def _say(word: str) -> str:
    return str(Missing(word).label) if word in Missing else word
