"""PyVRP's search, told when to stop, how to weigh, and where to begin."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import OPERATORS, LocalSearch, PerturbationManager, compute_neighbours

from dispatch.planning.fitting import Fitter
from dispatch.planning.keeping import Keeping
from dispatch.planning.modelling import rows
from dispatch.planning.modelling.model import Model
from dispatch.planning.pacing import Pace
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Tour, Visit

NAME: Final = f"PyVRP {version('pyvrp')}"

# With how many solutions ago the next one is compared, by the seconds there are: for short searches a short memory.
_HISTORY: Final = ((6.0, 10), (12.0, 30), (20.0, 60), (40.0, 100))
_LONG_HISTORY: Final = 300

# What a unit of what is too much may cost, in units of the dearest second or metre.
_MOST_PENALTY: Final = 100_000.0

# By when a search knows whether everything can be done.
_PATIENCE: Final = 0.35

# When traffic is not the same all day, it is reckoned with anew from here on by when the tours are where, until there.
_FIRST_LOOK: Final = 0.6
_SECOND_LOOK: Final = 0.92

# A search that finds nothing better in so many steps begins anew; once this share of the time is gone, from the best.
STANDSTILL: Final = 1_500
_LAST_CLIMB: Final = 0.6

_INFEASIBLE: Final = sys.maxsize


def search(
    fitter: Fitter,
    visits: Sequence[Visit],
    begin: Sequence[TimedTour],
    keeping: Keeping,
    pace: Pace,
    seed: int,
) -> Iterator[Sequence[Tour]]:
    """Yield tours of the visits, each time better ones as far as PyVRP can tell, until the time is over.

    ``begin`` is where to begin, and ``keeping`` what a change of order costs. The true traffic is not looked at in
    between: what is yielded is to be driven through it, and mended.
    """
    is_even = all(rows.is_even(fitter.problem.traffic_met(profile)) for profile in fitter.problem.drives)
    quest = _Quest(fitter, visits, keeping, pace, seed)
    tours = quest.look(begin, {}, until=1.0 if is_even else _FIRST_LOOK)
    if tours is not None:
        yield tours
        begin = [fitter.drive(tour) for tour in tours]
    if not is_even and not pace.is_over(_SECOND_LOOK):
        tours = quest.look(begin, _moments(begin), until=_SECOND_LOOK)
        if tours is not None:
            yield tours


class Watch:
    """Tells PyVRP when to stop: the time is over, or nothing has become better for too long."""

    def __init__(self, pace: Pace, until: float, patience: float) -> None:
        self._pace, self._until, self._patience = pace, until, patience
        self._least, self._still = _INFEASIBLE, 0

    def __call__(self, best_cost: int) -> bool:
        """Tell whether to stop, where the best that was found costs so much."""
        self._still = 0 if best_cost < self._least else self._still + 1
        self._least = best_cost
        if best_cost >= _INFEASIBLE:
            return self._pace.is_over(self._patience)
        return self._still > STANDSTILL or self._pace.is_over(self._until)


class _Climb:
    """PyVRP's search from a beginning, with the same steps each time."""

    def __init__(self, model: Model, improve: LocalSearch, history: int) -> None:
        self._data, self._improve = model.data, improve
        self._penalties = pyvrp.PenaltyParams(max_penalty=_MOST_PENALTY * model.dearest_unit)
        self._params = pyvrp.IteratedLocalSearchParams(history_length=history)

    def up(self, start: pyvrp.Solution, stop: Watch) -> pyvrp.Solution:
        """Search from a solution until it is to stop, and return the best that was found."""
        manager = pyvrp.PenaltyManager(self._penalties.midpoint_penalties(self._data), self._penalties)
        first = self._improve(start, manager.max_cost_evaluator(), exhaustive=True)
        search = pyvrp.IteratedLocalSearch(self._data, manager, self._improve, first, self._params)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            return search.run(stop, collect_stats=False, display=False).best

    def cost(self, solution: pyvrp.Solution) -> int:
        """Return what a solution costs; of one that is not feasible, more than any other."""
        free = pyvrp.CostEvaluator([0] * self._data.num_load_dimensions, 0, 0)
        return int(free.cost(solution))


@dataclass(frozen=True, slots=True)
class _Quest:
    """What all looks of one search have in common."""

    fitter: Fitter
    visits: Sequence[Visit]
    keeping: Keeping
    pace: Pace
    seed: int

    def look(self, begin: Sequence[TimedTour], moments: Mapping[str, int], *, until: float) -> list[Tour] | None:
        """Search until a share of the time is gone; if not everything can be done, for what can.

        Where there is somewhere to begin, what is not feasible is not returned: one can stay there.
        """
        model = Model(self.fitter, self.visits, moments, self.keeping)
        patience = self.pace.gone + _PATIENCE * (until - self.pace.gone)
        best = self._run(model, begin, until, patience)
        if not best.is_feasible():
            model = Model(self.fitter, self.visits, moments, self.keeping, is_partial=True)
            best = self._run(model, begin, until, until)
        return model.tours(best, begin) if best.is_feasible() or not begin else None

    def _run(self, model: Model, begin: Sequence[TimedTour], until: float, patience: float) -> pyvrp.Solution:
        """Run PyVRP until a share of the time is gone; only until ``patience`` while nothing it finds is feasible.

        A search that stands still begins anew somewhere else, and in the end from the best. One that has somewhere to
        begin stays there.
        """
        random = pyvrp.RandomNumberGenerator(self.seed)
        history = next((length for seconds, length in _HISTORY if self.pace.seconds <= seconds), _LONG_HISTORY)
        climb = _Climb(model, _improvement(model.data, random), history)
        start = model.solution(begin) if begin else pyvrp.Solution.make_random(model.data, random)
        best = climb.up(start, Watch(self.pace, until, patience))
        while not self.pace.is_over(until if best.is_feasible() else patience):
            is_last = begin or self.pace.gone > _LAST_CLIMB * until
            start = best if is_last else pyvrp.Solution.make_random(model.data, random)
            best = min(best, climb.up(start, Watch(self.pace, until, patience)), key=climb.cost)
        return best


def _improvement(data: pyvrp.ProblemData, random: pyvrp.RandomNumberGenerator) -> LocalSearch:
    """Return PyVRP's local search with every step that makes sense for a problem."""
    search = LocalSearch(data, random, compute_neighbours(data), PerturbationManager())
    for step in OPERATORS:
        if step.supports(data):
            search.add_operator(step(data))
    return search


def _moments(tours: Sequence[TimedTour]) -> dict[str, int]:
    """Return when each visit, and each depot, is left."""
    return {call.visit: call.leaves for tour in tours for call in tour.calls} | {
        tour.vehicle: tour.departs for tour in tours
    }
