"""Tours that keep every rule in the true traffic: mended where they do not, completed where there is room."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dispatch.planning.fitting import Fitter
from dispatch.planning.placing import Placement, Placer
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Tour, Visit

# What can be served in one way of several: a group, or a visit without one.
Order = tuple[str, str]

# Up to so many missing orders are compared with one another at each step.
_FEW: Final = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """Tours that can be driven, by vehicle; how many orders that must be served are not; what it all costs.

    One is better than another that lacks less, or else costs less.
    """

    tours: dict[str, TimedTour]
    lacking: int
    money: float


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
        self._complete(drafted, served)
        for timed in list(drafted.values()):
            self._prune(drafted, timed)
        return self._appraised(drafted)

    def _with_begun(self, tours: Iterable[Tour]) -> Iterator[Tour]:
        given = {tour.vehicle: tour.visits for tour in tours if tour.vehicle in self._fitter.vehicles}
        for vehicle in {**self._fitter.begun, **given}:
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
        """Drive a tour, without one of its visits if that is enough, else without each that comes too late."""
        timed = self._fitter.fit(tour)
        if timed:
            return timed
        frozen = len(self._fitter.begun.get(tour.vehicle, ()))
        without_one = (
            self._fitter.fit(Tour(tour.vehicle, (*tour.visits[:place], *tour.visits[place + 1 :])))
            for place in range(frozen, len(tour.visits))
        )
        fitting = [fit for fit in without_one if fit]
        return min(fitting, key=lambda fit: fit.cost.money) if fitting else self._thinned(tour, frozen)

    def _thinned(self, tour: Tour, frozen: int) -> TimedTour:
        """Go through a tour and leave out what does not fit any longer."""
        timed = self._fitter.drive(Tour(tour.vehicle, tour.visits[:frozen]))
        for name in tour.visits[frozen:]:
            names = (*(call.visit for call in timed.calls), name)
            timed = self._fitter.fit(Tour(tour.vehicle, names)) or timed
        return timed

    def _complete(self, drafted: dict[str, TimedTour], served: Collection[Order]) -> None:
        """Put missing orders into the drafted tours.

        Each time the one that has most to lose by waiting; but many are first gone through by when their windows close,
        which takes less time.
        """
        missing = {order for order in self._orders if order not in served}
        in_turn = sorted(missing, key=self._turn) if len(missing) > _FEW else []
        placed = {order for order in in_turn if self._place(order, drafted)}
        while order := self._neediest(sorted(missing - placed), drafted):
            self._place(order, drafted)
            placed.add(order)

    def _turn(self, order: Order) -> tuple[bool, int, Order]:
        closes = max(end for visit in self._orders[order] for _, end in visit.windows)
        return order not in self._must, closes, order

    def _neediest(self, missing: Sequence[Order], drafted: dict[str, TimedTour]) -> Order | None:
        """Return the order that loses most when its cheapest place is taken; one that must be served comes first."""
        regrets = [
            ((order in self._must, _regret(placements)), order)
            for order in missing
            if (placements := self._chances(order, drafted))
        ]
        return max(regrets)[1] if regrets else None

    def _place(self, order: Order, drafted: dict[str, TimedTour]) -> bool:
        """Put an order where it costs least, and tell whether there is such a place."""
        placements = self._chances(order, drafted)
        if placements:
            drafted[placements[0].tour.vehicle] = placements[0].tour
        return bool(placements)

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

    def _prune(self, drafted: dict[str, TimedTour], timed: TimedTour) -> None:
        """Take out of a tour what is not worth its price: first the whole tour, then one visit after the other."""
        begun = self._fitter.begun.get(timed.vehicle)
        prizes = {call.visit: self._prize(call.visit) for call in timed.calls[len(begun or ()) :]}
        if begun is None and timed.cost.money > sum(prizes.values()):
            del drafted[timed.vehicle]
            return
        names = tuple(call.visit for call in timed.calls)
        for name, prize in prizes.items():
            without = Tour(timed.vehicle, tuple(other for other in names if other != name))
            rest = self._fitter.fit(without) if prize < math.inf and without.visits else None
            if rest and timed.cost.money - rest.cost.money > prize:
                drafted[timed.vehicle] = timed = rest
                names = without.visits

    def _prize(self, name: str) -> float:
        """Return what it costs to leave out a visit that can be planned."""
        prize = self._fitter.visits[name].prize
        return math.inf if prize is None or self._order_of[name] in self._must else prize

    def _appraised(self, drafted: dict[str, TimedTour]) -> Draft:
        made = {call.visit for tour in drafted.values() for call in tour.calls}
        served = {self._order_of[name] for name in made if name in self._order_of}
        forgone = sum(
            visit.prize
            for members in self._orders.values()
            for visit in members
            if visit.prize and visit.id not in made
        )
        money = sum(tour.cost.money for tour in drafted.values())
        return Draft(drafted, len(self._must - served), money + forgone)


def orders(visits: Iterable[Visit]) -> dict[Order, list[Visit]]:
    """Return the visits by the orders they serve."""
    by_order = defaultdict(list)
    for visit in visits:
        by_order[visit.group, "" if visit.group else visit.id].append(visit)
    return dict(by_order)


def _regret(placements: Sequence[Placement]) -> float:
    """Return what is lost when the cheapest place is taken by another: where there is no second one, everything."""
    return placements[1].money - placements[0].money if len(placements) > 1 else math.inf
