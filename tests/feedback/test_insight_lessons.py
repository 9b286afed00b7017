from datetime import date, timedelta
from random import Random
from statistics import median
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback import tasks
from feedback.insight import lessons
from feedback.models import CaseKind, Delivery, Rating, Source
from feedback.services import Complaint, cases
from tests.factories import NOON, make_brand, make_driver, make_shipment
from tracking.figures import services as figures
from tracking.models import Carrier, CarrierScore, Driver, DriverScore, Shipment, StopHint
from tracking.rounds.models import CarrierKind
from tracking.shipments import services
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TODAY = date(2026, 11, 22)
BLOCKS = ["8a1126d3ad47fff", "8a1126d3ad4ffff", "8a1126d3ad57fff"]
MINUTE = timedelta(minutes=1)


def draw(seed: int, *, today: date = TODAY) -> list[Delivery]:
    """Draw deliveries by two carriers and nobody, before, within and after their windows, some long ago."""
    chance = Random(seed)
    brand = make_brand()
    carriers = [Carrier.objects.create(slug=f"c{n}", name=f"C{n}", kind=CarrierKind.CROWD) for n in range(2)]
    drivers = [make_driver(carrier=carrier) for carrier in carriers]
    shipments = Shipment.objects.bulk_create(
        Shipment(brand=brand, reference=f"R{n}", timezone="UTC", created_at=NOON, changed_at=NOON) for n in range(150)
    )
    for shipment in shipments:
        day = today - timedelta(days=chance.randrange(-1, 120))
        end = chance.choice([None, NOON])
        arrived = NOON + chance.choice([-61, -60, -30, 0, 1]) * MINUTE
        Delivery.objects.create(
            shipment=shipment,
            brand=brand,
            carrier=chance.choice([*carriers, None]),
            driver=chance.choice(drivers),
            block=chance.choice(["", *BLOCKS]),
            delivered_at=arrived,
            day=day,
            weekday=1,
            hour=0,
            promised_start=end and end - 60 * MINUTE,
            promised_end=end,
            lateness_minutes=None if end is None else (arrived - end) // MINUTE,
            attempts=1,
            is_first_attempt=True,
            stop_seconds=chance.choice([None, chance.randrange(20, 300)]),
        )
        if chance.random() < 0.5:
            Rating.objects.create(
                shipment=shipment, score=chance.randint(1, 5), source=Source.PAGE, rated_at=NOON, changed_at=NOON
            )
    return list(Delivery.objects.select_related("shipment__rating"))


def is_recent(delivery: Delivery) -> bool:
    return TODAY - timedelta(days=89) <= delivery.day <= TODAY


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_are_what_plain_counting_says(seed: int) -> None:
    drawn = draw(seed)

    lessons.learn(today=TODAY)

    expected: dict[int, tuple[Any, ...]] = {}
    for carrier in Carrier.objects.filter(kind=CarrierKind.CROWD):
        own = [delivery for delivery in drawn if delivery.carrier_id == carrier.id and is_recent(delivery)]
        windows = [each for each in own if each.promised_start and each.promised_end]
        within = [
            each
            for each in windows
            if each.promised_start
            and each.promised_end
            and each.promised_start <= each.delivered_at <= each.promised_end
        ]
        stars = [each.shipment.rating.score for each in own if hasattr(each.shipment, "rating")]
        expected[carrier.id] = (
            pytest.approx(len(within) / len(windows)),
            len(windows),
            pytest.approx(sum(stars) / len(stars)),
            len(stars),
        )
    found = CarrierScore.objects.values_list("carrier", "on_window", "on_window_n", "stars", "stars_n")
    assert {carrier: tuple(figures) for carrier, *figures in found} == expected
    assert set(CarrierScore.objects.values_list("since", "until")) == {(TODAY - timedelta(days=89), TODAY)}


def claim(delivery: Delivery, *kinds: CaseKind) -> None:
    for kind in kinds:
        cases.open_case(delivery.shipment, Complaint(kind, "Where is it?"), at=NOON)


def test_claims_are_the_share_of_what_was_damaged_lost_or_not_received() -> None:
    carrier = next(delivery.carrier for delivery in draw(1) if delivery.carrier_id)
    Delivery.objects.update(carrier=carrier, day=TODAY)
    of_carrier = list(Delivery.objects.order_by("id"))
    claim(of_carrier[0], CaseKind.DAMAGED, CaseKind.NOT_RECEIVED)
    claim(of_carrier[1], CaseKind.NOT_RECEIVED)
    claim(of_carrier[2], CaseKind.WRONG_ITEM)
    for status in (Status.LOST, Status.DAMAGED, Status.ON_HOLD):
        services.carry(make_shipment(status=status), carrier, at=NOON)

    lessons.learn(today=TODAY)

    score = CarrierScore.objects.get()
    assert score.claims_n == 152
    assert score.claims == 4 / 152


def test_of_a_carrier_that_begins_anew_only_later_days_count() -> None:
    draw(1)
    carrier = Carrier.objects.earliest("id")
    Delivery.objects.update(carrier=carrier, day=TODAY - timedelta(days=3))
    Delivery.objects.filter(id__in=Delivery.objects.values("id")[:2]).update(day=TODAY - timedelta(days=2))
    services.carry(make_shipment(status=Status.LOST, at=NOON - timedelta(days=5)), carrier, at=NOON - timedelta(days=5))
    lessons.learn(today=TODAY)
    assert CarrierScore.objects.get().claims_n == 151

    figures.begin_anew(carrier, after=TODAY - timedelta(days=3))
    assert not CarrierScore.objects.exists()
    lessons.learn(today=TODAY)

    score = CarrierScore.objects.get()
    assert (score.since, score.claims_n) == (TODAY - timedelta(days=2), 2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_drivers_score_is_the_mean_of_what_was_given_for_recent_deliveries(seed: int) -> None:
    drawn = draw(seed)

    lessons.learn(today=TODAY)

    expected: dict[int, tuple[Any, ...]] = {}
    for driver in Driver.objects.all():
        own = [delivery for delivery in drawn if delivery.driver_id == driver.id and is_recent(delivery)]
        stars = [each.shipment.rating.score for each in own if hasattr(each.shipment, "rating")]
        expected[driver.id] = (pytest.approx(sum(stars) / len(stars)), len(stars))
    found = DriverScore.objects.values_list("driver", "stars", "stars_n")
    assert {driver: tuple(figures) for driver, *figures in found} == expected
    assert len(expected) == 2


def test_a_driver_whom_nobody_has_rated_has_no_score() -> None:
    draw(1)
    Rating.objects.all().delete()

    lessons.learn(today=TODAY)

    assert not DriverScore.objects.exists()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hints_are_the_medians_of_plain_counting(seed: int) -> None:
    drawn = draw(seed)

    lessons.learn(today=TODAY)

    expected = {}
    for block in BLOCKS:
        own = [each for each in drawn if each.block == block and each.stop_seconds is not None and is_recent(each)]
        stops = [seconds for _, _, seconds in {(each.driver_id, each.day, each.stop_seconds or 0) for each in own}]
        if len(stops) >= lessons.LEAST_STOPS:
            expected[block] = (round(median(stops)), len(stops))
    hints = StopHint.objects.values_list("block", "seconds", "n")
    assert {block: (seconds, n) for block, seconds, n in hints} == expected
    assert expected


def test_two_shipments_for_one_door_are_one_stop() -> None:
    draw(1)
    Delivery.objects.update(block=BLOCKS[0], day=TODAY, driver=make_driver(), stop_seconds=60)

    lessons.learn(today=TODAY)

    assert not StopHint.objects.exists()


def test_learning_twice_is_harmless_and_what_is_too_old_is_forgotten() -> None:
    draw(1)
    lessons.learn(today=TODAY)
    known = set(CarrierScore.objects.values_list("carrier", "on_window", "stars"))
    lessons.learn(today=TODAY)

    assert set(CarrierScore.objects.values_list("carrier", "on_window", "stars")) == known
    lessons.learn(today=TODAY + timedelta(days=365))
    assert not CarrierScore.objects.exists()
    assert not DriverScore.objects.exists()
    assert not StopHint.objects.exists()


def test_the_nightly_task_learns_of_the_last_months() -> None:
    draw(1, today=timezone.now().date())

    tasks.learn()

    assert CarrierScore.objects.count() == 2


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("carrier_score_on_window_is_a_share_of_some", {"on_window": 1.5}),
        ("carrier_score_on_window_is_a_share_of_some", {"on_window": None}),
        ("carrier_score_stars_are_one_to_five_of_some", {"stars": 0.5}),
        ("carrier_score_stars_are_one_to_five_of_some", {"stars_n": 0}),
        ("carrier_score_claims_are_a_share_of_some", {"claims": 1.1}),
        ("carrier_score_claims_are_a_share_of_some", {"claims_n": 0}),
    ],
)
def test_a_score_rests_on_something(constraint: str, wrong: dict[str, object]) -> None:
    draw(1)
    lessons.learn(today=TODAY)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CarrierScore.objects.update(**wrong)


@pytest.mark.parametrize("wrong", [{"stars": 0.5}, {"stars": 5.5}, {"stars_n": 0}])
def test_a_drivers_score_rests_on_something(wrong: dict[str, object]) -> None:
    draw(1)
    lessons.learn(today=TODAY)

    with (
        pytest.raises(IntegrityError, match="driver_score_stars_are_one_to_five_of_some"),
        transaction.atomic(),
    ):
        DriverScore.objects.update(**wrong)


def test_a_hint_rests_on_something() -> None:
    with pytest.raises(IntegrityError, match="stop_hint_rests_on_some"), transaction.atomic():
        StopHint.objects.create(block=BLOCKS[0], seconds=60, n=0)
