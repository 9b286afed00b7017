"""Why a visit cannot be made, or was not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from dispatch.planning.drafting import Draft
from dispatch.planning.fitting import Fitter, is_overloaded
from dispatch.planning.placing import Placer
from dispatch.planning.plan import Reason
from dispatch.planning.problem import Drives, Problem, Tour, Vehicle, Visit, Whole


def hopeless(problem: Problem) -> dict[str, Reason]:
    """Return the visits that nobody could make if there were no others but those begun, each with the reason.

    Pauses are not thought of, and ways may lead through the places of other visits: what cannot be made alone may be
    made after another visit.
    """
    alone = _Alone(problem)
    frozen = {name for tour in problem.begun for name in tour.visits}
    reasons = ((visit.id, alone.why_never(visit)) for visit in problem.visits if visit.id not in frozen)
    return {name: reason for name, reason in reasons if reason}


def of_rest(fitter: Fitter, draft: Draft, rest: Sequence[Visit]) -> dict[str, Reason]:
    """Return why visits that somebody could make are in no tour of a draft."""
    made = {call.visit for tour in draft.tours.values() for call in tour.calls}
    served = {visit.group for visit in fitter.problem.visits if visit.group and visit.id in made}
    placer = Placer(fitter)
    reasons = {}
    for visit in rest:
        if visit.group in served:
            reasons[visit.id] = Reason.OTHER_WAY
        elif next(placer.placements(draft.tours, visit), None):
            reasons[visit.id] = Reason.TOO_DEAR
        else:
            reasons[visit.id] = Reason.NO_ROOM
    return reasons


class _Alone:
    """A problem in which one visit at a time is tried, by one vehicle of each kind."""

    def __init__(self, problem: Problem) -> None:
        vehicles = [replace(vehicle, pause=None) for vehicle in problem.vehicles]
        self._fitter = Fitter(replace(problem, vehicles=vehicles))
        begun = self._fitter.begun
        self._kinds = list({(replace(vehicle, id=""), begun.get(vehicle.id)): vehicle for vehicle in vehicles}.values())

    def why_never(self, visit: Visit) -> Reason | None:
        """Return why nobody could make a visit, or ``None`` if somebody could."""
        rules: tuple[tuple[Reason, Callable[[Vehicle], bool]], ...] = (
            (Reason.TOO_MUCH, lambda vehicle: not is_overloaded(vehicle.capacity, [visit])),
            (Reason.NO_SKILL, lambda vehicle: visit.skills <= vehicle.skills),
            (Reason.NOT_STOCKED, lambda vehicle: visit.depots is None or vehicle.depot in visit.depots),
        )
        for reason, is_kept in rules:
            if not any(is_kept(vehicle) for vehicle in self._kinds):
                return reason
        vehicles: Sequence[Vehicle] = self._kinds
        for reason, is_kept in rules:
            vehicles = [vehicle for vehicle in vehicles if is_kept(vehicle)]
            if not vehicles:
                return reason
        return None if _is_reached(self._fitter, vehicles, visit) else self._why_late(vehicles, visit)

    def _why_late(self, vehicles: Sequence[Vehicle], visit: Visit) -> Reason | None:
        """Tell whether it is what was begun, the goods, or the way that makes a visit come too late, if it does."""
        if _is_reached(self._by_detours, vehicles, visit):
            return None
        if _is_reached(self._idle, vehicles, visit):
            return Reason.NO_ROOM
        unhurried = Fitter(replace(self._idle.problem, visits=[replace(visit, ready_at=0)]))
        return Reason.NOT_READY if _is_reached(unhurried, vehicles, visit) else Reason.TOO_FAR

    @cached_property
    def _by_detours(self) -> Fitter:
        drives = {name: _shortest(drives) for name, drives in self._fitter.problem.drives.items()}
        return Fitter(replace(self._fitter.problem, drives=drives))

    @cached_property
    def _idle(self) -> Fitter:
        problem = self._by_detours.problem
        return Fitter(replace(problem, begun=[replace(tour, visits=()) for tour in problem.begun]))


def _is_reached(fitter: Fitter, vehicles: Sequence[Vehicle], visit: Visit) -> bool:
    return any(
        fitter.fit(Tour(vehicle.id, (*fitter.begun.get(vehicle.id, ()), visit.id))) is not None for vehicle in vehicles
    )


def _shortest(drives: Drives) -> Drives:
    """Return the least that it can take from each place to each, through whatever places (Floyd's algorithm)."""

    def least(lengths: Whole) -> Whole:
        least = lengths.copy()
        for place in range(len(least)):
            np.minimum(least, least[:, place, None] + least[None, place, :], out=least)
        return least

    return Drives(least(drives.seconds), least(drives.metres))
