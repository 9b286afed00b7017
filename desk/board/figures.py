"""What a plan comes to, beside what stood before it and the orders just as they came: rows of a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

COLUMNS: Final = {
    "plan": gettext_lazy("This plan"),
    "before": gettext_lazy("As it stood"),
    "as_given": gettext_lazy("In the order of the orders"),
}

NOTHING: Final = "–"


class Row(NamedTuple):
    """One figure, in the words of each column."""

    label: str
    cells: Sequence[str]


class Table(NamedTuple):
    """The figures that there are."""

    columns: Sequence[str | Promise]
    rows: Sequence[Row]


def table(figures: Mapping[str, Any]) -> Table | None:
    """Lay out the figures of a plan; ``None`` before it has any. What it is not compared with has no column."""
    columns = [name for name in COLUMNS if figures.get(name)]
    if "plan" not in columns:
        return None
    rows = [Row(label, [say(figures[name].get(field)) for name in columns]) for field, label, say in _measures()]
    return Table([COLUMNS[name] for name in columns], rows)


def saved(figures: Mapping[str, float]) -> list[Row]:
    """Say what publishing saves, or costs more, of each figure that changes."""
    changes = [(label, say, figures.get(field, 0.0)) for field, label, say in _measures() if field != "served"]
    return [Row(label, [_signed(-change, say)]) for label, say, change in changes if say(abs(change)) != say(0.0)]


def _measures() -> list[tuple[str, str, Any]]:
    return [
        ("tours", _("Tours"), _whole),
        ("served", _("Shipments"), _whole),
        ("money", _("Cost"), _money),
        ("metres", _("Distance"), _km),
        ("seconds", _("Working time"), _hours),
        ("driven_seconds", _("Driving time"), _hours),
        ("litres", _("Fuel"), _litres),
        ("kwh", _("Electricity"), _kwh),
        ("kg_co2e", _("CO₂e"), _kg),
    ]


def _signed(change: float, say: Any) -> str:
    return f"{'+' if change > 0 else '-'}{say(abs(change))}"


def _whole(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f}"


def _money(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.2f} {settings.CURRENCY}"


def _km(value: float | None) -> str:
    return NOTHING if value is None else f"{value / 1000:,.1f} km"


def _hours(value: float | None) -> str:
    minutes = round((value or 0) / 60)
    return NOTHING if value is None else f"{minutes // 60}:{minutes % 60:02} h"


def _litres(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f} l"


def _kwh(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f} kWh"


def _kg(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.2f} kg"
