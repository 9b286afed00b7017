"""How much processor time it takes to find where one more visit goes in a day of 200 stops.

Slots, options and quotes all ask this. The days are of eight vans on a plain, with windows, pauses and traffic by the
hour.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from random import Random
from time import process_time
from typing import Final

from dispatch.planning import inserting
from tests.dispatch.test_inserting import HOUR, day_of_stops, visit

DAYS: Final = 10
STOPS: Final = 200
VANS: Final = 8
STARTS: Final = range(8, 18)
TARGET_MS: Final = 50


def main() -> None:
    """Measure, and print a line for each figure."""
    took = sorted(1000 * seconds for seed in range(DAYS) for seconds in _times(Random(seed)))
    _say("median", statistics.median(took))
    _say("nine in ten", took[9 * len(took) // 10])


def _times(chance: Random) -> Iterator[float]:
    """Ask about a slot of two hours from each hour of a day."""
    inserter = inserting.Inserter(*day_of_stops(chance, STOPS, VANS))
    for start in STARTS:
        began = process_time()
        inserter.cheapest(visit("new", STOPS + 1, windows=((start * HOUR, (start + 2) * HOUR),)))
        yield process_time() - began


def _say(figure: str, milliseconds: float) -> None:
    told = {"benchmark": "inserting", "figure": figure, "ms": round(milliseconds, 1), "target": TARGET_MS}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
