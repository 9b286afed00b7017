"""Plans as dispatchers handle them: asked for, watched, changed by hand, given up.

What works on one is ``working``, what makes it the day's is ``publishing``.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from dispatch import signals
from dispatch.models import Duty, Hub, Plan, PlanState
from dispatch.models.plans import WhyNot
from dispatch.planning import checking, simulating
from dispatch.planning import plan as answers
from dispatch.planning.checking import Fault
from dispatch.planning.plan import Reason
from dispatch.planning.problem import Tour
from dispatch.planning.simulating import Simulator
from dispatch.services import days, results, standing, working
from dispatch.services.days import Day
from tracking.shipments.models import Shipment

SECONDS: Final = 10.0
LEAST_SECONDS: Final = 0.1
MOST_SECONDS: Final = 120
"""With its roads and its writing down, a plan is then done before its task would be handed to another worker."""

BY_HAND: Final = "by hand"
OPEN: Final = [PlanState.WAITING, PlanState.WORKING, PlanState.READY]


class NotReady(Exception):
    """The plan is being worked out, or was published or given up; it is not to be changed."""


class TooLong(Exception):
    """No plan may take so many seconds, or so few."""


@transaction.atomic
def ask(
    day: date, hubs: Iterable[Hub], *, by: User | None, at: datetime, seconds: float = SECONDS, is_again: bool = False
) -> Plan:
    """Have a day of some hubs planned by a worker, which takes ``seconds`` and a little more.

    With ``is_again`` the routes on the road are planned anew too, from where they are.

    Raises ``TooLong``, and ``ValueError`` without a hub.
    """
    chosen = list(hubs)
    if not chosen:
        raise ValueError("A day is planned for at least one hub.")
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise TooLong(f"A plan takes {LEAST_SECONDS} to {MOST_SECONDS} seconds, not {seconds}.")
    plan = Plan.objects.create(day=day, seconds=seconds, is_again=is_again, asked_by=by, asked_at=at)
    plan.hubs.set(chosen)
    transaction.on_commit(lambda: signals.plan_asked.send_robust(Plan, plan_id=plan.pk))
    return plan


@transaction.atomic
def cancel(plan: Plan) -> bool:
    """Give a plan up that is not published; who works on it stops. Says whether it was open; twice is harmless."""
    if not Plan.objects.filter(pk=plan.pk, state__in=OPEN).update(state=PlanState.CANCELLED):
        return False
    transaction.on_commit(lambda: signals.plan_changed.send_robust(Plan, plan_id=plan.pk))
    return True


@transaction.atomic
def draft(day: date, hubs: Iterable[Hub], *, by: User | None, at: datetime) -> Plan:
    """Make a plan of what is on the routes now, to be changed by hand.

    Raises ``ValueError`` without a hub.
    """
    chosen = list(hubs)
    gathered = days.gather_again(day, chosen, at=at)
    plan = Plan.objects.create(day=day, is_again=True, state=PlanState.READY, asked_by=by, asked_at=at, ready_at=at)
    plan.hubs.set(chosen)
    _write(plan, gathered, standing.tours(gathered))
    return plan


@transaction.atomic
def move(plan: Plan, shipment: Shipment, *, duty: Duty | None, place: int, at: datetime) -> list[Fault]:
    """Put a shipment, with all that goes to its door, on another place of a plan: 1 is the first; past the end is last.

    Without a duty it is taken out. Who decides by hand decides: what that breaks is said, not refused. What has come
    in since the plan was made is named as left out.

    Raises ``NotReady``, ``KeyError`` where the day has no such duty any more, and ``LookupError`` where the shipment
    is not to be planned any more; nothing has changed then.
    """
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.state != PlanState.READY:
        raise NotReady(f"Plan {plan.pk} is {plan.state}.")
    gather = days.gather_again if plan.is_again else days.gather
    day = gather(plan.day, plan.hubs.all(), at=at)
    moved = day.visits_of({shipment.pk}).get(shipment.pk)
    if moved is None:
        raise LookupError(f"Shipment {shipment.pk} is not to be planned on {plan.day}.")
    tours: dict[str, list[str]] = {vehicle: [] for vehicle in day.duties} | {
        tour.vehicle: [visit for visit in tour.visits if visit != moved] for tour in standing.tours_of(plan, day)
    }
    if duty is not None:
        tours[str(duty.pk)].insert(max(0, place - 1), moved)
    found = _write(plan, day, [Tour(vehicle, tuple(visits)) for vehicle, visits in tours.items() if visits])
    if duty is None:
        of_door = [demand.shipment_id for demand in day.doors[moved].demands]
        plan.visits.filter(shipment__in=of_door).update(reason=WhyNot.BY_HAND)
    transaction.on_commit(lambda: signals.plan_changed.send_robust(Plan, plan_id=plan.pk))
    return found


def _write(plan: Plan, day: Day, tours: Sequence[Tour]) -> list[Fault]:
    """Drive tours that a person made, and write them down; gives what is wrong with them."""
    simulator = Simulator(day.problem)
    timed = [simulator.drive(tour) for tour in tours]
    in_tours = {visit for tour in tours for visit in tour.visits}
    left_out = [(visit.id, Reason.NO_ROOM) for visit in day.problem.visits if visit.id not in in_tours]
    answer = answers.Plan(timed, left_out, simulating.total(tour.cost for tour in timed), BY_HAND)
    results.write(plan, day, answer, compared=working.compare(day, standing.tours(day)))
    return checking.faults(day.problem, answer)
