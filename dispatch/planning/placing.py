"""Where one more visit costs least, exactly: every tour, every place in it, driven through the true traffic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from dispatch.planning import flow, simulating
from dispatch.planning.fitting import MEMORY, Fitter
from dispatch.planning.plan import Cost, TimedTour
from dispatch.planning.problem import Tour, Vehicle, Visit


class Placement(NamedTuple):
    """A tour with one more visit, and by how much it costs more."""

    money: float
    tour: TimedTour


class Placer:
    """Finds places for visits. Remembers per tour and visit, so that asking again costs nothing."""

    def __init__(self, fitter: Fitter) -> None:
        self._fitter = fitter
        self._known: dict[tuple[Tour, str], Placement | None] = {}
        self._kinds = {vehicle.id: replace(vehicle, id="") for vehicle in fitter.vehicles.values()}
        self._fastest = {profile: min(fitter.problem.traffic_met(profile).factors) for profile in fitter.problem.drives}

    def placements(self, tours: Mapping[str, TimedTour], visit: Visit) -> Iterator[Placement]:
        """Yield the cheapest place in each tour that has one, and in one idle vehicle of each kind."""
        for tour in self._chances(tours):
            placement = self.in_tour(tour, visit)
            if placement:
                yield placement

    def in_tour(self, tour: Tour, visit: Visit) -> Placement | None:
        """Return the cheapest place in one tour, if it has one."""
        if (tour, visit.id) not in self._known:
            if len(self._known) >= MEMORY:
                self._known.clear()
            self._known[tour, visit.id] = self._search(tour, visit)
        return self._known[tour, visit.id]

    def _chances(self, tours: Mapping[str, TimedTour]) -> Iterator[Tour]:
        seen = set()
        for name, kind in self._kinds.items():
            if name in tours:
                yield Tour(name, tuple(call.visit for call in tours[name].calls))
            elif kind not in seen:
                seen.add(kind)
                yield Tour(name, ())

    def _search(self, tour: Tour, visit: Visit) -> Placement | None:
        """Try the places of a tour, the likeliest first, and take the first that does."""
        vehicle = self._fitter.vehicles[tour.vehicle]
        if not self._fitter.is_entrusted(vehicle, visit):
            return None
        before = self._fitter.drive(tour).cost if tour.visits else Cost()
        for place in self._places(vehicle, tour.visits, visit):
            timed = self._fitter.fit(Tour(tour.vehicle, (*tour.visits[:place], visit.id, *tour.visits[place:])))
            if timed:
                return Placement(timed.cost.money - before.money, timed)
        return None

    def _places(self, vehicle: Vehicle, names: Sequence[str], visit: Visit) -> list[int]:
        """Return the places that the windows allow at best, by how far out of the way they are."""
        visits = [self._fitter.visits[name] for name in names]
        way = [vehicle.depot, *(other.place for other in visits), simulating.end_of(vehicle)]
        fastest = self._fastest[vehicle.profile]
        drives = self._fitter.problem.drives[vehicle.profile]
        per_second = vehicle.cost_per_hour / flow.HOUR
        per_metre = (vehicle.cost_per_km + vehicle.kg_co2e_per_km * self._fitter.problem.carbon_price) / 1000
        detours = []
        for place in range(len(self._fitter.begun.get(vehicle.id, ())), len(visits) + 1):
            before, after = way[place], way[place + 1]
            to, on = drives.seconds.item(before, visit.place), drives.seconds.item(visit.place, after)
            if place > 0 and not _can_follow(visits[place - 1], to * fastest, visit):
                continue
            if place < len(visits) and not _can_follow(visit, on * fastest, visits[place]):
                continue
            seconds = to + on - drives.seconds.item(before, after)
            metres = (
                drives.metres.item(before, visit.place)
                + drives.metres.item(visit.place, after)
                - drives.metres.item(before, after)
            )
            detours.append((seconds * per_second + metres * per_metre, seconds, place))
        return [place for *_, place in sorted(detours)]


def _can_follow(earlier: Visit, seconds: float, later: Visit) -> bool:
    """Tell whether one visit can be made after the other, as far as their windows say."""
    opens = min(start for start, _ in earlier.windows)
    closes = max(end for _, end in later.windows)
    return opens + earlier.service_seconds + seconds <= closes
