"""Gathers a day from the tables into a problem for the optimiser, and remembers which row is what in it.

Reads only. A day begins at the first midnight of its first hub and is counted in seconds that really pass, so that
the days on which clocks are put forward or back come out right.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self

from django.db.models import Q

from dispatch import doors, spoken_for, weather
from dispatch.doors import Door
from dispatch.models import Demand, Duty, Hub
from dispatch.models.plans import Way, WhyNot
from dispatch.planning.problem import ALWAYS, Problem
from dispatch.services import asking, demands, underway
from dispatch.services.asking import Asked, Clock
from dispatch.services.underway import Begun
from tracking.rounds.models import RouteState, ShiftState, StopState
from tracking.shipments.services.laying import MAY_BE_LAID


@dataclass(frozen=True, slots=True)
class Day:
    """A day as a problem, with the duty of each vehicle, the door of each visit, and what could not even be asked.

    ``begun`` are the routes on the road, by vehicle; ``missing`` names what had to be guessed. With ``keeps_told`` the
    windows of visits are the times that shoppers were told.
    """

    day: date
    hubs: Sequence[Hub]
    clock: Clock
    problem: Problem
    duties: Mapping[str, Duty]
    doors: Mapping[str, Door]
    begun: Mapping[str, Begun]
    left_out: Sequence[tuple[Demand, WhyNot]]
    missing: Sequence[str]
    keeps_told: bool

    @property
    def promised(self) -> set[str]:
        """The visits that are on a route, and so have a time that somebody counts on; none where all begins anew."""
        return {
            visit_id
            for visit_id, door in self.doors.items()
            if self.keeps_told and any(demand.shipment.stop_id for demand in door.demands)
        }

    def relaxed(self, visit_ids: Collection[str]) -> Self:
        """Let these visits come at any time, rather than when somebody was told."""
        visits = [
            replace(visit, windows=((visit.windows[0][0], ALWAYS[1]),)) if visit.id in visit_ids else visit
            for visit in self.problem.visits
        ]
        return replace(self, problem=replace(self.problem, visits=visits))

    def visits_of(self, shipment_ids: Collection[int], *, at_pickup: Collection[int] = ()) -> dict[int, str]:
        """Say which visit serves each of these shipments; of two ways the one to the door, unless ``at_pickup``."""
        found: dict[int, str] = {}
        for visit_id, door in self.doors.items():
            for demand in door.demands:
                is_this_way = not door.is_a_choice or (door.place is not None) == (demand.shipment_id in at_pickup)
                if demand.shipment_id in shipment_ids and is_this_way:
                    found[demand.shipment_id] = visit_id
        return found


class Working(NamedTuple):
    """Who works on a day: those who have not set off, and those who have."""

    free: Sequence[Duty]
    begun: Sequence[Begun]


def gather(day: date, hubs: Iterable[Hub], *, at: datetime, also: Sequence[Demand] = ()) -> Day:
    """Gather what is to be brought on a day from some hubs, by whom: of a day that has begun, what has not set off.

    ``also`` is what nobody has ordered yet.

    Raises ``ValueError`` without a hub.
    """
    return _gather(day, hubs, at=at, is_again=False, also=also)


def gather_again(day: date, hubs: Iterable[Hub], *, at: datetime) -> Day:
    """Gather what is left of a day, the routes on the road included: those go on from where they are."""
    return _gather(day, hubs, at=at, is_again=True)


def gather_van(duty: Duty, *, at: datetime) -> Day | None:
    """Gather what one duty has left to do, on the road or before it; ``None`` where it has nothing."""
    day = duty.shift.starts_at.astimezone(duty.hub.zone).date()
    begun = underway.of([duty], at=at)
    if begun:
        return _put(day, [duty.hub], Working([], begun), [], at=at, keeps_told=True)
    due = [demand for demand in _due(day, [duty.hub], [duty]) if demand.shipment.stop_id]
    return _put(day, [duty.hub], Working([duty], []), due, at=at, keeps_told=True) if due else None


def duties_of(day: date, hubs: Iterable[Hub]) -> list[Duty]:
    """Find the duties that begin on a day at these hubs, and are not over."""
    found: list[Duty] = []
    for hub in hubs:
        start, end = weather.midnight(hub, day), weather.midnight(hub, day + timedelta(days=1))
        on_day = Duty.objects.filter(hub=hub, shift__starts_at__gte=start, shift__starts_at__lt=end)
        found += on_day.exclude(shift__state=ShiftState.ENDED)
    fetched = Duty.objects.filter(pk__in=[duty.pk for duty in found]).order_by("pk").prefetch_related("skills")
    return list(fetched.select_related("shift__driver__carrier__fleet", "vehicle_type", "hub__place"))


def _gather(day: date, hubs: Iterable[Hub], *, at: datetime, is_again: bool, also: Sequence[Demand] = ()) -> Day:
    chosen = list(Hub.objects.filter(pk__in=[hub.pk for hub in hubs]).select_related("place").order_by("pk"))
    if not chosen:
        raise ValueError("A day is planned for at least one hub.")
    duties = duties_of(day, chosen)
    begun = underway.of(duties, at=at)
    on_the_road = {van.duty.pk for van in begun}
    free = [duty for duty in duties if duty.pk not in on_the_road and duty.shift.ends_at > at]
    due = [*_due(day, chosen, free), *also]
    return _put(day, chosen, Working(free, begun if is_again else []), due, at=at, keeps_told=is_again)


def _due(day: date, hubs: Sequence[Hub], free: Sequence[Duty]) -> list[Demand]:
    """Find what may be brought on a day from these hubs, and is on no route but those that these duties have.

    Not what others are asked about meanwhile.
    """
    end = weather.midnight(hubs[0], day + timedelta(days=1))
    due = Demand.objects.exclude(way=Way.COLLECT).filter(
        demands.ours("shipment__"),
        spoken_for.by_nobody(),
        Q(hub__in=hubs) | Q(hub=None),
        Q(ready_at=None) | Q(ready_at__lt=end),
        Q(shipment__stop=None)
        | ~Q(shipment__stop__state=StopState.PENDING)
        | Q(shipment__stop__route__state=RouteState.PLANNED, shipment__stop__route__shift__duty__in=free),
        earliest__lt=end,
        shipment__status__in=MAY_BE_LAID,
        shipment__finished_at=None,
    )
    fetched = due.select_related("shipment__stop", "hub", "pickup_point").prefetch_related("skills")
    return list(fetched.order_by("shipment_id"))


def _put(
    day: date, hubs: Sequence[Hub], working: Working, due: Sequence[Demand], *, at: datetime, keeps_told: bool
) -> Day:
    free, begun = working
    clock = Clock(weather.midnight(hubs[0], day))
    left_out = {demand.shipment_id: reason for demand in due if (reason := _why_not(demand, hubs, free))}
    asked = Asked(
        day=day,
        hubs=hubs,
        clock=clock,
        at=at,
        ends_at=max([weather.midnight(hubs[0], day + timedelta(days=1)), *(duty.shift.ends_at for duty in free)]),
        free=free,
        begun=begun,
        doors=doors.of(
            (demand for demand in due if demand.shipment_id not in left_out), most=_most(free), keeps_told=keeps_told
        ),
    )
    problem, missing = asking.put(asked)
    aboard = [door for van in begun for door in van.doors]
    return Day(
        day=day,
        hubs=hubs,
        clock=clock,
        problem=problem,
        duties={str(duty.pk): duty for duty in [*free, *(van.duty for van in begun)]},
        doors={door.id: door for door in [*asked.doors, *aboard]},
        begun={str(van.duty.pk): van for van in begun},
        left_out=[(demand, left_out[demand.shipment_id]) for demand in due if demand.shipment_id in left_out],
        missing=sorted(missing),
        keeps_told=keeps_told,
    )


def _why_not(demand: Demand, hubs: Sequence[Hub], free: Sequence[Duty]) -> WhyNot | None:
    """Say why nobody need be asked to plan this."""
    shipment = demand.shipment
    if demand.way != Way.PICKUP and (shipment.latitude is None or shipment.longitude is None):
        return WhyNot.NO_POINT
    if demand.hub_id is None and demands.hub_for(shipment, hubs) is None:
        return WhyNot.NO_HUB
    return None if free else WhyNot.NOBODY_WORKS


def _most(free: Sequence[Duty]) -> tuple[int, int]:
    """Say how much the largest vehicle takes: more than that is never brought to one door at once."""
    return max(((duty.vehicle_type.payload_g, duty.vehicle_type.volume_ml) for duty in free), default=(0, 0))
