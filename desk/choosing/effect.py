"""A month as it was, beside what weights would have made of it: the same rows for each, so that columns compare."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carriers.criteria import Criterion
from carriers.services.choosing.foreseeing import Amount, Course, Effect
from desk.choosing import words
from feedback.insight import statistics
from feedback.insight.reports import WORST
from feedback.insight.statistics import Figure, Interval
from feedback.reasons import BEST


class Cell(NamedTuple):
    """What one course comes to in one respect, and how sure that is."""

    text: str
    rests_on: str = ""


class Row(NamedTuple):
    """One respect in which courses are compared: a cell for each."""

    label: str
    cells: Sequence[Cell]


def rows(effect: Effect, stars: Figure) -> list[Row]:
    """Compare the month as it was with each course that it would have taken; ``stars`` are those really given."""
    courses = [effect.really, *effect.would]
    names = sorted({(part.name, slug) for course in courses for slug, part in course.parts.items()})
    window = statistics.share(effect.happened.kept, effect.happened.promised)
    return [
        *(Row(name, [_part(course, slug) for course in courses]) for name, slug in names),
        Row(_("Nobody we could choose"), [Cell(str(course.nobody)) for course in courses]),
        Row(_("Cost"), [_amount(course.cost, words.money, words.money) for course in courses]),
        Row(_("CO2"), [_amount(course.grams, words.kilograms, _grams) for course in courses]),
        Row(_("Within the window"), [_counted(window, words.percent), *_expected(effect.would, Criterion.ON_WINDOW)]),
        Row(_("Stars"), [_counted(stars, _stars), *_expected(effect.would, Criterion.SATISFACTION)]),
    ]


def _part(course: Course, slug: str) -> Cell:
    part, given = course.parts.get(slug), course.shipments + course.nobody
    return Cell("0") if part is None else Cell(str(part.shipments), words.percent(part.shipments / given))


def _amount(amount: Amount, whole: Callable[[Decimal], str], each: Callable[[Decimal], str]) -> Cell:
    if amount.mean is None:
        return Cell(_("not known"))
    known = {"mean": each(amount.mean), "n": amount.n}
    told = ngettext("%(mean)s for each of %(n)d", "%(mean)s for each of %(n)d", amount.n) % known
    return Cell(whole(amount.total), told)


def _counted(figure: Figure, write: Callable[[float], str]) -> Cell:
    """Say what really happened."""
    if not figure.is_enough or figure.value is None or figure.interval is None:
        return Cell(_("too few to say"), _("of %(n)d") % {"n": figure.n})
    return Cell(write(figure.value), _between(figure.interval, write, figure.n))


def _expected(courses: Iterable[Course], criterion: Criterion) -> list[Cell]:
    """Say what may be expected of courses that nobody took."""
    return [_counted(expectation(course, criterion), _WRITTEN[criterion]) for course in courses]


def expectation(course: Course, criterion: Criterion) -> Figure:
    """Mix what is expected of each carrier by how much it would have had.

    The interval mixes the ends of theirs, as if all were wrong in the same direction: rather too wide than too narrow.
    Of a carrier that has no deliveries of its own, anything is possible. ``n`` are the deliveries that it rests on.
    """
    least, most = _ENDS[criterion]
    weighed = [
        (part.shipments, float(figure.value), figure.n or 0)
        for part in course.parts.values()
        if (figure := part.expected[criterion]).value is not None
    ]
    shipments = sum(weight for weight, _value, _n in weighed)
    if not shipments:
        return Figure(0)
    ends = [
        statistics.mean(value * n, n, least=least, most=most).interval or Interval(least, most)
        for _weight, value, n in weighed
    ]
    return Figure(
        n=sum(n for _weight, _value, n in weighed),
        value=sum(weight * value for weight, value, _n in weighed) / shipments,
        interval=Interval(
            sum(weight * low for (weight, _value, _n), (low, _high) in zip(weighed, ends, strict=True)) / shipments,
            sum(weight * high for (weight, _value, _n), (_low, high) in zip(weighed, ends, strict=True)) / shipments,
        ),
    )


def _between(interval: Interval, write: Callable[[float], str], n: int) -> str:
    return _("%(low)s to %(high)s, of %(n)d") % {"low": write(interval.low), "high": write(interval.high), "n": n}


def _stars(value: float) -> str:
    return f"{value:.2f}"


def _grams(value: Decimal) -> str:
    return f"{value:.0f} g"


_WRITTEN: Final = {Criterion.ON_WINDOW: words.percent, Criterion.SATISFACTION: _stars}
_ENDS: Final = {Criterion.ON_WINDOW: (0, 1), Criterion.SATISFACTION: (WORST, BEST)}
