"""One nudge at a time: however many letters come, one task is asked to read them, until it begins.

Redis alone remembers that, for a few seconds: what is lost with it, the sweep finds.
"""

from typing import Final

from tracking import connection as live

KEY: Final = "doorstep:carriers:nudged"
LASTS_SECONDS: Final = 10


def give() -> bool:
    """Say whether nobody has been nudged who has not begun yet; from then on somebody has."""
    try:
        return bool(live.sync_client().set(KEY, 1, nx=True, ex=LASTS_SECONDS))
    except live.Away:
        return False


def take() -> None:
    """Begin: what is kept from now on is worth another nudge. Before anything is looked for."""
    try:
        live.sync_client().delete(KEY)
    except live.Away:
        return
