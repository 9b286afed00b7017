"""What is reported: satisfaction, recommendation, response, punctuality and first attempts, by whatever tells apart.

One query a report, whatever its size. A driver of whom fewer than ``FLOOR`` shoppers said anything is in no report;
their number is given instead.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Sum, TextChoices, Value, When
from django.db.models.functions import Cast, TruncWeek
from django.utils.translation import gettext_lazy as _

from feedback.insight import statistics
from feedback.insight.statistics import FLOOR, Figure
from feedback.models import Delivery, Rating
from feedback.reasons import BEST, LOW_UP_TO, Reason

WORST: Final = 1
PROMOTES_FROM: Final = 9
DETRACTS_UP_TO: Final = 6

BANDS: Final = (0, 15, 60, 240)
"""Minutes after the end of the promise at which one band of lateness ends and the next begins."""


class By(TextChoices):
    """What deliveries are told apart by."""

    CARRIER = "carrier", _("Carrier")
    DRIVER = "driver", _("Driver")
    HUB = "hub", _("Hub")
    AREA = "area", _("Area")
    WEEKDAY = "weekday", _("Weekday")
    HOUR = "hour", _("Hour")
    LATENESS = "lateness", _("Lateness")
    BRAND = "brand", _("Brand")


class Step(TextChoices):
    """How finely a trend is drawn."""

    DAY = "day", _("by day")
    WEEK = "week", _("by week")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries a report is about: those of these days, both ends included, and where given of one of each."""

    since: date
    until: date
    brand_id: int | None = None
    carrier_id: int | None = None
    hub_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What is reported of deliveries that have ``key`` in common: their number, and each figure with what it rests on.

    ``stars`` is the mean from 1 to 5, ``satisfied`` the share of 4 and 5, ``response`` the share of those asked that
    answered, ``on_time`` the share of promises whose end was kept, ``first_attempt`` the share of visits that were
    enough. Shares are from 0 to 1, ``nps`` from -100 to 100.
    """

    key: Any
    deliveries: int
    stars: Figure
    satisfied: Figure
    nps: Figure
    response: Figure
    on_time: Figure
    first_attempt: Figure


@dataclass(frozen=True, slots=True)
class Report:
    """The lines of a report, and how many it leaves out because too few said anything about them."""

    lines: list[Line]
    left_out: int = 0


def deliveries(selection: Selection) -> QuerySet[Delivery]:
    """Find the deliveries that a selection means."""
    of_one = {"brand": selection.brand_id, "carrier": selection.carrier_id, "hub": selection.hub_id}
    given = {name: key for name, key in of_one.items() if key is not None}
    return Delivery.objects.filter(day__range=(selection.since, selection.until), **given)


def total(found: QuerySet[Delivery]) -> Line:
    """Report on all of some deliveries together."""
    return _line(None, found.aggregate(**_COUNTS))


def by(what: By, found: QuerySet[Delivery]) -> Report:
    """Report on some deliveries by carrier, driver, hub and so on.

    Weekdays, hours and lateness come in their own order, the rest by how many deliveries there are.
    """
    lines = _grouped(found, _KEYS[what])
    if what not in _ORDERED:
        lines.sort(key=lambda line: (-line.deliveries, str(line.key)))
    if what is not By.DRIVER:
        return Report(lines)
    shown = [line for line in lines if line.key is None or line.stars.n >= FLOOR]
    return Report(shown, left_out=len(lines) - len(shown))


def trend(step: Step, found: QuerySet[Delivery]) -> list[Line]:
    """Report on some deliveries by day, or by week (its Monday), oldest first; those without any are left out."""
    return _grouped(found, TruncWeek("day") if step is Step.WEEK else F("day"))


def reasons(found: QuerySet[Delivery]) -> Counter[Reason]:
    """Count what shoppers ticked beside their stars."""
    ticked = found.exclude(shipment__rating=None).order_by().values_list("shipment__rating__reasons")
    counted: Counter[Reason] = Counter()
    for given, count in ticked.annotate(Count("id")):
        counted.update({Reason(reason): count for reason in given})
    return counted


def words(found: QuerySet[Delivery], reason: Reason | None = None) -> QuerySet[Rating]:
    """Find what shoppers wrote, newest first; with a reason, those alone who ticked it. Personal data."""
    said = Rating.objects.filter(shipment__delivery__in=found).exclude(words="").order_by("-rated_at", "-id")
    if reason is None:
        return said
    return said.annotate(ticked=Cast("reasons", CharField())).filter(ticked__contains=f'"{reason.value}"')


def band(lateness_minutes: int | None) -> int | None:
    """Name the band of a lateness: 0 is in time, the last one is later than all of ``BANDS``, ``None`` no promise."""
    if lateness_minutes is None:
        return None
    return sum(lateness_minutes > end for end in BANDS)


_SCORE: Final = "shipment__rating__score"
_RECOMMENDS: Final = "shipment__rating__recommends"
_WAS_ASKED: Final = Q(asked_at__isnull=False)

_COUNTS: Final[Mapping[str, Count | Sum]] = {
    "deliveries": Count("id"),
    "asked": Count("id", filter=_WAS_ASKED),
    "answered": Count(_SCORE, filter=_WAS_ASKED),
    "rated": Count(_SCORE),
    "stars": Sum(_SCORE, default=0),
    "satisfied": Count("id", filter=Q(**{f"{_SCORE}__gt": LOW_UP_TO})),
    "recommended": Count(_RECOMMENDS),
    "promoters": Count("id", filter=Q(**{f"{_RECOMMENDS}__gte": PROMOTES_FROM})),
    "detractors": Count("id", filter=Q(**{f"{_RECOMMENDS}__lte": DETRACTS_UP_TO})),
    "promised": Count("lateness_minutes"),
    "kept": Count("id", filter=Q(lateness_minutes__lte=0)),
    "visited": Count("is_first_attempt"),
    "at_first": Count("id", filter=Q(is_first_attempt=True)),
}

_BAND: Final = Case(
    When(lateness_minutes=None, then=Value(None)),
    *(When(lateness_minutes__lte=end, then=Value(number)) for number, end in enumerate(BANDS)),
    default=Value(len(BANDS)),
    output_field=IntegerField(null=True),
)

_ORDERED: Final = frozenset({By.WEEKDAY, By.HOUR, By.LATENESS})

_KEYS: Final[Mapping[By, F | Case]] = {
    By.CARRIER: F("carrier"),
    By.DRIVER: F("driver"),
    By.HUB: F("hub"),
    By.AREA: F("area"),
    By.WEEKDAY: F("weekday"),
    By.HOUR: F("hour"),
    By.LATENESS: _BAND,
    By.BRAND: F("brand"),
}


def _grouped(found: QuerySet[Delivery], key: F | Case | TruncWeek) -> list[Line]:
    """Group deliveries by a key; those without one come last."""
    rows = found.order_by().values(key=key).annotate(**_COUNTS).order_by(F("key").asc(nulls_last=True))
    return [_line(row["key"], dict[str, Any](row)) for row in rows]


def _line(key: Any, row: Mapping[str, int]) -> Line:
    return Line(
        key=key,
        deliveries=row["deliveries"],
        stars=statistics.mean(row["stars"], row["rated"], least=WORST, most=BEST),
        satisfied=statistics.share(row["satisfied"], row["rated"]),
        nps=statistics.nps(row["promoters"], row["detractors"], row["recommended"]),
        response=statistics.share(row["answered"], row["asked"]),
        on_time=statistics.share(row["kept"], row["promised"]),
        first_attempt=statistics.share(row["at_first"], row["visited"]),
    )
