"""Works plans out: one worker each, seen to be alive, stopped when nobody wants it any more, taken up when it died.

Who works on a plan holds a claim on it, the moment at which it began. Whatever is written is written under that claim,
so that of two workers who believe a plan to be theirs only one leaves anything behind.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from dispatch import signals
from dispatch.models import Plan, PlanState
from dispatch.planning import checking, solving
from dispatch.planning import plan as answers
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Problem, Tour
from dispatch.planning.simulating import Simulator
from dispatch.services import days, demands, results, standing
from dispatch.services.days import Day

logger = logging.getLogger(__name__)

ABANDONED_AFTER: Final = timedelta(seconds=45)
"""So long a worker may be busy with the roads of a large day before it is taken for dead."""

FORGOTTEN_AFTER: Final = timedelta(seconds=10)
MOST_TRIES: Final = 3
HEARD_EVERY: Final = timedelta(milliseconds=500)

Clock = Callable[[], datetime]


class Faulty(Exception):
    """The optimiser answered with a plan that breaks a rule. It is not shown to anybody."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a plan, held since a moment."""

    plan_id: int
    since: datetime

    def holds(self, **changes: object) -> bool:
        """Write something down, if the plan is still wanted and still ours; says whether it is."""
        mine = Plan.objects.filter(pk=self.plan_id, state=PlanState.WORKING, begun_at=self.since)
        return bool(mine.update(**changes))


class Heartbeat:
    """Says that a worker lives, and hears whether its plan is still wanted; both at most twice a second."""

    def __init__(self, claim: Claim, now: Clock) -> None:
        self._claim, self._now = claim, now
        self._heard_at = claim.since
        self._is_wanted = True

    def progress(self, share: float) -> None:
        """Write down how far it is, of 100."""
        at = self._now()
        if self._is_wanted and at - self._heard_at >= HEARD_EVERY:
            self._heard_at = at
            self._is_wanted = self._claim.holds(progress=min(99, round(100 * share)), seen_at=at)

    def is_wanted(self) -> bool:
        """Say whether to go on."""
        return self._is_wanted


def work_out(plan_id: int, *, now: Clock) -> bool:
    """Work a plan out, unless somebody else does or it is not wanted; says whether it is ready.

    Twice is harmless. A plan that was cancelled meanwhile stays so.
    """
    claim = _claim(plan_id, at=now())
    if claim is None:
        return False
    plan = Plan.objects.get(pk=plan_id)
    while demands.take_in_missing(at=claim.since):
        pass
    gather = days.gather_again if plan.is_again else days.gather
    day = gather(plan.day, plan.hubs.all(), at=claim.since)
    heartbeat = Heartbeat(claim, now)
    before = standing.tours(day)
    try:
        day, answer = solve(day, seconds=plan.seconds, warm=before, heartbeat=heartbeat)
    except Faulty as fault:
        logger.exception("Plan %s is faulty.", plan_id)
        claim.holds(state=PlanState.FAILED, problem=str(fault)[:200], seen_at=now())
        return False
    return _keep(claim, day, answer, compare(day, before), at=now())


def solve(
    day: Day, *, seconds: float, warm: Sequence[Tour] = (), heartbeat: Heartbeat | None = None
) -> tuple[Day, answers.Plan]:
    """Have the optimiser plan a day, and believe it only what a second look confirms.

    Where not everybody can be served who was told a time, they are served at another, which takes half as long again;
    the day is given as it was planned then.

    Raises ``Faulty``.
    """
    answer = _solve(day.problem, seconds=seconds, warm=warm, heartbeat=heartbeat)
    late = {visit_id for visit_id, _ in answer.left_out} & day.promised
    if late:
        day = day.relaxed(late)
        begin = [Tour(tour.vehicle, tuple(call.visit for call in tour.calls)) for tour in answer.tours]
        answer = _solve(day.problem, seconds=seconds / 2, warm=begin, heartbeat=heartbeat)
    return day, answer


def _solve(problem: Problem, *, seconds: float, warm: Sequence[Tour], heartbeat: Heartbeat | None) -> answers.Plan:
    if not problem.visits:
        return answers.Plan(tours=(), left_out=(), cost=answers.Cost())
    answer = solving.solve(
        problem,
        seconds=seconds,
        warm=warm,
        on_progress=heartbeat.progress if heartbeat else None,
        is_wanted=heartbeat.is_wanted if heartbeat else None,
    )
    found = checking.faults(problem, answer)
    if found:
        raise Faulty(", ".join(sorted({fault.wrong.value for fault in found})))
    return answer


def take_up_abandoned(*, at: datetime) -> list[int]:
    """Give back the plans whose worker died, end those that have killed some; gives the ids of those that wait."""
    silent = Plan.objects.filter(state=PlanState.WORKING, seen_at__lt=at - ABANDONED_AFTER)
    silent.filter(tries__gte=MOST_TRIES).update(state=PlanState.FAILED, problem="Its workers died.")
    silent.update(state=PlanState.WAITING)
    waiting = Plan.objects.filter(state=PlanState.WAITING, asked_at__lt=at - FORGOTTEN_AFTER)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def _claim(plan_id: int, *, at: datetime) -> Claim | None:
    """Take a waiting plan on; of several workers one gets it."""
    waiting = Plan.objects.filter(pk=plan_id, state=PlanState.WAITING)
    changes = {"state": PlanState.WORKING, "begun_at": at, "seen_at": at, "progress": 0}
    return Claim(plan_id, at) if waiting.update(tries=F("tries") + 1, **changes) else None


def compare(day: Day, before: Sequence[Tour]) -> dict[str, Sequence[TimedTour] | None]:
    """Drive what a plan is measured against."""
    simulator = Simulator(day.problem)
    return {
        "before": [simulator.drive(tour) for tour in before] if before else None,
        "as_given": standing.as_given(day.problem),
    }


@transaction.atomic
def _keep(
    claim: Claim, day: Day, answer: answers.Plan, compared: Mapping[str, Sequence[TimedTour] | None], *, at: datetime
) -> bool:
    """Write an answer down, if it is still wanted; says whether it is. All of it or nothing."""
    if not claim.holds(state=PlanState.READY, progress=100, ready_at=at, seen_at=at):
        return False
    results.write(Plan.objects.get(pk=claim.plan_id), day, answer, compared=compared)
    transaction.on_commit(lambda: signals.plan_changed.send_robust(Plan, plan_id=claim.plan_id))
    return True
