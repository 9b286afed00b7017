"""What a moment says about when each open stop will be done, in numbers for the trees. Nothing names a courier.

Four things tell most (each was worth minutes on couriers held out): where the stop stands in the order, how the windows
of those before and after it fence it in, the pace that the courier has kept today, and a plain drive through the order.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.forecasting.courier import Moment

Floats = NDArray[np.float64]

USUAL_GAP: Final = 20.0
"""Minutes from stop to stop before a courier has shown their own pace; it counts like ``USUAL_COUNT`` gaps."""

USUAL_COUNT: Final = 3.0
LONGEST_GAP: Final = 90.0
"""A longer gap is a break, or a wait for orders, and says nothing of the pace."""

MINUTES_PER_KM: Final = 3.0
SHARE_AT_DOOR: Final = 0.6
EARLY_BY: Final = 15.0
"""So long before a window opens a courier who is there goes to the door (23% of stops are done before it opens)."""

SAME_DOOR_KM: Final = 0.05
OLDEST_ORDER: Final = 1500.0
EARTH_KM: Final = 6371.0


def matrix(moments: list[Moment]) -> Floats:
    """Give one row of signs for each open stop: moment after moment, in the order of the stops."""
    return np.concatenate([of_moment(moment) for moment in moments]) if moments else np.empty((0, 0))


def of_moment(moment: Moment) -> Floats:
    """Give the signs of one moment, a row for each open stop in order."""
    opens = np.array([stop.opens for stop in moment.ahead]) - moment.now
    closes = np.array([stop.closes for stop in moment.ahead]) - moment.now
    legs = np.array([stop.leg_km for stop in moment.ahead])
    pace = _pace(moment)
    columns = [
        *_place(moment, legs),
        *_windows(opens, closes),
        (opens + moment.now - moment.midnight) / 60,
        *_neighbours(opens, closes),
        *_drives(opens, legs, gap=pace[0]),
        *(np.full(len(legs), value) for value in (*_clock(moment), *pace)),
    ]
    return np.column_stack(columns).astype(np.float64)


def _place(moment: Moment, legs: Floats) -> list[Floats]:
    """Say where in the order it is, and how far."""
    count = len(legs)
    places = np.arange(count, dtype=np.float64)
    crow = np.array([stop.crow_km for stop in moment.ahead])
    age = np.minimum(moment.now - np.array([stop.accepted for stop in moment.ahead]), OLDEST_ORDER)
    kind = np.array([stop.kind for stop in moment.ahead])
    same_door = np.cumsum(legs < SAME_DOOR_KM)
    return [
        places + 1,
        count - 1 - places,
        legs,
        np.cumsum(legs),
        crow,
        np.append(legs[1:], np.nan),
        same_door,
        age,
        kind,
    ]


def _windows(opens: Floats, closes: Floats) -> list[Floats]:
    """Say its own window, and how those of the stops before and after fence it in."""
    latest_open, latest_close = np.maximum.accumulate(opens), np.maximum.accumulate(closes)
    first_open, first_close = (np.minimum.accumulate(values[::-1])[::-1] for values in (opens, closes))
    before = [np.append(np.nan, values[:-1]) for values in (latest_open, latest_close)]
    after = [np.append(values[1:], np.nan) for values in (first_open, first_close)]
    return [opens, closes, closes - opens, latest_open, latest_close, *before, *after]


def _neighbours(opens: Floats, closes: Floats) -> list[Floats]:
    """Say the windows next to it, and how many share its own."""
    shares, later = opens[:, None] == opens[None, :], opens[None, :] > opens[:, None]
    is_before = np.tril(np.ones_like(shares), -1)
    before = [np.append(np.nan, values[:-1]) for values in (opens, closes)]
    after = [np.append(values[1:], np.nan) for values in (opens, closes)]
    counts = [(shares & is_before).sum(1), (shares & is_before.T).sum(1), shares.sum(1), (later & is_before).sum(1)]
    return [*before, *after, *(count.astype(np.float64) for count in counts)]


def _drives(opens: Floats, legs: Floats, *, gap: float) -> list[Floats]:
    """Drive through the order at today's pace: once waiting for windows, once not."""
    waiting, now = [], 0.0
    for opening, leg in zip(opens.tolist(), legs.tolist(), strict=True):
        now = max(now + SHARE_AT_DOOR * gap + MINUTES_PER_KM * leg, opening - EARLY_BY)
        waiting.append(now)
    return [np.array(waiting), gap * np.arange(1.0, len(legs) + 1)]


def _clock(moment: Moment) -> list[float]:
    """Say the hour, and how much of the day is done."""
    hour = (moment.now - moment.midnight) / 60
    return [hour, float(len(moment.ahead)), moment.n_done, moment.since_first, moment.gap, moment.ahead[0].leg_km]


def _pace(moment: Moment) -> list[float]:
    """Say how the courier gets on today: gaps between stops, and where in their windows stops were done."""
    done = np.array([stop.done for stop in moment.behind])
    gaps = np.diff(done)
    short = np.minimum(gaps, LONGEST_GAP)
    mean = (short.sum() + USUAL_GAP * USUAL_COUNT) / (len(short) + USUAL_COUNT)
    median = float(np.median(np.append(gaps, [USUAL_GAP / 2, 0.75 * USUAL_GAP, USUAL_GAP])))
    if not len(done):
        return [mean, median, *[np.nan] * 8]
    after_opening = done - np.array([stop.opens for stop in moment.behind])
    after_closing = done - np.array([stop.closes for stop in moment.behind])
    return [
        mean,
        median,
        gaps[-1] if len(gaps) else np.nan,
        _speed(moment, short),
        float(np.mean(after_opening < 0)),
        float(np.median(after_opening)),
        float(np.mean(after_opening)),
        after_opening[-1],
        after_closing[-1],
        float(np.max(after_closing)),
    ]


def _speed(moment: Moment, gaps: Floats) -> float:
    """Give kilometres a minute by the crow's flight, stops included, drawn towards the usual."""
    degrees = np.radians([(stop.latitude, stop.longitude) for stop in moment.behind])
    north, east = np.diff(degrees, axis=0).T
    flown = EARTH_KM * np.hypot(north, east * np.cos(degrees[:-1, 0]))
    return float((flown.sum() + 1.0) / (gaps.sum() + USUAL_GAP))
