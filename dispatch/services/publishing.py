"""Makes a plan the day's: routes, stops, who is on them, and what shoppers are told.

Written through tracking's services in one transaction, so that a day is never half published. A route that has set off
is touched only by a plan that was made with it on the road, and then only behind the stops that its driver is at now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from dispatch import signals, spoken_for
from dispatch.models import Demand, Plan, PlannedTour, PlannedVisit, PlanState
from dispatch.models.plans import Way
from dispatch.services import days
from dispatch.services.plans import NotReady
from dispatch.services.underway import FROZEN
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, RouteState
from tracking.rounds.services import StopPlan
from tracking.shipments import services as shipments
from tracking.shipments import window
from tracking.shipments.services import Door, Layout
from tracking.shipments.window import Cause, Window

BEFORE: Final = timedelta(minutes=30)
AFTER: Final = timedelta(minutes=60)
"""How far from its planned moment a visit may be before a shopper is wrong: days go late rather than early."""

STILL_RIGHT: Final = timedelta(minutes=10)
"""What was told stays told while the planned moment is so far inside."""


@transaction.atomic
def publish(plan: Plan, *, by: User | None, at: datetime) -> bool:
    """Put a plan on the road: everybody who is told another time, or is moved, hears of it; nobody else.

    A tour whose van has set off since it was planned is left alone, and so is a shipment that no plan may move any
    more, or about which others are asked by now. Says whether this was the first click; twice is harmless.

    Raises ``NotReady``; nothing has changed then.
    """
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.state == PlanState.PUBLISHED:
        return False
    if plan.state != PlanState.READY:
        raise NotReady(f"Plan {plan.pk} is {plan.state}.")
    tours = list(plan.tours.select_related("duty__shift", "duty__hub__place").order_by("pk"))
    _lock_routes(plan, tours)
    layouts = [layout for tour in tours if (layout := _layout(tour, at=at))]
    left_out = plan.visits.filter(spoken_for.by_nobody(), tour=None).values_list("shipment_id", flat=True)
    shipments.lay_out(layouts, off=list(left_out), at=at)
    rounds.drop_empty_routes(duty.shift_id for duty in days.duties_of(plan.day, plan.hubs.all()))
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.PUBLISHED, published_at=at, published_by=by)
    transaction.on_commit(lambda: signals.plan_changed.send_robust(Plan, plan_id=plan.pk))
    return True


def _lock_routes(plan: Plan, tours: Sequence[PlannedTour]) -> None:
    """Lock all routes that a plan may touch, in their order, so that nobody waits for us while we wait for them."""
    shifts = [tour.duty.shift_id for tour in tours]
    here = Q(shift__in=shifts) | Q(stops__shipments__planned_visits__plan=plan)
    for route_id in sorted(set(Route.objects.filter(here).values_list("id", flat=True))):
        rounds.lock_route(route_id)


def _layout(tour: PlannedTour, *, at: datetime) -> Layout | None:
    """Say what becomes of a tour's route, which is made where there is none; nothing where it is no longer ours."""
    brought = tour.visits.filter(spoken_for.by_nobody()).exclude(shipment__demand__way=Way.COLLECT)
    visits = list(brought.select_related("shipment__demand", "place").order_by("sequence", "shipment_id"))
    route = _route_of(tour)
    if route is None:
        return None
    PlannedTour.objects.filter(pk=tour.pk).update(route=route)
    doors = [door for _, here in groupby(visits, key=lambda visit: visit.sequence) if (door := _door(list(here)))]
    if route.state == RouteState.ACTIVE:
        return Layout(route.id, _behind_the_frozen(route, doors))
    rounds.depart_at(route, tour.departs_at)
    windows = {visit.shipment_id: told for visit in visits if (told := _told(visit, at=at))}
    return Layout(route.id, doors, windows)


def _route_of(tour: PlannedTour) -> Route | None:
    """Find the route of a tour: the one it was planned for on the road, or else the one that its duty has not begun."""
    of_shift = Route.objects.filter(shift=tour.duty.shift_id).order_by("departs_at", "id")
    if tour.route_id is not None:
        return of_shift.filter(id=tour.route_id).exclude(state=RouteState.FINISHED).first()
    if of_shift.filter(state=RouteState.ACTIVE).exists():
        return None
    planned = of_shift.filter(state=RouteState.PLANNED).first()
    return planned or rounds.plan_route(tour.duty.shift, hub=tour.duty.hub.place, departs_at=tour.departs_at, stops=[])


def _door(here: Sequence[PlannedVisit]) -> Door | None:
    """Describe the stop at which these visits are made at once, or one right after the other."""
    first, last = here[0].call, here[-1].call
    place = here[0].place or here[0].shipment
    if first is None or last is None or place.latitude is None or place.longitude is None:
        return None
    seconds = round((last.leaves_at - first.begins_at).total_seconds())
    plan = StopPlan(place.latitude, place.longitude, service_seconds=seconds, planned_at=first.begins_at)
    return Door(plan, tuple(visit.shipment_id for visit in here))


def _behind_the_frozen(route: Route, doors: Sequence[Door]) -> list[Door]:
    """Keep the stops that the driver is at now where they are, whatever was planned some seconds ago."""
    now = list(route.stops.pending().prefetch_related("shipments")[:FROZEN])
    frozen = [
        Door(
            StopPlan(stop.latitude, stop.longitude, service_seconds=stop.service_seconds, planned_at=stop.planned_at),
            tuple(sorted(shipment.id for shipment in stop.shipments.all())),
        )
        for stop in now
    ]
    known = {shipment_id for door in frozen for shipment_id in door.shipment_ids}
    return frozen + [door for door in doors if known.isdisjoint(door.shipment_ids)]


def _told(visit: PlannedVisit, *, at: datetime) -> tuple[Window, Cause] | None:
    """Say what to tell a shopper about a visit, and why; nothing while what they were told is right.

    Nobody is told more than what was asked for: of a slot the part that the plan makes likely.
    """
    shipment, call = visit.shipment, visit.call
    if call is None:
        return None
    told = shipment.window.span if shipment.window else None
    if told and told[0] + STILL_RIGHT <= call.begins_at <= told[1] - STILL_RIGHT:
        return None
    low, high = max(call.begins_at - BEFORE, at), call.begins_at + AFTER
    asked: Demand | None = getattr(shipment, "demand", None)
    if asked is not None and asked.earliest <= call.begins_at <= asked.latest:
        low, high = max(low, asked.earliest), min(high, asked.latest)
    found = window.between(low, high, shipment.zone)
    return found, Cause.REPLANNED if told else Cause.PLANNED
