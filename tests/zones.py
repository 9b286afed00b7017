"""Time zones in which a delivery day can go wrong: thirty of them, and when their clocks are changed."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

ZONES: Final = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Anchorage",
    "America/Asuncion",
    "America/Chicago",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
]
"""Half hours and quarters, changes at midnight, by half an hour and by two, backwards summers, and none at all."""


@cache
def changes_of_the_clocks(zone: str, year: int) -> tuple[datetime, ...]:
    """List the first moments, in UTC, at which a zone is off by another amount than before."""
    place = ZoneInfo(zone)
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(365 * 24 + 1)]
    return tuple(
        later
        for earlier, later in pairwise(hours)
        if earlier.astimezone(place).utcoffset() != later.astimezone(place).utcoffset()
    )
