"""How good the windows were: what shoppers were shown, what they were promised, and what the model claimed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Final, NamedTuple

from django.core.cache import cache
from django.db.models import Count, F, OuterRef, Q, Subquery

from dispatch.models.forecasts import Forecast
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, WindowChange

DAYS: Final = 30
AHEAD: Final = timedelta(hours=1)
"""Judged is what was shown so long before the delivery came: later it is easy."""

FEWEST: Final = 50
"""Of fewer deliveries nothing is said: a share of 20 may be off by 18 points by chance alone."""

AIM_SHOWN: Final = 0.8
AIM_PROMISED: Final = 0.95
FRESH_SECONDS: Final = 10 * 60
_REMEMBERED: Final = "dispatch.accuracy"
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Share:
    """How many of ``n`` came true."""

    hits: int
    n: int

    @property
    def is_enough(self) -> bool:
        """Whether it rests on enough to be said."""
        return self.n >= FEWEST

    @property
    def of_hundred(self) -> int | None:
        """Give it as so many of a hundred; ``None`` where it rests on too little."""
        return round(100 * self.hits / self.n) if self.is_enough else None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often deliveries came inside the window shown an hour before, and inside the promise; how wide that was.

    ``hub`` is empty for all of them together.
    """

    hub: str
    shown: Share
    promised: Share
    minutes_wide: int | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """What became of the forecasts of a hub at a horizon: how many of ``n`` were done before P10, and after P90."""

    hub: str
    horizon: int
    n: int
    early: int
    late: int

    @property
    def held(self) -> int:
        """Count those that were done between P10 and P90."""
        return self.n - self.early - self.late


class _Delivery(NamedTuple):
    hub: str
    at: datetime
    promised_start: datetime | None
    promised_end: datetime | None
    shown_start: datetime | None
    shown_end: datetime | None


def of_windows(*, at: datetime) -> list[Accuracy]:
    """Say how good the windows of the last 30 days were: all together, then hub by hub where there are several.

    A window that was a day alone is none. Worked out at most every ten minutes, because everybody may ask.
    """
    found: list[Accuracy] | None = cache.get(_REMEMBERED)
    if found is None:
        found = _work_out(at)
        cache.set(_REMEMBERED, found, FRESH_SECONDS)
    return found


def of_forecasts(*, since: datetime) -> list[Calibration]:
    """Say how good the model's quantiles were, by hub and horizon, of the forecasts made since a moment. One query."""
    hub = "stop__route__hub__name"
    rows = (
        Forecast.objects.come_true()
        .filter(at__gte=since)
        .values(hub, "horizon")
        .annotate(
            n=Count("id"),
            early=Count("id", filter=Q(done_at__lt=F("p10"))),
            late=Count("id", filter=Q(done_at__gt=F("p90"))),
        )
        .order_by(hub, "horizon")
    )
    return [Calibration(row[hub], row["horizon"], row["n"], row["early"], row["late"]) for row in rows]


def _work_out(at: datetime) -> list[Accuracy]:
    deliveries = _deliveries(since=at - timedelta(days=DAYS))
    of_hubs = [
        _accuracy(hub, list(of_hub))
        for hub, of_hub in groupby(sorted(deliveries, key=lambda delivery: delivery.hub), lambda delivery: delivery.hub)
        if hub
    ]
    return [_accuracy("", deliveries), *(of_hubs if len(of_hubs) > 1 else [])]


def _deliveries(*, since: datetime) -> list[_Delivery]:
    shown = WindowChange.objects.filter(shipment=OuterRef("pk"), at__lte=OuterRef("finished_at") - AHEAD).order_by(
        "-at", "-id"
    )
    rows = (
        Shipment.objects.filter(status=Status.DELIVERED, finished_at__gte=since)
        .annotate(shown_start=Subquery(shown.values("start")[:1]), shown_end=Subquery(shown.values("end")[:1]))
        .values_list("hub__name", "finished_at", "promised_start", "promised_end", "shown_start", "shown_end")
    )
    return [_Delivery(hub or "", *moments) for hub, *moments in rows.iterator(BATCH)]


def _accuracy(hub: str, deliveries: Sequence[_Delivery]) -> Accuracy:
    shown = [(d.at, d.shown_start, d.shown_end) for d in deliveries if d.shown_start and d.shown_end]
    promised = [(d.at, d.promised_start, d.promised_end) for d in deliveries if d.promised_start and d.promised_end]
    widths = [(end - start) / timedelta(minutes=1) for _, start, end in shown]
    share = _share(shown)
    return Accuracy(hub, share, _share(promised), round(median(widths)) if share.is_enough else None)


def _share(windows: Iterable[tuple[datetime, datetime, datetime]]) -> Share:
    kept = [start <= at <= end for at, start, end in windows]
    return Share(sum(kept), len(kept))
