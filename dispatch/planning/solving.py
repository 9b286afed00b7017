"""From a problem to a plan."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Final, Protocol

from dispatch.planning import keeping, reasons, simulating
from dispatch.planning.drafting import Draft, Drafter
from dispatch.planning.fitting import Fitter
from dispatch.planning.keeping import Keeping
from dispatch.planning.pacing import Pace
from dispatch.planning.plan import Plan, Reason, TimedTour
from dispatch.planning.problem import Problem, Tour, Visit


class Search(Protocol):
    """What a search of tours takes, and yields: better and better tours, to be driven through the true traffic."""

    def __call__(
        self,
        fitter: Fitter,
        visits: Sequence[Visit],
        begin: Sequence[TimedTour],
        keeping: Keeping,
        pace: Pace,
        seed: int,
    ) -> Iterator[Sequence[Tour]]: ...


# Both have the same names; the second does without PyVRP.
_ENGINE: Final = import_module(f"dispatch.planning.{'searching' if find_spec('pyvrp') else 'fallback'}")
_SEARCH: Final[Search] = _ENGINE.search
MADE_BY: Final[str] = _ENGINE.NAME


def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    warm: Sequence[Tour] = (),
    on_progress: Callable[[float], None] | None = None,
    is_wanted: Callable[[], bool] | None = None,
) -> Plan:
    """Plan as well as it can be done within some seconds; the same seed searches the same way.

    ``warm`` is where to begin; the plan is never worse than that, as far as it can be driven. While tours are under
    way, their order is only changed for something that is worth it (``keeping``). ``on_progress`` is told a
    few times a second which share of the time is gone. Where ``is_wanted`` answers no, what was found until then is
    returned at once. Every plan passes ``checking.faults``: each tour was driven through the true traffic, and what
    found no place is named with the reason.
    """
    pace = Pace(seconds, on_progress, is_wanted)
    fitter = Fitter(problem)
    never = reasons.hopeless(problem)
    visits = _open(fitter, never)
    drafter = Drafter(fitter, visits)
    drafts = [drafter.draft(warm)] if warm or not visits else []
    begin = [tour for draft in drafts for tour in draft.tours.values()]
    kept = keeping.of(begin) if problem.begun else keeping.NOTHING
    if visits:
        drafts.extend(drafter.draft(tours) for tours in _SEARCH(fitter, visits, begin, kept, pace, seed))
    best = min(drafts, key=lambda draft: (draft.lacking, draft.money + kept.cost(draft.tours.values())))
    return _plan(fitter, best, never)


def _open(fitter: Fitter, never: dict[str, Reason]) -> list[Visit]:
    """Return the visits that are to be planned: not begun, not hopeless, not served by what has begun."""
    begun = [fitter.visits[name] for names in fitter.begun.values() for name in names]
    closed = {visit.id for visit in begun} | never.keys()
    served = {visit.group for visit in begun if visit.group}
    return [visit for visit in fitter.problem.visits if visit.id not in closed and visit.group not in served]


def _plan(fitter: Fitter, draft: Draft, never: dict[str, Reason]) -> Plan:
    made = {call.visit for tour in draft.tours.values() for call in tour.calls}
    rest = [visit for visit in fitter.problem.visits if visit.id not in made]
    why = reasons.of_rest(fitter, draft, [visit for visit in rest if visit.id not in never]) | never
    order = {vehicle.id: number for number, vehicle in enumerate(fitter.problem.vehicles)}
    tours = sorted(draft.tours.values(), key=lambda tour: order[tour.vehicle])
    left_out = [(visit.id, why[visit.id]) for visit in rest]
    return Plan(tours, left_out, simulating.total(tour.cost for tour in tours), MADE_BY)
