"""Why a shipment has the carrier that it has: the sum as it was kept, line by line."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from carriers.models.choices import Choice, How
from carriers.scoring.sums import Basis, Line
from carriers.services.choosing import records
from carriers.services.choosing.records import Told
from desk.choosing import words
from tracking.shipments.models import Shipment


class LineSaid(NamedTuple):
    """A line of a sum: what was known with what it rests on, what counts, points, weight, and their product."""

    criterion: str
    figure: str
    counted: str
    points: str
    weight: str
    product: str


class SumSaid(NamedTuple):
    """A carrier's sum, and whether it is who was chosen."""

    name: str
    is_chosen: bool
    lines: Sequence[LineSaid]
    total: str


class ChoiceSaid(NamedTuple):
    """Who was chosen when and how, the sums, best first, and why others had none."""

    carrier: str
    at: datetime
    is_by_hand: bool
    by: str
    reason: str
    sums: Sequence[SumSaid]
    refused: Sequence[tuple[str, str]]


def tell(shipment: Shipment) -> list[ChoiceSaid]:
    """Print every choice that was made for a shipment, the last one first. One query."""
    made = Choice.objects.filter(shipment=shipment).select_related("carrier", "by").newest_first()
    return [_said(choice) for choice in made]


def _said(choice: Choice) -> ChoiceSaid:
    account = records.of(choice)
    return ChoiceSaid(
        carrier=choice.carrier.name,
        at=choice.at,
        is_by_hand=choice.how == How.HAND,
        by=choice.by.get_username() if choice.by else "",
        reason=choice.reason,
        sums=[_sum(told, is_chosen=told.sum.name == choice.carrier.slug) for told in account.ranked],
        refused=[(name, str(why.label)) for name, why in account.refused],
    )


def _sum(told: Told, *, is_chosen: bool) -> SumSaid:
    return SumSaid(told.name, is_chosen, [_line(line) for line in told.sum.lines], str(told.sum.total))


def _line(line: Line) -> LineSaid:
    return LineSaid(
        criterion=str(line.criterion.label),
        figure=_figure(line),
        counted=_counted(line),
        points=str(line.points),
        weight=str(line.share),
        product=str(line.product),
    )


def _figure(line: Line) -> str:
    if line.figure.value is None:
        return _("not known")
    value, n, source = words.say(line.criterion, line.figure.value), line.figure.n, line.figure.source
    if source is not None:
        return _("%(value)s, %(source)s") % {"value": value, "source": source.label}
    return value if n is None else _("%(value)s of %(n)d") % {"value": value, "n": n}


def _counted(line: Line) -> str:
    """Say which figure counts, and why another than what is known."""
    if line.counted is None:
        return _("half of all points")
    value = words.say(line.criterion, line.counted)
    if line.basis == Basis.MEAN:
        return _("%(value)s, the mean of all carriers") % {"value": value}
    return value
