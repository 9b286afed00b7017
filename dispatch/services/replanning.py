"""Plans again while a day is under way: one van at once when something happens, the whole day when somebody asks.

What is worth it and breaks no time that a shopper was told is put on the road by itself. Anything else waits for a
dispatcher, who sees what it would change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from dispatch import signals
from dispatch.models import Demand, Duty, Hub, Plan, PlannedTour, PlanState
from dispatch.planning import inserting, simulating
from dispatch.planning import plan as answers
from dispatch.planning.problem import Tour
from dispatch.planning.simulating import Simulator
from dispatch.services import comparing, days, plans, publishing, results, standing, working
from dispatch.services.days import Day
from tracking.rounds.models import Route, RouteState, Stop, StopState

VAN_SECONDS: Final = 0.08
DAY_SECONDS: Final = 5.0
INSERTED: Final = "insertion"
QUIET: Final = timedelta(seconds=2)
"""Of several things that happen to a route within so short a time, the last one is waited for."""

WORTH_SECONDS: Final = 120
"""Nobody's order is changed to save less time on the road."""


def day(hubs: Iterable[Hub], *, by: User | None, at: datetime, seconds: float = DAY_SECONDS) -> Plan:
    """Have what is left of today planned anew by a worker, beginning with the tours as they stand.

    Raises ``ValueError`` without a hub, and ``plans.TooLong``.
    """
    chosen = list(hubs)
    today = at.astimezone(chosen[0].zone).date() if chosen else at.date()
    return plans.ask(today, chosen, by=by, at=at, seconds=seconds, is_again=True)


def van(duty: Duty, *, at: datetime, seconds: float = VAN_SECONDS) -> Plan | None:
    """Put what one duty has left to do into the best order, from where its driver is now.

    Gives the plan where another order is worth it: published already, or ready for a dispatcher where it would break a
    promise or leave somebody out. ``None`` where all stays as it is.

    Raises ``working.Faulty``.
    """
    gathered = days.gather_van(duty, at=at)
    if gathered is None:
        return None
    before = standing.tours(gathered)
    planned_day, answer = working.solve(gathered, seconds=seconds, warm=before)
    order = [(timed.vehicle, tuple(call.visit for call in timed.calls)) for timed in answer.tours]
    if order == [(tour.vehicle, tour.visits) for tour in before] and not answer.left_out:
        return None
    return _decide(planned_day, answer, before, at=at)


def fit_in(demand: Demand, *, at: datetime) -> Plan | None:
    """Put a shipment that is on no route into the tours of its day where it costs least, all else in its order.

    Gives the plan, published already or waiting for a dispatcher; ``None`` where that day is not planned yet, or where
    it goes nowhere: then it waits for the day's next plan.
    """
    hub = demand.hub
    today = demand.earliest.astimezone(hub.zone).date() if hub else at.date()
    planned = PlannedTour.objects.filter(plan__state=PlanState.PUBLISHED, plan__day=today, duty__hub=hub)
    if hub is None or not planned.filter(route__state=RouteState.PLANNED).exists():
        return None
    gathered = days.gather_again(today, [hub], at=at)
    before, simulator = standing.tours(gathered), Simulator(gathered.problem)
    wanted = gathered.visits_of({demand.shipment_id}).get(demand.shipment_id)
    if wanted is None or any(wanted in tour.visits for tour in before):
        return None
    timed = [simulator.drive(tour) for tour in before]
    stands = answers.Plan(timed, [], simulating.total(tour.cost for tour in timed), INSERTED)
    answer = inserting.fill(gathered.problem, stands, [simulator.visits[wanted]])
    if not any(call.visit == wanted for tour in answer.tours for call in tour.calls):
        return None
    return _decide(gathered, answer, before, at=at)


def look(route_id: int, *, at: datetime) -> Plan | None:
    """Think about a route again to which something has happened, if it came from a plan and has come to rest.

    Of many calls within ``QUIET`` one does it, so that twice is harmless.

    Raises ``working.Faulty``.
    """
    duty = _of_plan(route_id).select_related("shift", "hub__place").first()
    if duty is None:
        return None
    rested = Q(looked_at=None) | Q(looked_at__lte=at - QUIET)
    if not Duty.objects.filter(rested, pk=duty.pk).update(looked_at=at):
        return None
    return van(duty, at=at)


def is_one_passed_by(route_id: int) -> bool:
    """Say whether a driver has gone past a stop that is still to come."""
    last = Stop.objects.filter(route=route_id, state=StopState.DONE).aggregate(last=Max("sequence"))["last"]
    return last is not None and Stop.objects.pending().filter(route=route_id, sequence__lt=last).exists()


def _of_plan(route_id: int) -> QuerySet[Duty]:
    """Find the duty of a route that a plan made and that is not over; routes made otherwise are left alone."""
    unfinished = Route.objects.filter(id=route_id).exclude(state=RouteState.FINISHED)
    published = Q(planned_tours__route__in=unfinished, planned_tours__plan__state=PlanState.PUBLISHED)
    return Duty.objects.filter(published).distinct()


@transaction.atomic
def _decide(gathered: Day, answer: answers.Plan, before: Sequence[Tour], *, at: datetime) -> Plan | None:
    """Write an answer down if it is worth it, and publish it if it does nobody harm."""
    plan = _new(gathered, at=at)
    results.write(plan, gathered, answer, compared=working.compare(gathered, before))
    found = comparing.against_published(plan)
    serves_more = any(move.before is None for move in found.moves)
    is_worth_it = bool(found.mended or answer.left_out) or found.saved.get("seconds", 0) >= WORTH_SECONDS
    if not (is_worth_it or serves_more):
        plan.delete()
        return None
    if found.keeps_promises and not answer.left_out:
        publishing.publish(plan, by=None, at=at)
    plan.refresh_from_db()
    return plan


def _new(gathered: Day, *, at: datetime) -> Plan:
    """Begin a plan of one van; one that waits for a dispatcher is out of date now."""
    duties = list(gathered.duties.values())
    waiting = Plan.objects.filter(is_again=True, state=PlanState.READY, tours__duty__in=duties)
    alone = [plan.pk for plan in waiting if plan.tours.count() == 1]
    Plan.objects.filter(pk__in=alone).update(state=PlanState.CANCELLED)
    plan = Plan.objects.create(
        day=gathered.day, is_again=True, state=PlanState.READY, asked_at=at, begun_at=at, ready_at=at, progress=100
    )
    plan.hubs.set(gathered.hubs)
    transaction.on_commit(lambda: signals.plan_changed.send_robust(Plan, plan_id=plan.pk))
    return plan
