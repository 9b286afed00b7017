"""How many deliveries of simulated days come inside what shoppers were told, and how wide that was.

Ten days at one hub, for each of ten seeds; ``foretelling.days`` says what the truth is like.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.foretelling.days import Delivery, Season

SEEDS: Final = range(10)
DAYS: Final = 10

Figure = dict[str, Any]


def main() -> None:
    """Print a line for each figure."""
    for figure in run():
        sys.stdout.write(json.dumps(figure) + "\n")


def run() -> Iterator[Figure]:
    """Live through the days and yield the figures."""
    seasons = [list(Season(seed).days(DAYS)) for seed in SEEDS]
    yield _share("eta_days_inside_window_an_hour_before", seasons, "is_in_shown", "0.76 to 0.86")
    yield _share("eta_days_inside_p10_to_p90", seasons, "is_in_quantiles", "0.80")
    yield _share("eta_days_inside_promise", seasons, "is_in_promise", "at least 0.95")
    for name, days in (("first", range(1)), ("last", range(DAYS - 3, DAYS))):
        widths = [delivery.minutes_wide for season in seasons for delivery in season if delivery.day in days]
        yield {
            "figure": f"eta_days_width_{name}",
            "value": statistics.median(widths),
            "unit": "min",
        }


def _share(name: str, seasons: list[list[Delivery]], field: str, target: str) -> Figure:
    shares = [
        statistics.fmean(kept for delivery in season if (kept := getattr(delivery, field)) is not None)
        for season in seasons
    ]
    detail = f"seeds from {min(shares):.3f} to {max(shares):.3f}"
    return {"figure": name, "value": round(statistics.fmean(shares), 3), "target": target, "detail": detail}


if __name__ == "__main__":
    main()
