"""The model itself: PyVRP's objects, and the way there and back."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyvrp

from dispatch.planning.fitting import Fitter
from dispatch.planning.keeping import NOTHING, Keeping
from dispatch.planning.modelling import matrices
from dispatch.planning.modelling.layout import Client, Kind, Layout
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import ALWAYS, NO_WAY, Load, Tour, Visit

HOUR: Final = 3600
ENDLESS: Final = 2**63 - 1

# How many hours of the dearest driver a missing pause costs in the search.
PAUSE_HOURS: Final = 4

# A visit that must be made is worth as many of the dearest tours, where it may be left out because it cannot be made.
TOURS_WORTH: Final = 3


class Model:
    """A problem as PyVRP takes it (``data``), with nothing in it that the problem does not ask for.

    ``moments`` and ``keeping`` are as in a layout. With ``is_partial`` what must be done may be left out where it
    cannot be done, at a price beyond any tour.
    """

    def __init__(
        self,
        fitter: Fitter,
        visits: Sequence[Visit],
        moments: Mapping[str, int],
        keeping: Keeping = NOTHING,
        *,
        is_partial: bool = False,
    ) -> None:
        self._fitter, self._is_partial = fitter, is_partial
        self._layout = Layout(fitter, visits, moments, keeping)
        self._grains = _grains(visits, len(fitter.problem.vehicles[0].capacity))
        self._must = {visit.group for visit in visits if visit.group and visit.prize is None}
        self._worth = TOURS_WORTH * self._dearest_detour()
        self.dearest_unit = self._layout.scale.dearest_unit
        self.data = self._build()

    def tours(self, solution: pyvrp.Solution, before: Sequence[TimedTour]) -> list[Tour]:
        """Return a solution's tours, each after what it has begun with, by vehicles of the right kind.

        Of vehicles that are alike, each gets the tour that has most in common with what it did before.
        """
        known = {tour.vehicle: {call.visit for call in tour.calls} for tour in before}
        kinds = list(self._layout.kinds.values())
        routes = [(self._names(route), kinds[route.vehicle_type()]) for route in solution.routes()]
        likeness = [
            (-len(known.get(vehicle, set()).intersection(names)), number, vehicle)
            for number, (names, vehicles) in enumerate(routes)
            for vehicle in vehicles
        ]
        chosen: dict[int, str] = {}
        for _, number, vehicle in sorted(likeness, key=lambda one: one[0]):
            if number not in chosen and vehicle not in chosen.values():
                chosen[number] = vehicle
        begun = self._fitter.begun
        return [
            Tour(chosen[number], (*begun.get(chosen[number], ()), *names)) for number, (names, _) in enumerate(routes)
        ]

    def _names(self, route: pyvrp.Route) -> list[str]:
        made = [self._layout.clients[activity.idx].visit for activity in route if activity.is_client()]
        return [visit.id for visit in made if visit]

    def solution(self, tours: Sequence[TimedTour]) -> pyvrp.Solution:
        """Return tours as a solution to begin with; what is not planned here is not in it."""
        kinds = {name: kind for kind, names in enumerate(self._layout.kinds.values()) for name in names}
        ways = defaultdict(list)
        for number, client in enumerate(self._layout.clients):
            if client.visit:
                ways[client.visit.id].append(number)
        routes = []
        for tour in tours:
            calls = [call for call in tour.calls if call.visit in ways]
            numbers = [min(ways[call.visit], key=lambda way: self._beside(way, call.begins)) for call in calls]
            if numbers:
                routes.append(pyvrp.Route(self.data, numbers, kinds[tour.vehicle]))
        return pyvrp.Solution(self.data, routes)

    def _beside(self, client: int, moment: int) -> int:
        """Return by how much a moment is outside the window of a client."""
        start, end = self._layout.clients[client].span
        return max(start - moment, moment - end, 0)

    def _build(self) -> pyvrp.ProblemData:
        layout = self._layout
        horizon = matrices.horizon(layout)
        groups, group_of = self._groups()
        # PyVRP's stubs give its arrays a shape of a type that no array has.
        drives: list[tuple[Any, Any]] = [matrices.of(layout, profile, horizon) for profile in layout.profiles]
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0)] * len(layout.places),
            [
                self._visit(number, client, client.visit, group_of.get(number))
                if client.visit
                else self._pause(number, client)
                for number, client in enumerate(layout.clients)
            ],
            [pyvrp.Depot(number) for number in range(len(layout.depots))],
            [self._vehicles(kind, len(names), horizon) for kind, names in layout.kinds.items()],
            [metres for _, metres in drives],
            [seconds for seconds, _ in drives],
            groups,
        )

    def _groups(self) -> tuple[list[pyvrp.ClientGroup], dict[int, int]]:
        """Return the groups of which one client is served, and in which of them a client is."""
        members = defaultdict(list)
        for number, client in enumerate(self._layout.clients):
            if client.visit and (client.visit.group or len(client.visit.windows) > 1):
                members[client.visit.group, "" if client.visit.group else client.visit.id].append(number)
        groups = [
            pyvrp.ClientGroup(numbers, self._is_due(self._layout.clients[numbers[0]].visit) and not self._is_partial)
            for numbers in members.values()
        ]
        return groups, {number: group for group, numbers in enumerate(members.values()) for number in numbers}

    def _is_due(self, visit: Visit | None) -> bool:
        """Tell whether a visit must be made, or one of its group."""
        return visit is not None and (visit.prize is None or visit.group in self._must)

    def _visit(self, number: int, client: Client, visit: Visit, group: int | None) -> pyvrp.Client:
        no_pause = [0] * len(self._layout.pauses)
        is_due = self._is_due(visit)
        worth = self._worth if is_due and self._is_partial else 0
        return pyvrp.Client(
            len(self._layout.depots) + number,
            [*self._loads(visit.load), *no_pause],
            [*self._loads(visit.pickup), *no_pause] if visit.pickup else [],
            visit.service_seconds,
            max(0, client.span[0]),
            release_time=visit.ready_at,
            prize=worth + self._layout.scale.money(visit.prize or 0),
            required=group is None and is_due and not self._is_partial,
            group=group,
            tw_late=_limit(client.span[1]),
        )

    def _pause(self, number: int, client: Client) -> pyvrp.Client:
        no_load = [0] * len(self._grains)
        return pyvrp.Client(
            len(self._layout.depots) + number,
            [*no_load, *(int(pause == client.pause) for pause in self._layout.pauses)],
            [],
            client.pause.seconds if client.pause else 0,
            *client.span,
            prize=self._price_of_pause(),
            required=False,
        )

    def _vehicles(self, kind: Kind, number: int, horizon: int | None) -> pyvrp.VehicleType:
        start = kind.start
        return pyvrp.VehicleType(
            number,
            [*self._loads(start.capacity), *(int(pause == start.pause) for pause in self._layout.pauses)],
            kind.depot,
            kind.end,
            kind.fixed + (self._price_of_pause() if start.pause else 0),
            start.span[0],
            unit_distance_cost=kind.per_metre,
            unit_duration_cost=kind.per_second,
            profile=kind.profile,
            tw_late=_limit(start.span[1] if horizon is None else min(start.span[1], horizon)),
            shift_duration=_limit(start.seconds),
            max_distance=_limit(None if kind.is_priced else start.metres),
            start_late=start.span[0] if start.is_begun else None,
        )

    def _loads(self, load: Load) -> list[int]:
        return [amount // grain for amount, grain in zip(load, self._grains, strict=True)]

    def _price_of_pause(self) -> int:
        """Return what leaving without pausing costs: more than pausing."""
        kinds = self._layout.kinds
        return max(kind.fixed for kind in kinds) + PAUSE_HOURS * HOUR * max(kind.per_second for kind in kinds)

    def _dearest_detour(self) -> int:
        """Return what one visit costs at most: a vehicle of its own, there, waiting, and back."""
        layout, seconds, metres = self._layout, 0, 0
        for profile in layout.profiles:
            drives = layout.problem.drives[profile.drives]
            seconds = max(seconds, int(drives.seconds[drives.seconds < NO_WAY].max()))
            metres = max(metres, int(drives.metres[drives.seconds < NO_WAY].max()))
        start, end = layout.day
        waits = end - start if end < ALWAYS[1] else 0
        return max(
            kind.fixed + kind.per_second * (2 * seconds + waits) + kind.per_metre * 2 * metres for kind in layout.kinds
        )


def _limit(limit: int | None) -> int:
    """Return a limit as PyVRP has it, where the largest number is none."""
    return ENDLESS if limit is None or limit >= ALWAYS[1] else limit


def _grains(visits: Sequence[Visit], dimensions: int) -> list[int]:
    """Return by dimension what all loads are multiples of: the fewer units, the better their penalties compare."""
    loads = [load for visit in visits for load in (visit.load, visit.pickup) if load]
    return [math.gcd(*(load[dimension] for load in loads)) or 1 for dimension in range(dimensions)]
