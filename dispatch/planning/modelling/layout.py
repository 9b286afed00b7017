"""What there is in a problem, as a search counts it: clients, depots, profiles of drives, kinds of vehicles."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from dispatch.planning import simulating
from dispatch.planning.fitting import Fitter
from dispatch.planning.keeping import Keeping
from dispatch.planning.modelling import rows, starts
from dispatch.planning.modelling.scaling import Scale
from dispatch.planning.modelling.starts import Start
from dispatch.planning.problem import ALWAYS, Break, Span, Vehicle, Visit, Whole

HOUR: Final = 3600

# At how many places a pause can be made in the search; it is put where it is best afterwards.
PAUSE_PLACES: Final = 6

# For how long a drive meets the traffic of a known moment, and one from a depot that of the shift's beginning.
SOON: Final = 900
AT_FIRST: Final = 2 * HOUR


class Client(NamedTuple):
    """One way of making a visit, in one of its windows; without a visit, a pause."""

    visit: Visit | None
    place: int
    span: Span
    pause: Break | None = None


class Profile(NamedTuple):
    """Whose drives they are, and to which clients there is no way.

    Where more is paid than metres (a fee a visit, or for a change of order), ``per_metre`` is the price of one, and the
    lengths of the drives are in money; else it is 0.
    """

    drives: str
    barred: frozenset[int]
    fee: int
    per_metre: int
    is_priced: bool


class Kind(NamedTuple):
    """What makes vehicles interchangeable."""

    depot: int
    end: int
    profile: int
    start: Start
    fixed: int
    per_second: int
    per_metre: int
    is_priced: bool


class Layout:
    """The clients in order, and the depots, profiles and kinds of vehicles (with their names), each by its number.

    ``moments`` says when a visit is left, or a vehicle leaves, where that is known already; ``keeping`` what is known
    of the order.
    """

    def __init__(self, fitter: Fitter, visits: Sequence[Visit], moments: Mapping[str, int], keeping: Keeping) -> None:
        self.problem, self.scale, self.keeping = fitter.problem, Scale(fitter.problem), keeping
        self._fitter, self._moments = fitter, moments
        self._starts = {vehicle.id: starts.start(fitter, vehicle) for vehicle in self.problem.vehicles}
        self.pauses = list(dict.fromkeys(start.pause for start in self._starts.values() if start.pause))
        self.clients = self._clients(visits)
        self.depots: dict[tuple[int, Span], int] = {}
        self.profiles: dict[Profile, int] = {}
        self.kinds = self._sort()

    @property
    def places(self) -> list[int]:
        """The places of the depots and of the clients."""
        return [*(place for place, _ in self.depots), *(client.place for client in self.clients)]

    @property
    def leaving(self) -> list[Span]:
        """Within which times each of the places is left."""
        spans = [client.span for client in self.clients]
        for number, client in enumerate(self.clients):
            if client.visit and client.visit.id in self._moments:
                moment = self._moments[client.visit.id]
                spans[number] = moment, moment + SOON
        return [*(span for _, span in self.depots), *spans]

    @property
    def day(self) -> Span:
        """From when to when vehicles are out."""
        spans = [start.span for start in self._starts.values()]
        return min((start for start, _ in spans), default=0), max((end for _, end in spans), default=0)

    def _clients(self, visits: Sequence[Visit]) -> list[Client]:
        clients = [
            Client(visit, visit.place, window)
            for visit in visits
            for window in visit.windows
            if window[1] >= visit.ready_at
        ]
        seconds = next(iter(self.problem.drives.values())).seconds
        places = _spread(sorted({visit.place for visit in visits}), seconds) if self.pauses else []
        for pause in self.pauses:
            drivers = sum(start.pause == pause for start in self._starts.values())
            times = 1 + 2 * drivers // max(1, len(places))
            clients += [Client(None, place, pause.begins, pause) for place in places for _ in range(times)]
        return clients

    def _sort(self) -> dict[Kind, list[str]]:
        """Sort the vehicles into kinds, and note the depots and the profiles that they need."""
        kinds = defaultdict(list)
        barred: dict[tuple[frozenset[str], int], frozenset[int]] = {}
        for vehicle in self.problem.vehicles:
            abilities = vehicle.skills, vehicle.depot
            if abilities not in barred:
                barred[abilities] = self._barred(vehicle)
            kinds[self._kind(vehicle, barred[abilities])].append(vehicle.id)
        return dict(kinds)

    def _barred(self, vehicle: Vehicle) -> frozenset[int]:
        return frozenset(
            number
            for number, client in enumerate(self.clients)
            if client.visit and not self._fitter.is_entrusted(vehicle, client.visit)
        )

    def _kind(self, vehicle: Vehicle, barred: frozenset[int]) -> Kind:
        start = self._starts[vehicle.id]
        is_even = rows.is_even(self.problem.traffic_met(vehicle.profile))
        span = ALWAYS if is_even else self._first_hours(vehicle, start)
        depot = self.depots.setdefault((start.place, span), len(self.depots))
        end = self.depots.setdefault((simulating.end_of(vehicle), ALWAYS), len(self.depots))
        fee, per_metre = self.scale.money(vehicle.cost_per_visit), self.scale.metre(vehicle)
        is_priced = fee > 0 or self.keeping.price > 0
        key = Profile(vehicle.profile, barred, fee, per_metre if is_priced else 0, is_priced)
        profile = self.profiles.setdefault(key, len(self.profiles))
        fixed = 0 if start.is_begun else self.scale.money(vehicle.fixed_cost)
        per_second = self.scale.second(vehicle)
        return Kind(depot, end, profile, start, fixed, per_second, 1 if is_priced else per_metre, is_priced)

    def _first_hours(self, vehicle: Vehicle, start: Start) -> Span:
        if vehicle.id in self._moments:
            hour = self._moments[vehicle.id] // HOUR * HOUR
            return hour, hour + HOUR
        return start.span[0], start.span[0] + AT_FIRST


def _spread(places: Sequence[int], seconds: Whole) -> list[int]:
    """Choose a few of the places, each far from those before it."""
    chosen = list(places[:1])
    while len(chosen) < min(PAUSE_PLACES, len(places)):
        nearest = seconds[np.ix_(chosen, places)].min(axis=0)
        chosen.append(places[int(nearest.argmax())])
    return chosen
