"""Why a visit cannot be made, or was not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from dispatch.planning.drafting import Draft
from dispatch.planning.fitting import Fitter, is_overloaded
from dispatch.planning.placing import Placer
from dispatch.planning.plan import Reason
from dispatch.planning.problem import Tour, Vehicle, Visit


def hopeless(fitter: Fitter) -> dict[str, Reason]:
    """Return the visits that nobody could make if there were no others but those begun, each with the reason.

    Pauses are not thought of: what they leave no time for alone, they may leave time for after another visit.
    """
    fitter = Fitter(replace(fitter.problem, vehicles=[replace(one, pause=None) for one in fitter.problem.vehicles]))
    frozen = {name for names in fitter.begun.values() for name in names}
    kinds = {(replace(vehicle, id=""), fitter.begun.get(vehicle.id)): vehicle for vehicle in fitter.vehicles.values()}
    vehicles = list(kinds.values())
    reasons = (
        (visit.id, _of_one(fitter, vehicles, visit)) for visit in fitter.problem.visits if visit.id not in frozen
    )
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


def _of_one(fitter: Fitter, vehicles: Sequence[Vehicle], visit: Visit) -> Reason | None:
    rules: tuple[tuple[Reason, Callable[[Vehicle], bool]], ...] = (
        (Reason.TOO_MUCH, lambda vehicle: not is_overloaded(vehicle.capacity, [visit])),
        (Reason.NO_SKILL, lambda vehicle: visit.skills <= vehicle.skills),
        (Reason.NOT_STOCKED, lambda vehicle: visit.depots is None or vehicle.depot in visit.depots),
    )
    for reason, is_kept in rules:
        if not any(is_kept(vehicle) for vehicle in vehicles):
            return reason
    for reason, is_kept in rules:
        vehicles = [vehicle for vehicle in vehicles if is_kept(vehicle)]
        if not vehicles:
            return reason
    if any(_is_reached(fitter, vehicle, visit) for vehicle in vehicles):
        return None
    return _of_late(fitter, vehicles, visit)


def _of_late(fitter: Fitter, vehicles: Sequence[Vehicle], visit: Visit) -> Reason:
    """Tell whether it is the goods, what was begun, or the way that makes a visit come too late."""
    idle = replace(fitter.problem, begun=[replace(tour, visits=()) for tour in fitter.problem.begun])
    if any(_is_reached(Fitter(idle), vehicle, visit) for vehicle in vehicles):
        return Reason.NO_ROOM
    unhurried = Fitter(replace(idle, visits=[replace(visit, ready_at=0)]))
    if visit.ready_at and any(_is_reached(unhurried, vehicle, visit) for vehicle in vehicles):
        return Reason.NOT_READY
    return Reason.TOO_FAR


def _is_reached(fitter: Fitter, vehicle: Vehicle, visit: Visit) -> bool:
    return fitter.fit(Tour(vehicle.id, (*fitter.begun.get(vehicle.id, ()), visit.id))) is not None
