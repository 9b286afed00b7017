"""Driving tours through the traffic, second by second: when each vehicle is where, and what that comes to."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from dispatch.planning.flow import HOUR, Flow
from dispatch.planning.plan import Call, Cost, TimedTour
from dispatch.planning.problem import Break, Drives, Problem, Span, Tour, Vehicle, Visit

METRES_PER_KM: Final = 1000


class _Act(NamedTuple):
    """Something a driver does after a drive: serve a visit, or (without one) pause."""

    drive: int  # seconds on an empty road
    spans: tuple[Span, ...]
    seconds: int
    visit: str | None


class _Moment(NamedTuple):
    """When an act takes place, and by when it has to begin in the window it begins in."""

    arrives: int
    begins: int
    leaves: int
    latest: int

    @property
    def late(self) -> int:
        return max(0, self.begins - self.latest)


class _Run(NamedTuple):
    """Acts one after the other, with their times."""

    departs: int
    acts: Sequence[_Act]
    moments: Sequence[_Moment]
    returns: int

    @property
    def late(self) -> int:
        return sum(moment.late for moment in self.moments)


def drive(problem: Problem, tour: Tour) -> TimedTour:
    """Drive a tour through the traffic and say when it is where.

    Driven as soon as possible, but setting out as late as it can be without coming back later: nobody waits in
    the street for what they could wait for at the depot. A tour that has begun sets out at once. What comes too late is
    driven all the same; ``checking`` finds it.

    Raises ``KeyError`` where the problem knows no such vehicle or visit.
    """
    return Simulator(problem).drive(tour)


class Simulator:
    """A problem made ready to drive many tours."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.visits = {visit.id: visit for visit in problem.visits}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.begun = {tour.vehicle: tour.visits for tour in problem.begun}
        self._flows = {profile: Flow(problem.traffic_met(profile)) for profile in problem.drives}

    def drive(self, tour: Tour) -> TimedTour:
        """Do as ``simulating.drive``."""
        vehicle = self.vehicles[tour.vehicle]
        visits = [self.visits[name] for name in tour.visits]
        drives = self.problem.drives[vehicle.profile]
        acts, back = _acts(vehicle, visits, drives)
        run = self._run(vehicle, acts, back, self._earliest(vehicle, visits))
        if vehicle.pause and run.departs < vehicle.pause.begins[1] < run.returns:
            run = self._with_pause(vehicle, vehicle.pause, run, back)
        if vehicle.id not in self.begun:
            run = self._run(vehicle, run.acts, back, self._latest(vehicle, run, back))
        metres = _metres(vehicle, visits, drives) if visits or vehicle.id in self.begun else 0
        return self._timed(vehicle, run, metres)

    def is_late(self, vehicle: Vehicle, visits: Sequence[Visit]) -> bool:
        """Tell, much faster than by driving, whether a tour is late at a door or back even without its pause.

        What it has begun with may be late.
        """
        flow, drives = self._flows[vehicle.profile], self.problem.drives[vehicle.profile].seconds
        frozen = len(self.begun.get(vehicle.id, ()))
        place, now = vehicle.depot, self._earliest(vehicle, visits)
        for number, visit in enumerate(visits):
            begins, latest = _begin(flow.arrival(now, drives.item(place, visit.place)), visit.windows)
            if begins > latest and number >= frozen:
                return True
            place, now = visit.place, begins + visit.service_seconds
        return flow.arrival(now, drives.item(place, end_of(vehicle))) > vehicle.shift[1]

    def _earliest(self, vehicle: Vehicle, visits: Sequence[Visit]) -> int:
        frozen = len(self.begun.get(vehicle.id, ()))
        return max([vehicle.shift[0], *(visit.ready_at for visit in visits[frozen:])])

    def _run(self, vehicle: Vehicle, acts: Sequence[_Act], back: int, departs: int) -> _Run:
        flow, now = self._flows[vehicle.profile], departs
        moments = []
        for act in acts:
            arrives = flow.arrival(now, act.drive)
            begins, latest = _begin(arrives, act.spans)
            now = begins + act.seconds
            moments.append(_Moment(arrives, begins, now, latest))
        return _Run(departs, acts, moments, flow.arrival(now, back))

    def _with_pause(self, vehicle: Vehicle, pause: Break, run: _Run, back: int) -> _Run:
        """Choose where the pause does least harm: after the work at a door, before it, or before leaving."""
        paused = [self._run(vehicle, acts, back, run.departs) for acts in _pauses(pause, run)]
        if vehicle.id not in self.begun:
            paused.append(self._run(vehicle, run.acts, back, pause.begins[1]))
        return min(paused, key=lambda other: (other.late, other.returns), default=run)

    def _latest(self, vehicle: Vehicle, run: _Run, back: int) -> int:
        """Return the latest departure that comes back as early, and is nowhere later than it has to be."""
        flow = self._flows[vehicle.profile]
        leaves = flow.departure(run.returns, back)
        for act, moment in zip(reversed(run.acts), reversed(run.moments), strict=True):
            begins = min(leaves - act.seconds, max(moment.latest, moment.begins))
            leaves = flow.departure(begins, act.drive)
        return max(run.departs, leaves) if run.acts else run.departs

    def _timed(self, vehicle: Vehicle, run: _Run, metres: int) -> TimedTour:
        calls, waiting_since = [], None
        for act, moment in zip(run.acts, run.moments, strict=True):
            if act.visit is not None:
                arrives = moment.arrives if waiting_since is None or act.drive else waiting_since
                calls.append(Call(act.visit, arrives, moment.begins, moment.leaves))
            waiting_since = moment.arrives if act.visit is None else None
        pauses = [moment.begins for act, moment in zip(run.acts, run.moments, strict=True) if act.visit is None]
        stood = sum(moment.leaves - moment.arrives for moment in run.moments)
        is_used = bool(calls) or vehicle.id in self.begun
        returns = run.returns if is_used else run.departs
        cost = self._cost(vehicle, returns - run.departs, stood, metres, len(calls)) if is_used else Cost()
        return TimedTour(vehicle.id, run.departs, calls, returns, cost, pauses[0] if pauses else None)

    def _cost(self, vehicle: Vehicle, seconds: int, stood: int, metres: int, visits: int) -> Cost:
        km = metres / METRES_PER_KM
        kg_co2e = km * vehicle.kg_co2e_per_km
        carbon = kg_co2e * self.problem.carbon_price
        wages = vehicle.cost_per_hour * seconds / HOUR
        money = vehicle.fixed_cost + wages + km * vehicle.cost_per_km + visits * vehicle.cost_per_visit + carbon
        return Cost(money, carbon, seconds, seconds - stood, metres, kg_co2e)


def total(costs: Iterable[Cost]) -> Cost:
    """Add up what tours come to."""
    money = carbon = kg_co2e = 0.0
    seconds = driven = metres = 0
    for cost in costs:
        money, carbon, kg_co2e = money + cost.money, carbon + cost.carbon, kg_co2e + cost.kg_co2e
        seconds, driven, metres = seconds + cost.seconds, driven + cost.driven_seconds, metres + cost.metres
    return Cost(money, carbon, seconds, driven, metres, kg_co2e)


def end_of(vehicle: Vehicle) -> int:
    """Return the place to which a vehicle comes back."""
    return vehicle.depot if vehicle.back_at is None else vehicle.back_at


def _acts(vehicle: Vehicle, visits: Sequence[Visit], drives: Drives) -> tuple[list[_Act], int]:
    """Return what a driver does, and how long the drive back takes on an empty road."""
    place, acts = vehicle.depot, []
    for visit in visits:
        seconds = drives.seconds.item(place, visit.place)
        acts.append(_Act(seconds, visit.windows, visit.service_seconds, visit.id))
        place = visit.place
    return acts, drives.seconds.item(place, end_of(vehicle))


def _metres(vehicle: Vehicle, visits: Sequence[Visit], drives: Drives) -> int:
    places = [vehicle.depot, *(visit.place for visit in visits), end_of(vehicle)]
    return sum(drives.metres.item(*leg) for leg in pairwise(places))


def _begin(arrives: int, spans: tuple[Span, ...]) -> tuple[int, int]:
    """Return when the work begins for one who arrives then, and the latest it may begin; too late is at once."""
    if len(spans) == 1:
        start, latest = spans[0]
        return max(start, arrives), latest
    latest = max(end for _, end in spans)
    openings = [(max(arrives, start), end) for start, end in spans if end >= arrives]
    return min(openings) if openings else (arrives, latest)


def _pauses(pause: Break, run: _Run) -> Iterator[list[_Act]]:
    """Yield the acts with the pause at each place that may be the best one.

    Before the last place that is reached before the pause may begin there is none: it would only be waited there.
    """
    acts = run.acts
    stop = _Act(0, (pause.begins,), pause.seconds, None)
    last_early = max((place for place, moment in enumerate(run.moments) if moment.leaves < pause.begins[0]), default=0)
    for place in range(last_early, len(acts)):
        act, moment = acts[place], run.moments[place]
        if moment.arrives > pause.begins[1] and place > last_early:
            return
        yield [*acts[:place], stop._replace(drive=act.drive), act._replace(drive=0), *acts[place + 1 :]]
        yield [*acts[: place + 1], stop, *acts[place + 1 :]]
