"""What the deliveries of the last months teach those who choose carriers and plan rounds; tracking keeps it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from statistics import median
from typing import Any, Final

from django.db.models import Avg, Count, F, Q, QuerySet, Sum

from feedback.models import Case, CaseKind, Delivery
from tracking.figures import services
from tracking.figures.models import CarrierScore, DriverScore, StopHint
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DAYS: Final = 90
LEAST_STOPS: Final = 3
"""A block where fewer were counted is not said to be quick or slow."""

CLAIMS: Final = (CaseKind.DAMAGED, CaseKind.NOT_RECEIVED)
RUINED: Final = (Status.DAMAGED, Status.LOST)


def learn(*, today: date) -> None:
    """Write down each carrier's and driver's score and each block's stop time, from the last months until ``today``.

    Twice is harmless.
    """
    services.keep_scores([*_scores(until=today)])
    services.keep_driver_scores([*_driver_scores(until=today)])
    services.keep_hints([*_hints(until=today)])


def _scores(*, until: date) -> Iterator[CarrierScore]:
    """Score every carrier that delivered something, from when on its deliveries count."""
    since = until - timedelta(days=DAYS - 1)
    counts = Q(carrier__fresh_start=None) | Q(day__gte=F("carrier__fresh_start__day"))
    found = Delivery.objects.filter(counts, day__range=(since, until), carrier__isnull=False)
    was_within = Q(delivered_at__gte=F("promised_start"), delivered_at__lte=F("promised_end"))
    counted = (
        found.order_by()
        .values("carrier", start=F("carrier__fresh_start__day"))
        .annotate(
            brought=Count("id"),
            promised=Count("promised_end"),
            within=Count("id", filter=was_within),
            rated=Count("shipment__rating"),
            stars=Sum("shipment__rating__score", default=0),
        )
    )
    claimed, ruined = _claimed(found), _ruined(since, until)
    for row in counted:
        of_carrier = row["carrier"]
        given = row["brought"] + ruined[of_carrier]
        yield CarrierScore(
            carrier_id=of_carrier,
            since=max(since, row["start"] or since),
            until=until,
            on_window=_divide(row["within"], row["promised"]),
            on_window_n=row["promised"],
            stars=_divide(row["stars"], row["rated"]),
            stars_n=row["rated"],
            claims=_divide(claimed[of_carrier] + ruined[of_carrier], given),
            claims_n=given,
        )


def _claimed(found: QuerySet[Delivery]) -> Counter[int]:
    """Count by carrier the deliveries of which somebody said that they were damaged, or never received."""
    cases = Case.objects.filter(shipment__delivery__in=found, kind__in=CLAIMS).order_by()
    rows = cases.values_list("shipment__delivery__carrier").annotate(n=Count("shipment", distinct=True))
    return Counter(dict(rows))


def _ruined(since: date, until: date) -> Counter[int]:
    """Count by carrier what is lost or damaged and was last heard of in these days."""
    counts = Q(carrier__fresh_start=None) | Q(changed_at__date__gte=F("carrier__fresh_start__day"))
    first, last = (datetime.combine(day, time(), UTC) for day in (since, until + timedelta(days=1)))
    ruined = Shipment.objects.filter(counts, status__in=RUINED, changed_at__gte=first, changed_at__lt=last)
    rows = ruined.exclude(carrier=None).order_by().values_list("carrier").annotate(n=Count("id"))
    return Counter(dict(rows))


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
