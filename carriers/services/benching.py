"""The only writer of benches: who has fallen below a floor is chosen no more, until a person lifts that."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from carriers.criteria import Criterion
from carriers.models.choices import Bench, Floor, Floored, Profile
from carriers.scoring.scales import Figure
from carriers.services.choosing import market
from tracking.figures import services as figures
from tracking.figures.models import CarrierScore


class AlreadyLifted(Exception):
    """Somebody has lifted it before."""


class _Fallen(NamedTuple):
    """The floor that somebody is below, with their figure and what it rests on."""

    floor: Floor
    figure: Decimal
    n: int


@transaction.atomic
def judge(*, at: datetime) -> list[Bench]:
    """Bench whoever is offered and has fallen below a floor; gives who was. Twice is harmless.

    Where a bench was lifted, only deliveries after that day count: see ``tracking.figures.services.begin_anew``.
    """
    floors = {Criterion(floor.criterion): floor for floor in Floor.objects.all()}
    # In turn, so that two who judge at once bench somebody once.
    offered = Profile.objects.select_for_update(of=("self",)).filter(is_offered=True).order_by("id")
    carriers = list(offered.values_list("carrier", flat=True))
    sitting = set(Bench.objects.open().values_list("carrier", flat=True))
    known = CarrierScore.objects.filter(carrier__in=set(carriers) - sitting).order_by("carrier")
    scores = known.exclude(carrier__fresh_start__day__gt=F("since"))
    below = [(score.carrier_id, fallen) for score in scores if (fallen := _fallen(score, floors))]
    return Bench.objects.bulk_create(
        Bench(
            carrier_id=carrier_id,
            since=at,
            criterion=Floored(fallen.floor.criterion),
            figure=fallen.figure,
            n=fallen.n,
            floor=fallen.floor.worst,
        )
        for carrier_id, fallen in below
    )


@transaction.atomic
def lift(bench: Bench, *, why: str, by: User, at: datetime) -> None:
    """Let a carrier be chosen again; what it did until today is not held against it any more.

    Raises ``AlreadyLifted``.
    """
    is_lifted = Bench.objects.open().filter(id=bench.id).update(lifted_at=at, lifted_by=by, lifted_why=why)
    if not is_lifted:
        raise AlreadyLifted
    figures.begin_anew(bench.carrier, after=at.date())


def _fallen(score: CarrierScore, floors: Mapping[Criterion, Floor]) -> _Fallen | None:
    """Find the first floor that a carrier is below."""
    return next(_below(market.counted(score), floors), None)


def _below(known: Mapping[Criterion, Figure], floors: Mapping[Criterion, Floor]) -> Iterator[_Fallen]:
    for criterion, floor in sorted(floors.items()):
        value, n = known[criterion].value, known[criterion].n or 0
        if value is not None and n >= floor.least_n and _is_worse(criterion, value, floor):
            yield _Fallen(floor, value, n)


def _is_worse(criterion: Criterion, value: Decimal, floor: Floor) -> bool:
    return value > floor.worst if criterion == Criterion.CLAIMS else value < floor.worst
