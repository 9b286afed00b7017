"""Whether a tour can be driven at all, by every rule of the problem, and what it comes to."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from dispatch.planning import simulating
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import NO_WAY, Load, Problem, Tour, Vehicle, Visit
from dispatch.planning.simulating import Simulator

# How many tours are remembered: a few hundred megabytes at most.
MEMORY: Final = 100_000


class Fitter:
    """A problem made ready to try many tours."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._simulator = Simulator(problem)
        self.visits = self._simulator.visits
        self.vehicles = self._simulator.vehicles
        self.begun = self._simulator.begun
        self._tried: dict[Tour, TimedTour | None] = {}

    def fit(self, tour: Tour) -> TimedTour | None:
        """Drive a tour, if that breaks no rule. What was under way already may be late, or too much."""
        if tour not in self._tried:
            if len(self._tried) >= MEMORY:
                self._tried.clear()
            self._tried[tour] = self._fit(tour)
        return self._tried[tour]

    def drive(self, tour: Tour) -> TimedTour:
        """Drive a tour, rules or not."""
        return self._simulator.drive(tour)

    def is_entrusted(self, vehicle: Vehicle, visit: Visit) -> bool:
        """Tell whether a vehicle may make a visit: its driver has the skills, and it comes from where the goods are."""
        return visit.skills <= vehicle.skills and (visit.depots is None or vehicle.depot in visit.depots)

    def _fit(self, tour: Tour) -> TimedTour | None:
        vehicle, visits = self.vehicles[tour.vehicle], [self.visits[name] for name in tour.visits]
        frozen = len(self.begun.get(vehicle.id, ()))
        if not all(self.is_entrusted(vehicle, visit) for visit in visits[frozen:]):
            return None
        is_added_to = len(visits) > frozen
        if is_added_to and self._is_hopeless(vehicle, visits):
            return None
        timed = self._simulator.drive(tour)
        return timed if self._is_in_time(vehicle, visits, timed) or not is_added_to else None

    def _is_hopeless(self, vehicle: Vehicle, visits: Sequence[Visit]) -> bool:
        """Tell whether a tour breaks a rule that is seen without driving it."""
        return (
            is_overloaded(vehicle.capacity, visits)
            or not self._has_way(vehicle, visits)
            or self._simulator.is_late(vehicle, visits)
        )

    def _has_way(self, vehicle: Vehicle, visits: Sequence[Visit]) -> bool:
        seconds = self.problem.drives[vehicle.profile].seconds
        places = [vehicle.depot, *(visit.place for visit in visits), simulating.end_of(vehicle)]
        return all(seconds.item(*leg) < NO_WAY for leg in pairwise(places))

    def _is_in_time(self, vehicle: Vehicle, visits: Sequence[Visit], timed: TimedTour) -> bool:
        frozen = len(self.begun.get(vehicle.id, ()))
        begins = [call.begins for call in timed.calls]
        most_seconds = timed.cost.seconds if vehicle.most_seconds is None else vehicle.most_seconds
        most_metres = timed.cost.metres if vehicle.most_metres is None else vehicle.most_metres
        return (
            timed.returns <= vehicle.shift[1]
            and timed.cost.seconds <= most_seconds
            and timed.cost.metres <= most_metres
            and all(
                any(start <= moment <= end for start, end in visit.windows)
                for visit, moment in list(zip(visits, begins, strict=True))[frozen:]
            )
            and (timed.pause is None or vehicle.pause is None or timed.pause <= vehicle.pause.begins[1])
            and (frozen == len(visits) or timed.departs >= max(visit.ready_at for visit in visits[frozen:]))
        )


def is_overloaded(capacity: Load, visits: Sequence[Visit]) -> bool:
    """Tell whether there would ever be more on board than there is room for."""
    return any(peak > room for peak, room in zip(peaks(len(capacity), visits), capacity, strict=True))


def peaks(dimensions: int, visits: Sequence[Visit]) -> Load:
    """Return the most that is ever on board, by dimension."""
    return tuple(_peak(dimension, visits) for dimension in range(dimensions))


def _peak(dimension: int, visits: Sequence[Visit]) -> int:
    on_board = most = sum(visit.load[dimension] for visit in visits)
    for visit in visits:
        if visit.pickup:
            on_board += visit.pickup[dimension] - visit.load[dimension]
            most = max(most, on_board)
        else:
            on_board -= visit.load[dimension]
    return most
