"""Tours that keep every rule in the true traffic: mended where they do not, completed where there is room."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dispatch.planning.fitting import Fitter
from dispatch.planning.placing import Placement, Placer
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Tour, Visit

# What can be served in one way of several: a group, or a visit without one.
Order = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """Tours that can be driven, by vehicle; how many orders that must be served are not; what it all costs."""

    tours: dict[str, TimedTour]
    lacking: int
    money: float

    @property
    def rank(self) -> tuple[int, float]:
        """What makes one draft better than another: first that all is done that must be, then what it costs."""
        return self.lacking, self.money


class Drafter:
    """Makes drafts of tours that somebody thought of, with the visits that can be planned."""

    def __init__(self, fitter: Fitter, visits: Sequence[Visit]) -> None:
        self._fitter = fitter
        self._placer = Placer(fitter)
        self._orders = orders(visits)
        self._order_of = {visit.id: order for order, members in self._orders.items() for visit in members}
        self._must = {order for order, members in self._orders.items() if any(v.prize is None for v in members)}

    def draft(self, tours: Iterable[Tour]) -> Draft:
        """Take out of the tours what cannot be driven as it is, and put in what is missing where it costs least.

        What has begun is always there. Visits that cannot be planned, or that are there already, are passed over.
        """
        drafted: dict[str, TimedTour] = {}
        served: set[Order] = set()
        for tour in self._with_begun(tours):
            timed = self._mended(Tour(tour.vehicle, tuple(self._of_use(tour, served))))
            if timed.calls or tour.vehicle in self._fitter.begun:
                drafted[tour.vehicle] = timed
            served.update(self._order_of[call.visit] for call in timed.calls if call.visit in self._order_of)
        served.update(self._complete(drafted, served))
        return self._appraised(drafted, served)

    def _with_begun(self, tours: Iterable[Tour]) -> Iterator[Tour]:
        given = {tour.vehicle: tour.visits for tour in tours if tour.vehicle in self._fitter.vehicles}
        for vehicle in self._fitter.begun.keys() | given.keys():
            begun = self._fitter.begun.get(vehicle, ())
            yield Tour(vehicle, begun + tuple(name for name in given.get(vehicle, ()) if name not in begun))

    def _of_use(self, tour: Tour, served: Collection[Order]) -> Iterator[str]:
        """Yield what has begun, and then each visit that can be planned and whose order is not served yet."""
        begun = self._fitter.begun.get(tour.vehicle, ())
        yield from begun
        seen = set(served)
        for name in tour.visits[len(begun) :]:
            order = self._order_of.get(name)
            if order and order not in seen:
                seen.add(order)
                yield name

    def _mended(self, tour: Tour) -> TimedTour:
        """Drive a tour, without as many of its visits as it takes: each time the one without which most is won."""
        timed = self._fitter.fit(tour)
        frozen = len(self._fitter.begun.get(tour.vehicle, ()))
        while timed is None:
            without = [
                Tour(tour.vehicle, (*tour.visits[:place], *tour.visits[place + 1 :]))
                for place in range(frozen, len(tour.visits))
            ]
            fitting = [fit for fit in map(self._fitter.fit, without) if fit]
            timed = min(fitting, key=lambda fit: fit.cost.money, default=None)
            tour = min(without, key=self._harm)
        return timed

    def _harm(self, tour: Tour) -> tuple[int, int]:
        """Return how much later than allowed a tour is over all."""
        timed = self._fitter.drive(tour)
        late = 0
        for call in timed.calls:
            late += max(0, call.begins - max(end for _, end in self._fitter.visits[call.visit].windows))
        return late + max(0, timed.returns - self._fitter.vehicles[tour.vehicle].shift[1]), timed.returns

    def _complete(self, drafted: dict[str, TimedTour], served: Collection[Order]) -> list[Order]:
        """Put missing orders into the drafted tours, each time the one that has most to lose by waiting."""
        placed = []
        missing = {order: members for order, members in self._orders.items() if order not in served}
        while missing:
            chances = {order: self._chances(order, drafted) for order in missing}
            for order, placements in chances.items():
                if not placements:
                    del missing[order]
            if not missing:
                break
            order = max(missing, key=lambda order: _regret(chances[order], is_must=order in self._must))
            del missing[order]
            timed = chances[order][0].tour
            drafted[timed.vehicle] = timed
            placed.append(order)
        return placed

    def _chances(self, order: Order, drafted: dict[str, TimedTour]) -> list[Placement]:
        """Return the places for an order that are worth their price, the cheapest first."""
        worth = (
            (math.inf if order in self._must else visit.prize or 0.0, placement)
            for visit in self._orders[order]
            for placement in self._placer.placements(drafted, visit)
        )
        return sorted(
            (placement for most, placement in worth if placement.money <= most), key=lambda chance: chance.money
        )

    def _appraised(self, drafted: dict[str, TimedTour], served: Collection[Order]) -> Draft:
        made = {call.visit for tour in drafted.values() for call in tour.calls}
        forgone = sum(
            visit.prize
            for members in self._orders.values()
            for visit in members
            if visit.prize and visit.id not in made
        )
        money = sum(tour.cost.money for tour in drafted.values())
        return Draft(drafted, len(self._must - set(served)), money + forgone)


def orders(visits: Iterable[Visit]) -> dict[Order, list[Visit]]:
    """Return the visits by the orders they serve."""
    by_order = defaultdict(list)
    for visit in visits:
        by_order[visit.group, "" if visit.group else visit.id].append(visit)
    return dict(by_order)


def _regret(placements: Sequence[Placement], *, is_must: bool) -> tuple[bool, float]:
    """Return what is lost when the cheapest place is taken by another: of what must be served everything."""
    second = placements[1].money if len(placements) > 1 else math.inf
    return is_must, second - placements[0].money
