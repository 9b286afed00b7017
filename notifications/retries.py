"""When a piece of news is tried again: the schedule of Standard Webhooks, spread out. Pure.

Source: the specification's recommended schedule (standardwebhooks.com, "Retry Schedule with exponential backoff"), with
its last steps drawn out to 72 hours.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

AFTER: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 20 * 3600)
)
"""How long after each failed try the next one is; after the last of them nobody tries again."""

SPREAD: Final = 0.2
LONGEST_WISH: Final = timedelta(hours=24)


def wait(tries: int, *, chance: Callable[[], float], wished: timedelta | None = None) -> timedelta | None:
    """Say how long to wait after so many failed tries; ``None`` where it is time to give up.

    ``chance`` draws from 0 to 1; ``wished`` is how long its reader asked us to wait, which is kept to within a day.
    """
    if tries > len(AFTER):
        return None
    usual = AFTER[tries - 1] * (1 + SPREAD * (2 * chance() - 1))
    return max(usual, min(wished, LONGEST_WISH)) if wished else usual
