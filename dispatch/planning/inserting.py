"""One more visit in a plan that stands: where it goes best, when that would be, and what it adds.

Each place in each tour is weighed roughly, all at once; the most promising are driven through the traffic and checked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch.planning import checking, simulating
from dispatch.planning.flow import HOUR, Flow
from dispatch.planning.plan import Call, Cost, Plan, TimedTour
from dispatch.planning.problem import Problem, Tour, Vehicle, Visit
from dispatch.planning.simulating import Simulator

MOST_DRIVEN: Final = 12
"""So many places are looked at exactly."""

NEVER: Final = 2.0**50

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Insertion:
    """Where a visit goes: behind how many others of ``tour``, which has it already; its times; what it adds."""

    position: int
    call: Call
    tour: TimedTour
    added: Cost


class _Place(NamedTuple):
    """A place in a tour, with roughly what it adds."""

    money: float
    vehicle: str
    position: int


class _Way(NamedTuple):
    """A tour without times, and what it comes to."""

    vehicle: Vehicle
    visits: Sequence[Visit]
    frozen: int
    is_begun: bool
    cost: Cost


class _Run(NamedTuple):
    """A tour driven as soon as possible.

    When each place is left, and the traffic then; how long was waited up to each; by how much each visit may be later;
    when the vehicle is back.
    """

    leaves: Numbers
    factors: Numbers
    waited: Numbers
    slacks: Numbers
    returns: int


def cheapest(problem: Problem, plan: Plan, visit: Visit) -> Insertion | None:
    """Find where a visit goes at the least cost without breaking a rule; ``None`` where it goes nowhere.

    The plan stays as it is otherwise: no visit changes its vehicle or the order. The problem need not hold the visit,
    but the drives to its place.
    """
    return Inserter(problem, plan).cheapest(visit)


def fill(problem: Problem, plan: Plan, visits: Sequence[Visit]) -> Plan:
    """Add as many visits to a plan as go into it, one after the other, each where it is cheapest."""
    inserter = Inserter(problem, plan)
    for visit in visits:
        found = inserter.cheapest(visit)
        if found:
            inserter.take(visit, found)
    return inserter.plan


class Inserter:
    """A plan made ready for many questions about one more visit."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.plan = plan
        self._flows = {profile: Flow(problem.traffic_met(profile)) for profile in problem.drives}

    def cheapest(self, visit: Visit) -> Insertion | None:
        """Do as ``inserting.cheapest``."""
        others = [other for other in self.problem.visits if other.id != visit.id]
        problem = replace(self.problem, visits=[*others, visit])
        ways = {way.vehicle.id: way for way in self._ways(problem)}
        places = sorted(place for way in ways.values() for place in self._places(way, visit))[:MOST_DRIVEN]
        simulator = Simulator(problem)
        found = [_insert(simulator, ways[place.vehicle], visit, place.position) for place in places]
        by_cost = sorted(found, key=lambda insertion: insertion.added.money)
        return next((insertion for insertion in by_cost if _is_sound(problem, insertion.tour)), None)

    def take(self, visit: Visit, insertion: Insertion) -> None:
        """Let the plan have a visit where ``cheapest`` found it goes."""
        others = [tour for tour in self.plan.tours if tour.vehicle != insertion.tour.vehicle]
        left_out = [(name, reason) for name, reason in self.plan.left_out if name != visit.id]
        tours = [*others, insertion.tour]
        self.plan = Plan(tours, left_out, simulating.total(tour.cost for tour in tours))
        known = [other for other in self.problem.visits if other.id != visit.id]
        self.problem = replace(self.problem, visits=[*known, visit])

    def _ways(self, problem: Problem) -> Iterator[_Way]:
        """Yield the tour of each vehicle, which may be empty."""
        visits = {visit.id: visit for visit in problem.visits}
        begun = {tour.vehicle: len(tour.visits) for tour in problem.begun}
        tours = {tour.vehicle: tour for tour in self.plan.tours}
        for vehicle in problem.vehicles:
            tour = tours.get(vehicle.id)
            made = [visits[call.visit] for call in tour.calls] if tour else []
            yield _Way(vehicle, made, begun.get(vehicle.id, 0), vehicle.id in begun, tour.cost if tour else Cost())

    def _places(self, way: _Way, visit: Visit) -> Iterator[_Place]:
        """Yield the places where a visit may go, as far as a look without pauses and changing traffic tells."""
        vehicle, drives = way.vehicle, self.problem.drives[way.vehicle.profile]
        if not _may(vehicle, visit) or not _has_room(way, visit):
            return
        stops = [vehicle.depot, *(other.place for other in way.visits), simulating.end_of(vehicle)]
        before, after = np.array(stops[:-1]), np.array(stops[1:])
        run = self._run(way, visit)
        there, back = (
            seconds * run.factors
            for seconds in (drives.seconds[before, visit.place], drives.seconds[visit.place, after])
        )
        direct = drives.seconds[before, after] * run.factors
        arrives = run.leaves + there
        begins, latest = _begins(arrives, visit)
        later = begins + visit.service_seconds + back - run.leaves - direct
        seconds = _lasts(run, later, begins - arrives, latest - begins, is_begun=way.is_begun, until=vehicle.shift[1])
        metres = drives.metres[before, visit.place] + drives.metres[visit.place, after] - drives.metres[before, after]
        per_km = vehicle.cost_per_km + vehicle.kg_co2e_per_km * self.problem.carbon_price
        money = seconds * vehicle.cost_per_hour / HOUR + metres * per_km / simulating.METRES_PER_KM
        fixed = vehicle.cost_per_visit + (0.0 if way.visits else vehicle.fixed_cost)
        for position in np.flatnonzero(np.isfinite(seconds)).tolist():
            if position >= way.frozen:
                yield _Place(float(money[position]) + fixed, vehicle.id, position)

    def _run(self, way: _Way, visit: Visit) -> _Run:
        """Drive a tour as soon as possible, ready to take one more visit along."""
        vehicle, flow = way.vehicle, self._flows[way.vehicle.profile]
        drives, hours = self.problem.drives[vehicle.profile], self.problem.traffic_met(vehicle.profile).factors
        now = max(vehicle.shift[0], *(other.ready_at for other in (*way.visits[way.frozen :], visit)))
        place, leaves, waits, slacks = vehicle.depot, [now], [0], []
        for other in way.visits:
            arrives = flow.arrival(now, drives.seconds.item(place, other.place))
            begins = min((max(arrives, start) for start, end in other.windows if end >= arrives), default=arrives)
            waits.append(begins - arrives)
            slacks.append(max(end for _, end in other.windows) - begins)
            now, place = begins + other.service_seconds, other.place
            leaves.append(now)
        returns = flow.arrival(now, drives.seconds.item(place, simulating.end_of(vehicle)))
        factors = [hours[moment // HOUR % len(hours)] for moment in leaves]
        return _Run(_numbers(leaves), _numbers(factors), np.cumsum(_numbers(waits)), _numbers(slacks), returns)


def _begins(arrives: Numbers, visit: Visit) -> tuple[Numbers, Numbers]:
    """Give when the work at a visit begins for each arrival, and when it may at the latest: never, if too late."""
    begins, latest = np.full_like(arrives, NEVER), np.full_like(arrives, NEVER)
    for start, end in visit.windows:
        is_sooner = (arrives <= end) & (np.maximum(arrives, start) < begins)
        begins = np.where(is_sooner, np.maximum(arrives, start), begins)
        latest = np.where(is_sooner, end, latest)
    return begins, latest


def _lasts(run: _Run, later: Numbers, waits: Numbers, slacks: Numbers, *, is_begun: bool, until: int) -> Numbers:
    """Give for each position how much longer the tour lasts with a visit there; infinite where somebody gets too late.

    ``later`` is by what the rest begins later, ``waits`` and ``slacks`` are at the visit itself. A delay is made up for
    where the rest waits for its windows, and a tour sets out later as long as that makes nothing late.
    """
    count = len(run.slacks)
    position, other = np.arange(count + 1)[:, None], np.arange(1, count + 1)[None, :]
    is_after = other > position
    waited = run.waited[None, 1:] - run.waited[:, None]
    delays = np.maximum(0.0, later[:, None] - waited)
    is_kept = np.all(~is_after | (delays <= run.slacks[None, :]), axis=1)
    returns = run.returns + np.maximum(0.0, later - (run.waited[-1] - run.waited))
    so_far = run.waited + waits
    room_after = so_far[:, None] + np.maximum(0.0, waited - later[:, None]) + run.slacks[None, :] - delays
    room_before = np.broadcast_to(run.waited[None, 1:] + run.slacks[None, :], is_after.shape)
    room = np.where(is_after, room_after, room_before).min(axis=1, initial=np.inf)
    room_at_end = so_far + np.maximum(0.0, run.waited[-1] - run.waited - later)
    postponed = np.zeros_like(later) if is_begun else np.minimum(np.minimum(room, so_far + slacks), room_at_end)
    found = returns - run.leaves[0] - np.maximum(0.0, postponed) - _lasted(run, is_begun=is_begun)
    return np.where(is_kept & (returns <= until), found, np.inf)


def _lasted(run: _Run, *, is_begun: bool) -> float:
    """Give how long a tour lasts as it is; one that is empty stays at home."""
    if not len(run.slacks) and not is_begun:
        return 0.0
    room = float(min((run.waited[1:] + run.slacks).min(initial=np.inf), run.waited[-1]))
    return run.returns - float(run.leaves[0]) - (0.0 if is_begun else max(0.0, room))


def _numbers(values: Sequence[float]) -> Numbers:
    return np.array(values, dtype=np.float64)


def _may(vehicle: Vehicle, visit: Visit) -> bool:
    return visit.skills <= vehicle.skills and (visit.depots is None or vehicle.depot in visit.depots)


def _has_room(way: _Way, visit: Visit) -> bool:
    """Say whether all loads of a tour go on board at once with one more."""
    loads = zip(*(other.load for other in (*way.visits, visit)), strict=True)
    return all(sum(load) <= room for load, room in zip(loads, way.vehicle.capacity, strict=True))


def _insert(simulator: Simulator, way: _Way, visit: Visit, position: int) -> Insertion:
    names = [other.id for other in way.visits]
    tour = simulator.drive(Tour(way.vehicle.id, (*names[:position], visit.id, *names[position:])))
    return Insertion(position, tour.calls[position], tour, _difference(tour.cost, way.cost))


def _is_sound(problem: Problem, tour: TimedTour) -> bool:
    """Say whether a tour, looked at alone, breaks no rule."""
    made = {call.visit for call in tour.calls}
    alone = replace(
        problem,
        visits=[visit for visit in problem.visits if visit.id in made],
        begun=[begun for begun in problem.begun if begun.vehicle == tour.vehicle],
    )
    return not checking.faults(alone, Plan([tour], [], tour.cost))


def _difference(after: Cost, before: Cost) -> Cost:
    return Cost(
        after.money - before.money,
        after.carbon - before.carbon,
        after.seconds - before.seconds,
        after.driven_seconds - before.driven_seconds,
        after.metres - before.metres,
        after.kg_co2e - before.kg_co2e,
    )
