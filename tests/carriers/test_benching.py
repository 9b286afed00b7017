from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from carriers import tasks
from carriers.models import Bench, Floor
from carriers.models.choices import Floored
from carriers.services import benching
from desk.models import Role
from feedback.insight import lessons
from feedback.models import Delivery
from tests.carriers.choices import make_carrier, make_score
from tests.factories import NOON, make_brand, make_member, make_shipment
from tracking.figures.models import CarrierScore
from tracking.models import Brand, Carrier

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TODAY = NOON.date()


@pytest.fixture
def lead() -> User:
    return make_member(Role.LEAD)


@pytest.fixture(autouse=True)
def floors() -> None:
    for criterion, worst in ((Floored.ON_WINDOW, "0.8"), (Floored.SATISFACTION, "3"), (Floored.CLAIMS, "0.05")):
        Floor.objects.create(criterion=criterion, worst=Decimal(worst))


def deliver(carrier: Carrier, brand: Brand, *, day: date, late: int, of: int) -> None:
    """Write down so many deliveries of a day, the first of them late."""
    for number in range(of):
        delivered_at = NOON + timedelta(hours=2 if number < late else 0)
        Delivery.objects.create(
            shipment=make_shipment(brand=brand), brand=brand, carrier=carrier, delivered_at=delivered_at, day=day,
            weekday=1, hour=0, promised_start=NOON, promised_end=NOON + timedelta(hours=1), lateness_minutes=0,
            attempts=1, is_first_attempt=True,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "criterion", "figure"),
    [
        ({"on_window": 0.79, "on_window_n": 30}, Floored.ON_WINDOW, "0.7900"),
        ({"stars": 2.9, "stars_n": 31}, Floored.SATISFACTION, "2.9000"),
        ({"claims": 0.06, "claims_n": 100}, Floored.CLAIMS, "0.0600"),
        ({"claims": 0.06, "claims_n": 100, "on_window": 0.5, "on_window_n": 40}, Floored.CLAIMS, "0.0600"),
    ],
)
def test_who_falls_below_a_floor_is_benched_with_the_figure(
    figures: dict[str, Any], criterion: Floored, figure: str
) -> None:
    carrier = make_carrier("posti")
    score = make_score(carrier, **figures)

    (bench,) = benching.judge(at=NOON)

    assert (bench.carrier, bench.since, bench.criterion, bench.figure) == (carrier, NOON, criterion, Decimal(figure))
    assert bench.n == getattr(score, {"satisfaction": "stars"}.get(criterion, criterion) + "_n")


@pytest.mark.parametrize(
    "figures",
    [
        {"on_window": 0.8, "on_window_n": 30},
        {"on_window": 0.5, "on_window_n": 29},
        {"claims": 0.05, "claims_n": 500},
        {},
    ],
)
def test_who_is_above_it_or_known_by_too_few_deliveries_is_not(figures: dict[str, Any]) -> None:
    make_score(make_carrier("posti"), **figures)

    assert benching.judge(at=NOON) == []


def test_who_is_not_offered_is_not_judged() -> None:
    make_score(make_carrier("posti", is_offered=False), on_window=0.5, on_window_n=40)

    assert benching.judge(at=NOON) == []


def test_judging_twice_benches_once() -> None:
    make_score(make_carrier("posti"), on_window=0.5, on_window_n=40)

    tasks.sweep_floors()
    tasks.sweep_floors()

    assert Bench.objects.count() == 1


def test_a_person_lifts_it_with_a_reason_once(lead: User) -> None:
    make_score(make_carrier("posti"), on_window=0.5, on_window_n=40)
    (bench,) = benching.judge(at=NOON)

    benching.lift(bench, why="They have a new depot", by=lead, at=NOON + timedelta(hours=1))

    bench.refresh_from_db()
    assert (bench.lifted_by, bench.lifted_why) == (lead, "They have a new depot")
    with pytest.raises(benching.AlreadyLifted):
        benching.lift(bench, why="Again", by=lead, at=NOON)
    assert not Bench.objects.open().exists()


def test_who_was_let_back_is_benched_again_by_deliveries_after_that_day_alone(lead: User) -> None:
    carrier, brand = make_carrier("posti"), make_brand()
    deliver(carrier, brand, day=TODAY, late=40, of=40)
    lessons.learn(today=TODAY)
    (bench,) = benching.judge(at=NOON)
    benching.lift(bench, why="They have a new depot", by=lead, at=NOON)

    lessons.learn(today=TODAY)
    assert benching.judge(at=NOON) == []

    deliver(carrier, brand, day=TODAY + timedelta(days=1), late=29, of=29)
    lessons.learn(today=TODAY + timedelta(days=1))
    assert benching.judge(at=NOON + timedelta(days=1)) == []

    deliver(carrier, brand, day=TODAY + timedelta(days=2), late=1, of=1)
    lessons.learn(today=TODAY + timedelta(days=2))
    (again,) = benching.judge(at=NOON + timedelta(days=2))
    assert (again.figure, again.n) == (Decimal(0), 30)


def test_a_score_that_was_being_counted_while_a_bench_was_lifted_benches_nobody(lead: User) -> None:
    carrier = make_carrier("posti")
    make_score(carrier, on_window=0.5, on_window_n=40)
    (bench,) = benching.judge(at=NOON)
    benching.lift(bench, why="They have a new depot", by=lead, at=NOON)
    make_score(carrier, on_window=0.5, on_window_n=40)

    assert benching.judge(at=NOON) == []
    assert CarrierScore.objects.count() == 1


def test_a_carrier_is_benched_once_at_a_time_and_lifted_with_a_reason() -> None:
    make_score(make_carrier("posti"), on_window=0.5, on_window_n=40)
    (bench,) = benching.judge(at=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Bench.objects.create(
            carrier=bench.carrier, since=NOON, criterion=Floored.CLAIMS, figure=Decimal(1), n=1, floor=Decimal(0)
        )
    with pytest.raises(IntegrityError, match="bench_lifted_means_why"), transaction.atomic():
        Bench.objects.update(lifted_at=NOON)
