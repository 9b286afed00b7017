"""What a day would look like as far as is known, and what one more delivery would add to it.

The tours are those on the routes, as they were published; what is on none goes where it costs least. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import cycle, islice
from typing import Final, NamedTuple, Self

from dispatch.models import Demand, Hub
from dispatch.models.plans import Way
from dispatch.planning import inserting, simulating
from dispatch.planning.inserting import Inserter, Insertion
from dispatch.planning.plan import Plan
from dispatch.planning.problem import Problem, Span, Tour, Visit
from dispatch.planning.simulating import Simulator
from dispatch.services import days, standing
from dispatch.services.days import Day
from tracking.shipments.models import Shipment

MOST_FILLED: Final = 60
"""So many visits without a tour are put into one; a day with more of them waits for its plan."""

NOBODY: Final = -1

Point = tuple[float, float]


class Goods(NamedTuple):
    """What is to be brought, and whereto."""

    point: Point
    mass_g: int
    volume_ml: int

    @classmethod
    def of(cls, demand: Demand) -> Self | None:
        """Say what a demand brings home; ``None`` where nobody knows where that is on the map."""
        shipment = demand.shipment
        if shipment.latitude is None or shipment.longitude is None:
            return None
        return cls((shipment.latitude, shipment.longitude), demand.mass_g, demand.volume_ml)


@dataclass(frozen=True, slots=True)
class Draft:
    """A day with its tours, and one more visit that is in none of them."""

    day: Day
    inserter: Inserter
    visit: Visit

    def insertion(self, start: datetime, end: datetime, *, ready_at: datetime | None = None) -> Insertion | None:
        """Find where the visit goes between two moments; ``None`` where nobody can come then."""
        ready = self.day.clock.seconds(ready_at) if ready_at else self.visit.ready_at
        wanted = replace(self.visit, windows=(self.day.clock.span(start, end),), ready_at=ready, prize=None)
        return self.inserter.cheapest(wanted)


def make(hub: Hub, day: date, goods: Goods, *, at: datetime, without: Shipment | None = None) -> Draft | None:
    """Draft a day of a hub with one more delivery, and ``without`` another; ``None`` where nobody works then."""
    gathered = days.gather(day, [hub], at=at, also=[_nobodys(goods, hub, at=at)])
    visit = next((visit for visit in gathered.problem.visits if visit.id == str(NOBODY)), None)
    if visit is None:
        return None
    left_out = set(gathered.visits_of([without.pk]).values()) if without else set()
    known = [other for other in gathered.problem.visits if other.id not in {visit.id, *left_out}]
    problem = replace(gathered.problem, visits=known)
    return Draft(gathered, Inserter(problem, _plan(gathered, problem)), visit)


def room(hub: Hub, day: date, span: tuple[datetime, datetime], *, most: int, at: datetime) -> int | None:
    """Count how many more deliveries fit between two moments of a day, at doors like those that it has; up to ``most``.

    ``None`` where nobody works then, or the day has no doors to judge by.
    """
    gathered = days.gather(day, [hub], at=at)
    doors = [visit for visit in gathered.problem.visits if not visit.group]
    if not doors or not gathered.problem.vehicles:
        return None
    window = gathered.clock.span(*span)
    like = islice(cycle(doors), most)
    more = [_another(door, number, window) for number, door in enumerate(like)]
    plan = inserting.fill(gathered.problem, _plan(gathered, gathered.problem), more)
    names = {visit.id for visit in more}
    return sum(call.visit in names for tour in plan.tours for call in tour.calls)


def _plan(day: Day, problem: Problem) -> Plan:
    """Drive the tours on the routes, and put what is on none where it costs least."""
    known, simulator = {visit.id for visit in problem.visits}, Simulator(problem)
    tours = [Tour(tour.vehicle, tuple(name for name in tour.visits if name in known)) for tour in standing.tours(day)]
    timed = [simulator.drive(tour) for tour in tours if tour.visits]
    plan = Plan(timed, [], simulating.total(tour.cost for tour in timed))
    made = {call.visit for tour in timed for call in tour.calls}
    return inserting.fill(problem, plan, _first(problem.visits, without=made))


def _first(visits: Sequence[Visit], *, without: set[str]) -> list[Visit]:
    """Choose what is put into a tour: what ends soonest first."""
    waiting = [visit for visit in visits if visit.id not in without]
    return sorted(waiting, key=lambda visit: (visit.windows[-1][1], visit.id))[:MOST_FILLED]


def _nobodys(goods: Goods, hub: Hub, *, at: datetime) -> Demand:
    """Make up the demand of a shipment that there is not."""
    latitude, longitude = goods.point
    return Demand(
        pk=NOBODY,
        shipment=Shipment(pk=NOBODY, latitude=latitude, longitude=longitude),
        hub=hub,
        mass_g=goods.mass_g,
        volume_ml=goods.volume_ml,
        # One way of two: a door of its own, although somebody in the same house has one.
        way=Way.EITHER,
        earliest=at,
        latest=at,
    )


def _another(visit: Visit, number: int, window: Span) -> Visit:
    return replace(visit, id=f"another {number}", windows=(window,), ready_at=0, prize=None)
