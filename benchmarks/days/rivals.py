"""How a day goes without an optimiser: in the order of the list, to the nearest door next, or one van a hub."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from benchmarks.days import san_francisco
from dispatch.planning import simulating
from dispatch.planning.fitting import Fitter
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import NO_WAY, Problem, Tour, Vehicle, Visit


class Outcome(NamedTuple):
    """What a day comes to, how many doors are late, and how many orders are not served."""

    money: float
    hours: float
    km: float
    litres: float
    kg_co2e: float
    late: int
    unserved: int
    vehicles: int


def outcome(problem: Problem, tours: Sequence[TimedTour]) -> Outcome:
    """Add up what tours come to. A visit is late that begins after its last window."""
    visits = {visit.id: visit for visit in problem.visits}
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    calls = [call for tour in tours for call in tour.calls]
    cost = simulating.total(tour.cost for tour in tours)
    litres = sum(tour.cost.metres / 1000 * san_francisco.litres_per_km(vehicles[tour.vehicle]) for tour in tours)
    late = sum(call.begins > max(end for _, end in visits[call.visit].windows) for call in calls)
    orders = {visit.group or visit.id for visit in problem.visits}
    served = {visits[call.visit].group or call.visit for call in calls}
    used = sum(bool(tour.calls) for tour in tours)
    return Outcome(
        cost.money, cost.seconds / 3600, cost.metres / 1000, litres, cost.kg_co2e, late, len(orders - served), used
    )


def by_list(problem: Problem) -> list[Tour]:
    """Go through the homes in the order of the list, and give each vehicle in turn what still fits at its end."""
    return _greedy(problem, by_distance=False)


def by_nearest(problem: Problem) -> list[Tour]:
    """Send each vehicle in turn to the nearest home that it is in time for, until there is none."""
    return _greedy(problem, by_distance=True)


def one_van_a_hub(problem: Problem) -> tuple[Problem, list[Tour]]:
    """Let one van a hub, as large and on duty as long as it takes, go to the nearest next home, whatever its window."""
    first = {vehicle.depot: vehicle for vehicle in reversed(problem.vehicles) if "van" in vehicle.id}
    vans = [replace(van, shift=(van.shift[0], NO_WAY), capacity=(10**9, 10**9), pause=None) for van in first.values()]
    tours = []
    for van in vans:
        left = [visit for visit in _homes(problem) if _hub(problem, visit) == van.depot]
        here, names = van.depot, []
        while left:
            visit = min(left, key=partial(_way, problem, van, here))
            left.remove(visit)
            names.append(visit.id)
            here = visit.place
        tours.append(Tour(van.id, tuple(names)))
    return replace(problem, vehicles=vans), tours


def _greedy(problem: Problem, *, by_distance: bool) -> list[Tour]:
    fitter, left, tours = Fitter(problem), _homes(problem), []
    for vehicle in problem.vehicles:
        tour, here = Tour(vehicle.id, ()), vehicle.depot
        while chosen := _next(
            fitter, tour, sorted(left, key=partial(_way, problem, vehicle, here)) if by_distance else left
        ):
            left.remove(chosen)
            tour, here = Tour(vehicle.id, (*tour.visits, chosen.id)), chosen.place
        tours.append(tour)
    return tours


def _next(fitter: Fitter, tour: Tour, left: Sequence[Visit]) -> Visit | None:
    fits = (visit for visit in left if fitter.fit(Tour(tour.vehicle, (*tour.visits, visit.id))))
    return next(fits, None)


def _homes(problem: Problem) -> list[Visit]:
    return [visit for visit in problem.visits if visit.id.startswith("home")]


def _hub(problem: Problem, visit: Visit) -> int:
    """Return the nearest hub that has the goods."""
    seconds = problem.drives[""].seconds
    return min(visit.depots or range(san_francisco.HUBS), key=lambda hub: int(seconds[hub, visit.place]))


def _way(problem: Problem, vehicle: Vehicle, here: int, visit: Visit) -> int:
    return int(problem.drives[vehicle.profile].seconds[here, visit.place])
