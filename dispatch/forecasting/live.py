"""When the stops of a round will be done: the order is driven in the mind, corrected, and given its margins.

Margins are in ratio space: of the logarithm of what it took to what was foretold, each with ``CUSHION`` added, so that
a minute counts for much at the next door and for little at the last one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, hypot, log
from typing import Final

from dispatch.forecasting import conformal
from dispatch.forecasting.conformal import Margin, Margins
from dispatch.forecasting.ratios import Pace
from dispatch.planning.flow import HOUR, Flow

CUSHION: Final = 300.0
STEP: Final = timedelta(minutes=5)
HORIZONS: Final = (10.0, 20.0, 45.0, 90.0, 180.0)
"""Minutes until a stop, each the end of one horizon."""

LATE_SPREADS: Final = 1.7
EARLY_SPREADS: Final = 1.3
SILENCE_SPREAD: Final = 0.5
PAUSE_SPREAD: Final = 0.6
LEAST_AT_DOOR_SECONDS: Final = 30.0
EARLY_BY_SECONDS: Final = 15 * 60
"""So long before a promised time begins a driver goes to the door; who is earlier waits."""

PRIOR: Final = (
    Margin(0.35, 0.40, 0.30),
    Margin(0.30, 0.36, 0.26),
    Margin(0.25, 0.30, 0.22),
    Margin(0.21, 0.26, 0.19),
    Margin(0.18, 0.23, 0.17),
    Margin(0.17, 0.21, 0.16),
)
"""Before anything was learned, one for each horizon: what legs that vary by a quarter, stops that vary by three fifths
and a common tenth come to (``tracking.rounds.estimate`` has the sources), and a little more for an unknown place."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stop to come: the drive to it on an empty road, the time at its door, and when it may begin, of the day."""

    stop: int
    drive_seconds: float
    door_seconds: float
    opens: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a round stands, ``now`` in seconds since the midnight before it.

    ``at_door_seconds`` is set while the driver is at the first door; ``pause_seconds`` is what is left of a break,
    ``silent_seconds`` how long nothing was heard.
    """

    now: float
    at_door_seconds: float | None = None
    pause_seconds: float = 0.0
    silent_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is foretold of a stop, in seconds from now: at the door, and done (in 80 of 100 cases, P10 to P90).

    ``plain`` is when it would be done by the plain drive, uncorrected; ``None`` where a wait is in it.
    """

    stop: int
    arrives: float
    p10: float
    p50: float
    p90: float
    plain: float | None


@dataclass(frozen=True, slots=True)
class _Driven:
    """A stop of the drive in the mind, in seconds from now."""

    stop: int
    arrives: float
    done: float
    is_after_wait: bool


def foretell(
    standing: Standing, ahead: Sequence[Ahead], *, flow: Flow, pace: Pace, margins: Sequence[Margin]
) -> list[Outlook]:
    """Foretell the stops of a round, in order; ``margins`` has one for each horizon.

    Nothing is past, the quantiles are in order, and no bound of a stop lies before that of the stop before it.
    """
    plain = _drive(standing, ahead, flow, Pace())
    known = _drive(standing, ahead, flow, pace)
    unsure = hypot(SILENCE_SPREAD * max(standing.silent_seconds, 0.0), PAUSE_SPREAD * standing.pause_seconds)
    outlooks: list[Outlook] = []
    low = high = 0.0
    for uncorrected, driven in zip(plain, known, strict=True):
        least, most = _bounds(driven.done, margins, unsure)
        low, high = max(low, least), max(high, most)
        base = None if uncorrected.is_after_wait else uncorrected.done
        outlooks.append(Outlook(driven.stop, driven.arrives, min(low, driven.done), driven.done, high, base))
    return outlooks


def rounded(moment: datetime) -> datetime:
    """Round a bound to the nearest five minutes: outwards, a short window would hold nine tenths and claim eight."""
    step = STEP.total_seconds()
    return datetime.fromtimestamp(round(moment.timestamp() / step) * step, moment.tzinfo)


def beyond(foretold: float, took: float) -> float:
    """Say how far an outcome lies above what was foretold, in ratio space; below is the same, negative."""
    return log((max(took, 0.0) + CUSHION) / (foretold + CUSHION))


def horizon_of(seconds: float) -> int:
    """Say in which of the horizons a stop lies that is foretold to be done in so many seconds."""
    return conformal.horizon_of(seconds / 60, HORIZONS)


def learn(margins: Margins[int], hub: int, *, foretold: float, took: float) -> None:
    """Let the margins of a hub take in what a stop took that had been foretold."""
    above = beyond(foretold, took)
    margins.learn(hub, horizon_of(foretold), below=-above, above=above)


def _bounds(done: float, margins: Sequence[Margin], unsure: float) -> tuple[float, float]:
    """Widen by the margin of the horizon, and for what nobody could know; never past, never across the middle."""
    margin = margins[horizon_of(done)]
    early = (done + CUSHION) * (1 - exp(-max(margin.low, 0.0)))
    late = (done + CUSHION) * (exp(max(margin.high, 0.0)) - 1)
    return max(done - hypot(early, EARLY_SPREADS * unsure), 0.0), done + hypot(late, LATE_SPREADS * unsure)


def _drive(standing: Standing, ahead: Sequence[Ahead], flow: Flow, pace: Pace) -> list[_Driven]:
    return list(_moments(standing, ahead, flow, pace))


def _moments(standing: Standing, ahead: Sequence[Ahead], flow: Flow, pace: Pace) -> Iterator[_Driven]:
    now, has_waited = standing.now + standing.pause_seconds, standing.pause_seconds > 0
    for place, stop in enumerate(ahead):
        factor = pace.at(int(now // HOUR) % 24)
        door = stop.door_seconds * factor
        if place == 0 and standing.at_door_seconds is not None:
            arrives = now
            door = max(door - standing.at_door_seconds, LEAST_AT_DOOR_SECONDS)
        else:
            leaves = round(now)
            arrives = now + (flow.arrival(leaves, round(stop.drive_seconds)) - leaves) * factor
        begins = max(arrives, stop.opens - EARLY_BY_SECONDS)
        has_waited |= begins > arrives
        now = begins + door
        yield _Driven(stop.stop, begins - standing.now, now - standing.now, has_waited)
