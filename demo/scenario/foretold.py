"""What was foretold and shown of the month's deliveries: four fifths came inside, as they should."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, Protocol

from dispatch.forecasting import live
from dispatch.models import Forecast
from dispatch.services.forecasts import MODEL
from tracking.rounds.models import Stop
from tracking.shipments import window
from tracking.shipments.models import Shipment, WindowChange
from tracking.shipments.window import Cause

AHEAD: Final = (timedelta(minutes=150), timedelta(minutes=75), timedelta(minutes=30))
"""So long before the delivery; the middle one is what is shown an hour before."""

SPREAD: Final = 0.16
"""Of the time ahead: how far a forecast usually is from what comes."""

OF_EIGHTY: Final = 1.2816
"""So many spreads to either side hold 80 in 100 of what varies normally."""


class Visit(Protocol):
    """A delivery of the month."""

    shipment: Shipment
    stop: Stop
    delivered_at: datetime


def write(visits: Iterable[Visit]) -> None:
    """Write down what was foretold of each delivery, and the window that was shown; the same for the same orders."""
    told = [(visit, list(_forecasts(visit, Random(visit.shipment.reference)))) for visit in visits]
    Forecast.objects.bulk_create(forecast for _, forecasts in told for forecast in forecasts)
    WindowChange.objects.bulk_create(
        _shown(visit, forecast, first=place == 0)
        for visit, forecasts in told
        for place, forecast in enumerate(forecasts)
    )


def _forecasts(visit: Visit, chance: Random) -> Iterator[Forecast]:
    for ahead in AHEAD:
        at, spread = visit.delivered_at - ahead, SPREAD * ahead
        middle = visit.delivered_at + chance.gauss(0, 1) * spread
        low, high = max(middle - OF_EIGHTY * spread, at), max(middle, at) + OF_EIGHTY * spread
        shown = window.between(live.rounded(low), live.rounded(high), UTC)
        yield Forecast(
            stop=visit.stop,
            at=at,
            horizon=live.horizon_of((middle - at).total_seconds()),
            p10=low,
            p50=max(middle, at),
            p90=high,
            shown_start=shown.start or low,
            shown_end=shown.end or high,
            hour=at.hour,
            model=MODEL,
            done_at=visit.delivered_at,
            taught_at=visit.delivered_at,
        )


def _shown(visit: Visit, forecast: Forecast, *, first: bool) -> WindowChange:
    return WindowChange(
        shipment=visit.shipment,
        at=forecast.at,
        cause=Cause.FIRST if first else Cause.NARROWED,
        date=forecast.shown_start.astimezone(visit.shipment.zone).date(),
        start=forecast.shown_start,
        end=forecast.shown_end,
    )
