"""A search of our own, for where PyVRP is not installed: slower to good plans, but as exact.

It takes out some visits that lie close together and puts them in again where they cost least, over and over, and is
choosier from time to time (ruin and recreate: Schrimpf and others, 2000).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from dispatch.planning.drafting import Draft, Drafter
from dispatch.planning.fitting import Fitter
from dispatch.planning.keeping import Keeping
from dispatch.planning.pacing import Pace
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Tour, Visit

NAME: Final = "ruin and recreate"

# At first, what comes out may cost this much more than what there was; less and less of it until the time is over.
_TOLERANCE: Final = 0.01

# How many visits are taken out at once.
_FEWEST: Final = 2
_MOST: Final = 12


def search(
    fitter: Fitter,
    visits: Sequence[Visit],
    begin: Sequence[TimedTour],
    keeping: Keeping,
    pace: Pace,
    seed: int,
) -> Iterator[Sequence[Tour]]:
    """Yield the best tours that were found until the time was over, as ``searching.search`` does."""
    drafter, chance, near = Drafter(fitter, visits), np.random.default_rng(seed), _near(fitter, visits)
    current = best = drafter.draft(_tours(begin))

    def rank(draft: Draft) -> tuple[int, float]:
        return draft.lacking, draft.money + keeping.cost(draft.tours.values())

    while not pace.is_over():
        number = chance.integers(_FEWEST, _MOST, endpoint=True)
        taken = {visits[place].id for place in near[chance.integers(len(visits))][:number]}
        other = drafter.draft(_without(current, taken))
        lacking, money = rank(current)
        if rank(other) < (lacking, money * (1 + _TOLERANCE * (1 - pace.gone))):
            current = other
        best = min(best, current, key=rank)
    yield _tours(list(best.tours.values()))


def _near(fitter: Fitter, visits: Sequence[Visit]) -> list[list[int]]:
    """Return for each visit the others by how near they are, itself first."""
    seconds = next(iter(fitter.problem.drives.values())).seconds
    places = [visit.place for visit in visits]
    apart = seconds[np.ix_(places, places)]
    nearest: list[list[int]] = (apart + apart.T).argsort(axis=1, kind="stable").tolist()
    return nearest


def _without(draft: Draft, taken: set[str]) -> list[Tour]:
    return [
        Tour(tour.vehicle, tuple(name for name in tour.visits if name not in taken))
        for tour in _tours(list(draft.tours.values()))
    ]


def _tours(timed: Sequence[TimedTour]) -> list[Tour]:
    return [Tour(tour.vehicle, tuple(call.visit for call in tour.calls)) for tour in timed]
