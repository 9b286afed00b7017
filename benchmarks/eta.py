"""How well it is foretold when stops are done, on real courier days of couriers that the model has not seen.

``ETA_DATA`` names a folder with ``lade_p_eta_queries.csv`` and ``lade_p_stops.csv``; without it the figures are skipped
in a line that says so. Couriers are dealt to five folds, and each is foretold by what was learned from the other four;
then each city by what was learned from the other cities.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from dispatch.forecasting import courier, scoring
from dispatch.forecasting.courier import Behind, Courier, Moment

FOLDS: Final = 5
SEED: Final = 1
SOON_MINUTES: Final = 120.0
RESAMPLES: Final = 2_000

Figure = dict[str, Any]


class Outcome(NamedTuple):
    """What was foretold of a stop, and what it took."""

    courier: Courier
    truth: float
    p10: float
    p50: float
    p90: float


def main() -> None:
    """Print a line for each figure."""
    for figure in run():
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()


def run() -> Iterator[Figure]:
    """Foretell what was held out and yield the figures, or say why not."""
    folder = os.environ.get("ETA_DATA")
    if not folder:
        yield {"figure": "eta", "skipped": "ETA_DATA does not say where the courier days are."}
        return
    stops = courier.read_stops(Path(folder, "lade_p_stops.csv"))
    moments = courier.read_moments(Path(folder, "lade_p_eta_queries.csv"), stops, is_past=True)
    couriers = sorted({moment.courier for moment in moments})
    fold_of = dict(zip(couriers, np.random.default_rng(SEED).permutation(len(couriers)) % FOLDS, strict=True))
    yield from _figures("couriers", moments, stops, lambda moment: int(fold_of[moment.courier]))
    yield from _figures("cities", moments, stops, lambda moment: moment.city)


def _figures(
    what: str,
    moments: Sequence[Moment],
    stops: Mapping[Courier, Sequence[Behind]],
    group_of: Callable[[Moment], int | str],
) -> Iterator[Figure]:
    started = time.process_time()
    groups = sorted({group_of(moment) for moment in moments}, key=str)
    outcomes = []
    for group in groups:
        model = scoring.learn([moment for moment in moments if group_of(moment) != group])
        held_out = [moment for moment in moments if group_of(moment) == group]
        intervals = scoring.score(model, held_out, stops)
        outcomes += [
            Outcome(moment.courier, stop.truth, *intervals[stop.row]) for moment in held_out for stop in moment.ahead
        ]
    table = np.array([outcome[1:] for outcome in outcomes])
    missed, soon = np.abs(table[:, 2] - table[:, 0]), table[:, 0] <= SOON_MINUTES
    inside = (table[:, 1] <= table[:, 0]) & (table[:, 0] <= table[:, 3])
    yield _figure(f"eta_{what}_mae", missed.mean(), "min", "at most 38")
    yield _figure(f"eta_{what}_mae_within_two_hours", missed[soon].mean(), "min", "at most 26")
    low, high = _interval([outcome.courier for outcome in outcomes], inside.astype(np.float64))
    held = f"95% interval {low:.3f} to {high:.3f}, couriers resampled"
    yield _figure(f"eta_{what}_coverage", inside.mean(), "", "0.75 to 0.85", held)
    yield _figure(f"eta_{what}_median_width", np.median(table[:, 3] - table[:, 1]), "min", "at most 105")
    yield _figure(f"eta_{what}_seconds_a_fold", (time.process_time() - started) / len(groups), "s", "60")


def _interval(couriers: Sequence[Courier], inside: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Resample whole couriers, whose stops are right or wrong together; gives a 95% interval of the share."""
    _, groups = np.unique([" ".join(name) for name in couriers], return_inverse=True)
    hits, sizes = np.bincount(groups, inside), np.bincount(groups)
    drawn = np.random.default_rng(SEED).integers(len(sizes), size=(RESAMPLES, len(sizes)))
    low, high = np.quantile(hits[drawn].sum(1) / sizes[drawn].sum(1), [0.025, 0.975])
    return float(low), float(high)


def _figure(name: str, value: float, unit: str, target: str, detail: str = "") -> Figure:
    figure = {"figure": name, "value": round(float(value), 3), "unit": unit, "target": target}
    return {**figure, "detail": detail} if detail else figure


if __name__ == "__main__":
    main()
