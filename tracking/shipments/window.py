"""What a shopper is told about time: windows, never bare minutes, never past, changed only when it must be.

Pure rules; all datetimes are aware. A window with a date alone is a carrier's date without a time, and stays one.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

STEP: Final = timedelta(minutes=5)
NARROWEST: Final = timedelta(minutes=10)
WORTH_TELLING: Final = timedelta(minutes=5)
NARROWED: Final = timedelta(minutes=15)
LATE_BY: Final = timedelta(minutes=5)


class Cause(models.TextChoices):
    """Why a window was set or moved, in the words the shopper reads."""

    FIRST = "first", _("First estimate for your delivery.")
    PLANNED = "planned", _("Your delivery was put on a route.")
    REPLANNED = "replanned", _("The route was planned anew.")
    ASKED = "asked", _("You asked for another time or place.")
    ON_THE_ROAD = "on_the_road", _("The driver has set off.")
    NARROWED = "narrowed", _("The driver is closer, so we can be more exact.")
    BEHIND = "behind", _("Earlier stops or traffic took longer than planned.")
    AHEAD = "ahead", _("Earlier stops went faster than planned.")
    STOPS_ADDED = "stops_added", _("A stop was added before yours.")
    STOPS_REMOVED = "stops_removed", _("A stop before yours was cancelled.")
    SIGNAL_LOST = (
        "signal_lost",
        _("We have not heard from the van for a while, so we are less sure."),
    )
    BREAK = "break", _("The driver is taking a break.")
    CARRIER = "carrier", _("The carrier sent a new estimate.")
    CORRECTED = "corrected", _("Our support team corrected the time.")


@dataclass(frozen=True, slots=True)
class Window:
    """A day, and within it the time between ``start`` and ``end`` where it is known (both or neither)."""

    date: date
    start: datetime | None = None
    end: datetime | None = None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From when to when, where that is known."""
        return (self.start, self.end) if self.start is not None and self.end is not None else None


def between(low: datetime, high: datetime, zone: tzinfo) -> Window:
    """Make the window that holds ``low`` to ``high``: rounded outwards to 5 minutes, at least 10 minutes wide.

    Reckoned in UTC: by the clock of a zone, the hour that daylight saving repeats would count as none.
    """
    start, end = _floor(low.astimezone(UTC)), _ceil(high.astimezone(UTC))
    if end - start < NARROWEST:
        end = start + NARROWEST
    return Window(date=start.astimezone(zone).date(), start=start, end=end)


def not_past(window: Window, *, at: datetime, zone: tzinfo) -> Window:
    """Move a window that has gone by to the earliest one that has not; leave any other as it is."""
    if window.end is None or window.start is None:
        today = at.astimezone(zone).date()
        return window if window.date >= today else Window(date=today)
    if window.end > at:
        return window
    return between(at, at + max(NARROWEST, window.end - window.start), zone)


def is_worth_telling(told: Window | None, found: Window, *, at: datetime) -> bool:
    """Say whether a shopper who was told ``told`` should now be told ``found``.

    A new day, a bound that moves outwards by more than 5 minutes, a told window that has run out, or one that can
    be narrowed by a quarter of an hour: anything less would only flicker.
    """
    if told is None or told.date != found.date or (told.start is None) != (found.start is None):
        return True
    if told.start is None or told.end is None or found.start is None or found.end is None:
        return False
    if told.end <= at:
        return found != told
    lost_at_either_end = found.end - told.end > WORTH_TELLING or told.start - found.start > WORTH_TELLING
    is_far_inside = (told.end - told.start) - (found.end - found.start) >= NARROWED
    return lost_at_either_end or is_far_inside


def is_late(window: Window | None, promised_end: datetime | None) -> bool:
    """Say whether a window leaves the promise by more than 5 minutes."""
    if window is None or window.end is None or promised_end is None:
        return False
    return window.end - promised_end > LATE_BY


def _floor(moment: datetime) -> datetime:
    return moment - (moment - moment.replace(minute=0, second=0, microsecond=0)) % STEP


def _ceil(moment: datetime) -> datetime:
    floor = _floor(moment)
    return floor if floor == moment else floor + STEP
