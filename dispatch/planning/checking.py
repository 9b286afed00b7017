"""What is wrong with a plan, found without the help of whatever made it.

Nothing here is shared with ``simulating``: the traffic is gone through hour by hour, and every rule is read from the
problem anew.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from dispatch.planning.plan import Call, Plan, TimedTour
from dispatch.planning.problem import NO_WAY, Problem, Traffic, Vehicle, Visit

HOUR: Final = 3600

# Whole seconds are rounded once a drive.
ROUNDING_SECONDS: Final = 1


class Wrong(StrEnum):
    """What can be wrong with a plan."""

    UNKNOWN = "unknown"  # the problem has no such vehicle or visit
    MISSING = "missing"  # a visit is neither made nor left out with a reason
    TWICE = "twice"  # a visit or a vehicle is there more than once
    GROUP = "group"  # more than one visit of a group is made
    WINDOW = "window"  # the work begins in none of the windows
    LOAD = "load"  # there is more on board than there is room for
    SKILL = "skill"  # the driver may not do it
    DEPOT = "depot"  # the vehicle does not come from where the goods are
    READY = "ready"  # the vehicle leaves before the goods are ready
    BREAK = "break"  # there is no pause, or no time for it, or not when it has to be
    SHIFT = "shift"  # the tour leaves before the shift, or comes back after it
    LIMIT = "limit"  # the tour lasts longer or goes farther than the vehicle may
    FROZEN = "frozen"  # what was under way was changed
    TIME = "time"  # a time does not follow from those before it
    COST = "cost"  # what the plan says it comes to is not what it comes to


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with the vehicle and the visit it is wrong with."""

    wrong: Wrong
    vehicle: str = ""
    visit: str = ""


def faults(problem: Problem, plan: Plan) -> list[Fault]:
    """Find everything that is wrong with a plan; none is what every plan should have.

    What was under way already is not blamed for being late: of frozen visits only the order is looked at, and their
    tour's end only where something was added to it.
    """
    found = list(_of_names(problem, plan))
    if found:
        return found
    check = _Check(problem)
    found.extend(_of_choice(problem, plan))
    for tour in plan.tours:
        found.extend(check.tour(tour))
    if abs(plan.cost.money - sum(tour.cost.money for tour in plan.tours)) > 0.01:
        found.append(Fault(Wrong.COST))
    return found


def _of_names(problem: Problem, plan: Plan) -> Iterator[Fault]:
    """Find what is there too often, or that the problem does not know: nothing else can be looked at then."""
    vehicles = Counter(tour.vehicle for tour in plan.tours)
    visits = Counter(call.visit for tour in plan.tours for call in tour.calls)
    visits.update(name for name, _ in plan.left_out)
    known_vehicles = {vehicle.id for vehicle in problem.vehicles}
    known_visits = {visit.id for visit in problem.visits}
    for name, times in vehicles.items():
        if name not in known_vehicles:
            yield Fault(Wrong.UNKNOWN, vehicle=name)
        if times > 1:
            yield Fault(Wrong.TWICE, vehicle=name)
    for name, times in visits.items():
        if name not in known_visits:
            yield Fault(Wrong.UNKNOWN, visit=name)
        if times > 1:
            yield Fault(Wrong.TWICE, visit=name)


def _of_choice(problem: Problem, plan: Plan) -> Iterator[Fault]:
    made = {call.visit: tour.vehicle for tour in plan.tours for call in tour.calls}
    accounted = made.keys() | {name for name, _ in plan.left_out}
    groups = Counter(visit.group for visit in problem.visits if visit.group and visit.id in made)
    for visit in problem.visits:
        if visit.id not in accounted:
            yield Fault(Wrong.MISSING, visit=visit.id)
        if groups[visit.group] > 1 and visit.id in made:
            yield Fault(Wrong.GROUP, vehicle=made[visit.id], visit=visit.id)
    calls = {tour.vehicle: tour.calls for tour in plan.tours}
    for begun in problem.begun:
        kept = tuple(call.visit for call in calls.get(begun.vehicle, ())[: len(begun.visits)])
        if kept != begun.visits or begun.vehicle not in calls:
            yield Fault(Wrong.FROZEN, vehicle=begun.vehicle)


class _Check:
    """A problem, laid out for looking things up in it."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self._visits = {visit.id: visit for visit in problem.visits}
        self._begun = {tour.vehicle: len(tour.visits) for tour in problem.begun}

    def tour(self, tour: TimedTour) -> Iterator[Fault]:
        """Find what is wrong with one tour."""
        vehicle = self._vehicles[tour.vehicle]
        frozen = self._begun.get(vehicle.id, 0)
        visits = [self._visits[call.visit] for call in tour.calls]
        for wrong in self._wrongs_of_whole(vehicle, tour, visits, frozen):
            yield Fault(wrong, vehicle=vehicle.id)
        for visit, call in list(zip(visits, tour.calls, strict=True))[frozen:]:
            for wrong in _wrongs_of_call(vehicle, tour, visit, call):
                yield Fault(wrong, vehicle=vehicle.id, visit=visit.id)
        for name in self._untimely(vehicle, tour, visits):
            yield Fault(Wrong.TIME, vehicle=vehicle.id, visit=name)

    def _wrongs_of_whole(self, vehicle: Vehicle, tour: TimedTour, visits: list[Visit], frozen: int) -> Iterator[Wrong]:
        is_added_to = len(visits) > frozen
        if _is_overloaded(vehicle, visits) and is_added_to:
            yield Wrong.LOAD
        if tour.departs < vehicle.shift[0] or (tour.returns > vehicle.shift[1] and is_added_to):
            yield Wrong.SHIFT
        metres, money = self._comes_to(vehicle, tour, visits)
        most_seconds = _or_endless(vehicle.most_seconds)
        if is_added_to and (tour.returns - tour.departs > most_seconds or metres > _or_endless(vehicle.most_metres)):
            yield Wrong.LIMIT
        if abs(money - tour.cost.money) > 0.01 or metres != tour.cost.metres:
            yield Wrong.COST
        if is_added_to and not _is_paused(vehicle, tour):
            yield Wrong.BREAK

    def _comes_to(self, vehicle: Vehicle, tour: TimedTour, visits: list[Visit]) -> tuple[int, float]:
        """Return the metres of a tour, and the money."""
        metres = self._problem.drives[vehicle.profile].metres
        way = sum(int(metres[leg]) for leg in pairwise(_places(vehicle, visits)))
        per_km = vehicle.cost_per_km + vehicle.kg_co2e_per_km * self._problem.carbon_price
        hours = (tour.returns - tour.departs) / HOUR
        money = hours * vehicle.cost_per_hour + way / 1000 * per_km + len(visits) * vehicle.cost_per_visit
        return way, vehicle.fixed_cost + money

    def _untimely(self, vehicle: Vehicle, tour: TimedTour, visits: list[Visit]) -> Iterator[str]:
        """Yield the visits (and "" for the way back) whose times do not follow from what was before them."""
        seconds = self._problem.drives[vehicle.profile].seconds
        traffic = self._problem.traffic_met(vehicle.profile)
        *legs, way_back = (int(seconds[leg]) for leg in pairwise(_places(vehicle, visits)))
        rest = (tour.pause, vehicle.pause.seconds) if tour.pause is not None and vehicle.pause else None
        now = tour.departs
        for leg, visit, call in zip(legs, visits, tour.calls, strict=True):
            span = (now, call.arrives, call.begins)
            if not _follows(traffic, leg, span, rest) or call.leaves != call.begins + visit.service_seconds:
                yield visit.id
            now = call.leaves
        if not _follows(traffic, way_back, (now, tour.returns, tour.returns), rest):
            yield ""


def _wrongs_of_call(vehicle: Vehicle, tour: TimedTour, visit: Visit, call: Call) -> Iterator[Wrong]:
    if not any(start <= call.begins <= end for start, end in visit.windows):
        yield Wrong.WINDOW
    if not visit.skills <= vehicle.skills:
        yield Wrong.SKILL
    if visit.depots is not None and vehicle.depot not in visit.depots:
        yield Wrong.DEPOT
    if tour.departs < visit.ready_at:
        yield Wrong.READY


def _is_overloaded(vehicle: Vehicle, visits: list[Visit]) -> bool:
    """Tell whether there is ever more on board than there is room for."""
    for dimension, room in enumerate(vehicle.capacity):
        on_board = sum(visit.load[dimension] for visit in visits)
        if on_board > room:
            return True
        for visit in visits:
            on_board += (visit.pickup[dimension] if visit.pickup else 0) - visit.load[dimension]
            if on_board > room:
                return True
    return False


def _is_paused(vehicle: Vehicle, tour: TimedTour) -> bool:
    """Tell whether the driver pauses when it is due: in time, and neither on the way nor at work."""
    if vehicle.pause is None:
        return tour.pause is None
    if tour.pause is None:
        return not tour.departs < vehicle.pause.begins[1] < tour.returns
    start, end = tour.pause, tour.pause + vehicle.pause.seconds
    is_free = all(end <= call.begins or start >= call.leaves for call in tour.calls)
    is_within = tour.departs <= start and end <= tour.returns
    return is_free and is_within and vehicle.pause.begins[0] <= start <= vehicle.pause.begins[1]


def _places(vehicle: Vehicle, visits: list[Visit]) -> list[int]:
    back_at = vehicle.depot if vehicle.back_at is None else vehicle.back_at
    return [vehicle.depot, *(visit.place for visit in visits), back_at]


def _arrival(traffic: Traffic, leaves: int, seconds: int) -> float:
    """Go through a drive hour by hour."""
    now, left = float(leaves), float(seconds)
    while left > 0 and seconds < NO_WAY:
        factor = traffic.factors[int(now // HOUR) % len(traffic.factors)]
        hour_ends = (now // HOUR + 1) * HOUR
        if now + left * factor <= hour_ends:
            return now + left * factor
        left -= (hour_ends - now) / factor
        now = hour_ends
    return now + left


def _follows(traffic: Traffic, seconds: int, span: tuple[int, int, int], rest: tuple[int, int] | None) -> bool:
    """Tell whether a drive can leave, arrive and be followed by work as in ``span``, with the rest on either side."""
    leaves, arrives, begins = span
    if arrives > begins:
        return False
    if rest and leaves <= rest[0] < arrives:
        leaves = sum(rest)
    return abs(arrives - _arrival(traffic, leaves, seconds)) <= ROUNDING_SECONDS


def _or_endless(most: int | None) -> float:
    return float("inf") if most is None else most
