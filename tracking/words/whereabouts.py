"""What the map shows, in words: how far the driver is, when they were seen, why they are not there.

The page's own script says the same sentences between two visits to the server, so ``phrases`` hands them over with
``{distance}`` and ``{time}`` left open.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from atlas import projection
from tracking.facts import DriverFact
from tracking.rounds.models import Vehicle
from tracking.surroundings import Goal
from tracking.visibility import HIDDEN_AFTER
from tracking.words import times

HERE_M: Final = 100
KILOMETRE_M: Final = 1_000


class Sight(StrEnum):
    """How well the driver can be seen, which is how the marker looks."""

    NONE = "none"
    FRESH = "fresh"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The text twin of the map: where the driver is and how old that is; ``seen`` is empty where nobody is shown."""

    text: str
    seen: str
    sight: Sight


def tell(driver: DriverFact | None, goal: Goal | None, *, is_due: bool, from_stops: int, now: datetime) -> Whereabouts:
    """Say where the driver is, seen from the door, or what the map shows while there is no driver on it.

    ``is_due`` says whether the reader is among those who may see them, ``from_stops`` from how many stops on they may.
    """
    if driver is None:
        return Whereabouts(_without_driver(goal), "", Sight.NONE)
    position = driver.position
    if position is None:
        return Whereabouts(_hidden(driver.name) if is_due else _not_yet(driver.name, from_stops), "", Sight.NONE)
    sight = Sight.STALE if position.is_stale else Sight.FRESH
    seen = seen_ago(times.minutes(now - position.recorded_at))
    if goal is None:
        return Whereabouts("", seen, sight)
    distance_m = float(projection.distance_m(position.lat, position.lon, goal.latitude, goal.longitude))
    return Whereabouts(_away(driver.name, distance_m), seen, sight)


def seen_ago(minutes: int) -> str:
    """Say how long ago the driver was seen; below a minute that is just now."""
    if minutes == 0:
        return _("Seen just now")
    return ngettext("Seen %(count)d min ago", "Seen %(count)d min ago", minutes) % {"count": minutes}


def phrases(driver: DriverFact | None) -> dict[str, object]:
    """Hand over the sentences that the page's script says by itself."""
    name = driver.name if driver else ""
    longest = times.minutes(HIDDEN_AFTER)
    return {
        "here": _here(name),
        "metres": _metres(name, "{distance}"),
        "kilometres": _kilometres(name, "{distance}"),
        "seen": [seen_ago(minutes) for minutes in range(longest + 1)],
        "hidden": _hidden(name),
        "live": _("Live"),
        "as_of": _("As of %(time)s") % {"time": "{time}"},
        "polling": _("The live connection is interrupted. We look for news every few seconds, last at %(time)s.")
        % {"time": "{time}"},
        "lost": _("No connection right now. We keep trying; this is how things stood at %(time)s.")
        % {"time": "{time}"},
        "offline": _("You are offline. This is how things stood at %(time)s.") % {"time": "{time}"},
    }


def brought_by(driver: DriverFact) -> str:
    """Say who brings it, and with what."""
    told = {
        Vehicle.VAN: _("%(name)s brings it by van"),
        Vehicle.CAR: _("%(name)s brings it by car"),
        Vehicle.CARGO_BIKE: _("%(name)s brings it by cargo bike"),
        Vehicle.BIKE: _("%(name)s brings it by bike"),
        Vehicle.ON_FOOT: _("%(name)s brings it on foot"),
    }
    return told[Vehicle(driver.vehicle)] % {"name": driver.name}


def _without_driver(goal: Goal | None) -> str:
    if goal is None:
        return ""
    return _("It goes to the pin.") if goal.is_exact else _("It goes to an address within the circle.")


def _away(name: str, distance_m: float) -> str:
    if distance_m < HERE_M:
        return _here(name)
    if distance_m < KILOMETRE_M - HERE_M / 2:
        return _metres(name, str(round(distance_m / HERE_M) * HERE_M))
    return _kilometres(name, f"{distance_m / KILOMETRE_M:.1f}")


def _here(name: str) -> str:
    return _("%(name)s is less than 100 m away.") % {"name": name}


def _metres(name: str, distance: str) -> str:
    return _("%(name)s is about %(distance)s m away.") % {"name": name, "distance": distance}


def _kilometres(name: str, distance: str) -> str:
    return _("%(name)s is about %(distance)s km away.") % {"name": name, "distance": distance}


def _hidden(name: str) -> str:
    return _("%(name)s is out of sight at the moment. Your time stays up to date.") % {"name": name}


def _not_yet(name: str, from_stops: int) -> str:
    told = ngettext(
        "You see %(name)s here from %(count)d stop before you.",
        "You see %(name)s here from %(count)d stops before you.",
        from_stops,
    )
    return told % {"name": name, "count": from_stops}
