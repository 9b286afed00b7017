"""What the lines of a report are called: names from the tables, days of the week, hours, how late."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.insight.reports import By, Line
from feedback.models import Delivery
from tracking.models import Brand, Carrier, Driver, Place

LATENESS: Final[Sequence[Promise]] = (
    gettext_lazy("in time"),
    gettext_lazy("up to 15 min"),
    gettext_lazy("up to 1 h"),
    gettext_lazy("up to 4 h"),
    gettext_lazy("later"),
)


def name(what: By, lines: Sequence[Line], found: QuerySet[Delivery]) -> list[tuple[str, Line]]:
    """Put its name before each line of a report about these deliveries. At most one query."""
    keys = [line.key for line in lines if line.key is not None]
    names = _NAMERS[what](keys, found)
    return [(names.get(line.key) or _nothing(what), line) for line in lines]


def _nothing(what: By) -> str:
    return _("nothing promised") if what is By.LATENESS else _("not known")


def _of_table(table: type[Brand | Carrier | Place]) -> Callable[[Iterable[int], QuerySet[Delivery]], dict[Any, str]]:
    def names(keys: Iterable[int], _found: QuerySet[Delivery]) -> dict[Any, str]:
        return dict(table.objects.filter(id__in=keys).values_list("id", "name"))

    return names


def _drivers(keys: Iterable[int], _found: QuerySet[Delivery]) -> dict[Any, str]:
    drivers = Driver.objects.filter(id__in=keys).values_list("id", "given_name", "family_name")
    return {driver_id: f"{given} {family}".strip() for driver_id, given, family in drivers}


def _areas(_keys: Iterable[str], found: QuerySet[Delivery]) -> dict[Any, str]:
    """Call a cell by the postcode that most of its deliveries went to, and by what tells it from its neighbours."""
    counted = found.exclude(area="").order_by().values_list("area", "shipment__postcode").annotate(count=Count("id"))
    names = {}
    for cell, postcode, _count in counted.order_by("count", "shipment__postcode"):
        names[cell] = f"{postcode} {cell.rstrip('f')[-5:]}"
    return names


def _weekdays(_keys: Iterable[int], _found: QuerySet[Delivery]) -> dict[Any, str]:
    return {number + 1: str(day) for number, day in WEEKDAYS.items()}


def _hours(_keys: Iterable[int], _found: QuerySet[Delivery]) -> dict[Any, str]:
    return {hour: f"{hour:02}–{hour + 1:02} h" for hour in range(24)}


def _lateness(_keys: Iterable[int], _found: QuerySet[Delivery]) -> dict[Any, str]:
    return {number: str(label) for number, label in enumerate(LATENESS)}


_NAMERS: Final[Mapping[By, Callable[..., dict[Any, str]]]] = {
    By.CARRIER: _of_table(Carrier),
    By.DRIVER: _drivers,
    By.HUB: _of_table(Place),
    By.AREA: _areas,
    By.WEEKDAY: _weekdays,
    By.HOUR: _hours,
    By.LATENESS: _lateness,
    By.BRAND: _of_table(Brand),
}
