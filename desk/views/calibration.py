"""Whether windows hold what they claim: how often stops were done between P10 and P90, by hub and horizon."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import access
from desk.roles import May
from dispatch import accuracy
from dispatch.accuracy import Calibration
from dispatch.forecasting.live import HORIZONS
from feedback.insight import statistics
from feedback.insight.statistics import FLOOR, Figure

DAYS: Final = 30
CLAIMED: Final = {"held": 80, "early": 10, "late": 10}
"""Of a hundred: between P10 and P90, before, after."""


class Cell(NamedTuple):
    """A share of forecasts with its interval, or that too few speak; whether what was claimed lies outside."""

    text: str
    interval: str
    is_off: bool


class Row(NamedTuple):
    """The forecasts of a hub at a horizon."""

    hub: str
    horizon: str
    n: int
    cells: Sequence[Cell]


@require_safe
@access.page(May.LEAD, of_everybodys=True)
def show(request: HttpRequest) -> HttpResponse:
    """Show what became of the forecasts of the last 30 days."""
    found = accuracy.of_forecasts(since=timezone.now() - timedelta(days=DAYS))
    context = {
        **admin.site.each_context(request),
        "title": _("Are the windows true?"),
        "rows": [_row(calibration) for calibration in found],
        "days": DAYS,
        "floor": FLOOR,
        "claimed": CLAIMED,
    }
    return render(request, "desk/calibration.html", context)


def _row(found: Calibration) -> Row:
    hits = {"held": found.held, "early": found.early, "late": found.late}
    cells = [_cell(statistics.share(hits[name], found.n), claim / 100) for name, claim in CLAIMED.items()]
    return Row(found.hub, _horizon(found.horizon), found.n, cells)


def _cell(figure: Figure, claim: float) -> Cell:
    if not figure.is_enough or figure.value is None or figure.interval is None:
        return Cell(_("too few to say"), "", is_off=False)
    low, high = figure.interval
    interval = _("%(low)s to %(high)s") % {"low": _percent(low), "high": _percent(high)}
    return Cell(_percent(figure.value), interval, is_off=not low <= claim <= high)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _horizon(horizon: int) -> str:
    """Name a horizon by its ends."""
    ends = [round(minutes) for minutes in HORIZONS]
    if horizon == 0:
        return _("up to %(minutes)d minutes before") % {"minutes": ends[0]}
    if horizon >= len(ends):
        return _("more than %(minutes)d minutes before") % {"minutes": ends[-1]}
    return _("%(low)d to %(high)d minutes before") % {"low": ends[horizon - 1], "high": ends[horizon]}
