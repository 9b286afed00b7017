"""A search of our own, for where PyVRP is not installed: slower to good plans, but as exact."""

from collections.abc import Iterator, Sequence
from typing import Final

from dispatch.planning.fitting import Fitter
from dispatch.planning.pacing import Pace
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Tour, Visit

NAME: Final = "insertion"


def search(
    fitter: Fitter, visits: Sequence[Visit], begin: Sequence[TimedTour], pace: Pace, seed: int
) -> Iterator[Sequence[Tour]]:
    """Yield the tours to begin with: what is missing in them is put where it costs least by whoever drafts them."""
    yield [Tour(tour.vehicle, tuple(call.visit for call in tour.calls)) for tour in begin]
