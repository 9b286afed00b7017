"""Foretelling a file of moments as it would have happened: in the order of time, by what was known by then."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dispatch.forecasting import boosting, conformal, signs
from dispatch.forecasting.boosting import HORIZONS, Model
from dispatch.forecasting.conformal import Margin, Margins
from dispatch.forecasting.courier import Behind, Courier, Moment
from dispatch.forecasting.trees import Floats


class Interval(NamedTuple):
    """In how many minutes a stop will be done: at the earliest, most likely, at the latest, in 80 of 100 cases."""

    p10: float
    p50: float
    p90: float


class _Foretold(NamedTuple):
    """What the trees said of a stop before, and how many minutes it took in truth."""

    city: str
    horizon: int
    below: float
    above: float


def learn(moments: Sequence[Moment]) -> Model:
    """Train on moments of the past, of which it is known what became of their stops.

    Raises ``boosting.TooLittle`` where they are too few.
    """
    truths = np.array([stop.truth for moment in moments for stop in moment.ahead])
    couriers = [moment.courier for moment in moments for _ in moment.ahead]
    is_known = np.isfinite(truths)
    if not is_known.any():
        raise boosting.TooLittle("Nothing says what became of the stops.")
    known = [courier for courier, is_there in zip(couriers, is_known, strict=True) if is_there]
    return boosting.train(signs.matrix(list(moments))[is_known], truths[is_known], known)


def score(model: Model, moments: Iterable[Moment], stops: Mapping[Courier, Sequence[Behind]]) -> dict[int, Interval]:
    """Foretell each open stop of each moment; gives the intervals by the number of their row.

    Of ``stops`` nothing is used for a moment but what was done by then: for the courier's pace, and to learn from
    earlier moments of the same city how much wider or narrower its intervals must be. A moment teaches once its last
    stop is done: taught one by one, the quick ones would be heard first.
    """
    in_time = sorted(moments, key=lambda moment: moment.now)
    done = {(courier, stop.order): stop.done for courier, of_courier in stops.items() for stop in of_courier}
    margins: Margins[str] = Margins(list(model.margins))
    teaching: list[tuple[float, int, list[_Foretold]]] = []
    intervals: dict[int, Interval] = {}
    everything = model.predict(signs.matrix(in_time)) if in_time else np.empty((0, 3))
    begins = np.cumsum([0, *(len(moment.ahead) for moment in in_time)])
    for number, moment in enumerate(in_time):
        while teaching and teaching[0][0] <= moment.now:
            for outcome in heapq.heappop(teaching)[2]:
                margins.learn(outcome.city, outcome.horizon, below=outcome.below, above=outcome.above)
        foretold = everything[begins[number] : begins[number + 1]]
        intervals.update(_intervals(moment, foretold, margins))
        known = [done.get((moment.courier, stop.order)) for stop in moment.ahead]
        if all(known):
            outcomes = list(_outcomes(moment, foretold, [at for at in known if at is not None]))
            heapq.heappush(teaching, (max(at for at in known if at is not None), number, outcomes))
    return intervals


def _intervals(moment: Moment, foretold: Floats, margins: Margins[str]) -> Iterator[tuple[int, Interval]]:
    for stop, (low, middle, high) in zip(moment.ahead, foretold.tolist(), strict=True):
        yield stop.row, _widen(low, middle, high, margins.of(moment.city, conformal.horizon_of(middle, HORIZONS)))


def _widen(low: float, middle: float, high: float, margin: Margin) -> Interval:
    """Move the bounds by a margin; nothing is past, and the median stays between them."""
    return Interval(max(min(low - margin.low, middle), 0.0), middle, max(high + margin.high, middle))


def _outcomes(moment: Moment, foretold: Floats, done: Sequence[float]) -> Iterator[_Foretold]:
    for at, (low, middle, high) in zip(done, foretold.tolist(), strict=True):
        minutes = at - moment.now
        yield _Foretold(moment.city, conformal.horizon_of(middle, HORIZONS), low - minutes, minutes - high)
