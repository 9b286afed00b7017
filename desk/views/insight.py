"""Figures about deliveries, as charts with tables beside them, and as CSV."""

from collections import Counter
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import access
from desk.insight import charts, naming, questions, sheets
from desk.insight.measures import MEASURES, Measure
from desk.insight.questions import InsightForm, Question
from desk.roles import May
from feedback.insight import reports
from feedback.insight.reports import By, Line, Step
from feedback.insight.statistics import FLOOR
from feedback.reasons import Reason


class Cell(NamedTuple):
    """A figure in a table: what it says, from where to where, resting on how many."""

    label: str | Promise
    text: str
    interval: str
    n: int


class Row(NamedTuple):
    """A line of a table."""

    label: str
    deliveries: int
    cells: Sequence[Cell]


class Ticked(NamedTuple):
    """A reason, how many ticked it, and the length of its bar."""

    reason: Reason
    times: int
    bar: str


class Tab(NamedTuple):
    """Something to tell deliveries apart by, and the question that does."""

    what: By | Step
    query: str


@require_safe
@access.page(May.MEASURE)
def show(request: HttpRequest) -> HttpResponse:
    """Show the figures; 422 with the page where the question makes no sense."""
    form = InsightForm.of(request)
    context = {**admin.site.each_context(request), "title": _("Insight"), "form": form, "floor": FLOOR}
    if not form.is_valid():
        return render(request, "desk/insight.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    asked = form.question()
    total = reports.total(asked.found)
    context |= {
        "asked": asked,
        "query": request.GET.urlencode(),
        "tabs": _tabs(request, "by", By),
        "steps": _tabs(request, "step", Step),
        "total": _row(_("All"), total),
        "rated": total.stars.n,
        "ticked": _ticked(reports.reasons(asked.found), rated=total.stars.n),
        "measures": MEASURES,
        **_breakdown(asked),
        **_trend(asked),
    }
    return render(request, "desk/insight.html", context)


@require_safe
@access.page(May.MEASURE)
def figures(request: HttpRequest) -> HttpResponse:
    """Give the figures by one thing as CSV."""
    asked = questions.read(request)
    report = reports.by(asked.by, asked.found)
    rows = [*sheets.figures(asked.by.value, naming.name(asked.by, report.lines, asked.found))]
    if report.left_out:
        rows.append([_("%(count)d more: too few to say") % {"count": report.left_out}])
    return sheets.answer(rows, name=f"figures-by-{asked.by}")


@require_safe
@access.page(May.MEASURE)
def trend(request: HttpRequest) -> HttpResponse:
    """Give the figures by day or week as CSV."""
    asked = questions.read(request)
    lines = [(line.key.isoformat(), line) for line in reports.trend(asked.step, asked.found)]
    return sheets.answer(sheets.figures(asked.step.value, lines), name=f"figures-by-{asked.step}")


def _breakdown(asked: Question) -> dict[str, Any]:
    report = reports.by(asked.by, asked.found)
    named = naming.name(asked.by, report.lines, asked.found)
    return {
        "charts": [charts.intervals(measure, named) for measure in MEASURES],
        "rows": [_row(label, line) for label, line in named],
        "left_out": report.left_out,
        "is_cut": len(named) > charts.MOST_ROWS,
    }


def _trend(asked: Question) -> dict[str, Any]:
    lines = reports.trend(asked.step, asked.found)
    return {
        "trends": [charts.trend(measure, lines) for measure in MEASURES] if lines else [],
        "trend_rows": [_row(line.key.isoformat(), line) for line in lines],
    }


def _row(label: str, line: Line) -> Row:
    return Row(label, line.deliveries, [_cell(measure, line) for measure in MEASURES])


def _cell(measure: Measure, line: Line) -> Cell:
    figure = measure.of(line)
    return Cell(measure.label, measure.say(figure), measure.say_interval(figure), figure.n)


def _ticked(counted: Counter[Reason], *, rated: int) -> list[Ticked]:
    return [Ticked(reason, count, charts.bar(count, rated)) for reason, count in counted.most_common()]


def _tabs(request: HttpRequest, name: str, choices: Iterable[By | Step]) -> list[Tab]:
    """List what may be asked for under a name, each with the rest of the question as it is."""
    tabs = []
    for choice in choices:
        query = request.GET.copy()
        query[name] = choice.value
        tabs.append(Tab(choice, query.urlencode()))
    return tabs
