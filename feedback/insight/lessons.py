"""What the deliveries of the last months teach those who choose carriers and plan rounds; tracking keeps it."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from statistics import median
from typing import Any, Final

from django.db.models import Avg, Count, F, Q, Sum

from feedback.models import Delivery
from tracking.figures import services
from tracking.figures.models import CarrierScore, DriverScore, StopHint

DAYS: Final = 90
LEAST_STOPS: Final = 3
"""A block where fewer were counted is not said to be quick or slow."""


def learn(*, today: date) -> None:
    """Write down each carrier's and driver's score and each block's stop time, from the last months until ``today``.

    Twice is harmless.
    """
    services.keep_scores([*_scores(until=today)])
    services.keep_driver_scores([*_driver_scores(until=today)])
    services.keep_hints([*_hints(until=today)])


def _scores(*, until: date) -> Iterator[CarrierScore]:
    """Score every carrier that delivered something."""
    since = until - timedelta(days=DAYS - 1)
    found = Delivery.objects.filter(day__range=(since, until), carrier__isnull=False)
    was_within = Q(delivered_at__gte=F("promised_start"), delivered_at__lte=F("promised_end"))
    counted = (
        found.order_by()
        .values("carrier")
        .annotate(
            promised=Count("promised_end"),
            within=Count("id", filter=was_within),
            rated=Count("shipment__rating"),
            stars=Sum("shipment__rating__score", default=0),
        )
    )
    for row in counted:
        yield CarrierScore(
            carrier_id=row["carrier"],
            since=since,
            until=until,
            on_window=_divide(row["within"], row["promised"]),
            on_window_n=row["promised"],
            stars=_divide(row["stars"], row["rated"]),
            stars_n=row["rated"],
        )


def _driver_scores(*, until: date) -> Iterator[DriverScore]:
    """Score every driver whose deliveries somebody has rated."""
    since = until - timedelta(days=DAYS - 1)
    rated = Delivery.objects.filter(
        day__range=(since, until), driver__isnull=False, shipment__rating__score__isnull=False
    )
    counted = rated.order_by().values("driver").annotate(n=Count("id"), mean=Avg("shipment__rating__score"))
    for row in counted:
        yield DriverScore(driver_id=row["driver"], since=since, until=until, stars=row["mean"], stars_n=row["n"])


def _hints(*, until: date) -> Iterator[StopHint]:
    """Give the median of each block; a stop with several shipments is one stop."""
    found = Delivery.objects.filter(day__gt=until - timedelta(days=DAYS), day__lte=until, stop_seconds__isnull=False)
    stops = found.exclude(block="").order_by("block").values_list("block", "driver", "day", "stop_seconds").distinct()
    for block, members in groupby(stops.iterator(), key=_block):
        seconds = [stop_seconds for _block, _driver, _day, stop_seconds in members if stop_seconds is not None]
        if len(seconds) >= LEAST_STOPS:
            yield StopHint(block=block, seconds=round(median(seconds)), n=len(seconds))


def _block(stop: tuple[Any, ...]) -> Any:
    return stop[0]


def _divide(part: float, n: int) -> float | None:
    return part / n if n else None
