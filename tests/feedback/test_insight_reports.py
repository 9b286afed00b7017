"""Every report, computed once more in plain Python over deliveries and ratings drawn at random."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.insight import reports, statistics
from feedback.insight.reports import By, Line, Selection, Step
from feedback.insight.statistics import FLOOR, Figure
from feedback.models import Delivery, Rating, Source
from feedback.reasons import Reason
from tests.factories import HUB, NOON, make_brand, make_driver
from tracking.models import Brand, Carrier, Driver, Place, Shipment
from tracking.rounds.models import CarrierKind, PlaceKind

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

FIRST = date(2026, 10, 1)
DAYS = 40
ALL = Selection(FIRST, FIRST + timedelta(days=DAYS))


def draw_shipment(chance: Random, brands: Sequence[Brand], number: int) -> Shipment:
    return Shipment(
        brand=chance.choice(brands),
        reference=f"R{number}",
        timezone="Europe/Helsinki",
        created_at=NOON,
        changed_at=NOON,
    )


def draw_delivery(
    chance: Random, shipment: Shipment, carriers: Sequence[Carrier], drivers: Sequence[Driver], hubs: Sequence[Place]
) -> Delivery:
    day = FIRST + timedelta(days=chance.randrange(DAYS + 1))
    lateness = chance.choice([None, -20, 0, 1, 15, 16, 60, 240, 241, 900])
    attempts = chance.randrange(3)
    return Delivery(
        shipment=shipment,
        brand_id=shipment.brand_id,
        carrier=chance.choice([*carriers, None]),
        driver=chance.choice([*drivers[:4], *drivers, None]),
        hub=chance.choice([*hubs, None]),
        area=chance.choice(["", "881126d3adfffff", "881126d3a1fffff"]),
        delivered_at=NOON,
        day=day,
        weekday=day.isoweekday(),
        hour=chance.randrange(24),
        promised_start=None if lateness is None else NOON - timedelta(hours=1),
        promised_end=None if lateness is None else NOON,
        lateness_minutes=lateness,
        attempts=attempts,
        is_first_attempt=attempts == 1 if attempts else None,
        asked_at=chance.choice([NOON, NOON, None]),
    )


def draw_rating(chance: Random, shipment: Shipment) -> Rating:
    return Rating(
        shipment=shipment,
        score=chance.randint(1, 5),
        reasons=chance.sample(Reason.values, chance.randrange(4)),
        words=chance.choice(["", "On time."]),
        recommends=chance.choice([None, *range(11)]),
        source=Source.PAGE,
        rated_at=NOON,
        changed_at=NOON,
    )


@pytest.fixture(params=[1, 2, 3])
def drawn(request: pytest.FixtureRequest) -> list[Delivery]:
    """Draw deliveries, two of three of them with ratings; all that may be missing is missing here and there."""
    chance = Random(request.param)
    brands = [make_brand(), make_brand()]
    carriers = [Carrier.objects.create(slug=f"c{n}", name=f"C{n}", kind=CarrierKind.CROWD) for n in range(3)]
    drivers = [make_driver(carrier=chance.choice(carriers)) for _ in range(12)]
    place = {"kind": PlaceKind.HUB, "address": "x", "latitude": HUB[0], "longitude": HUB[1]}
    hubs = [Place.objects.create(slug=f"h{n}", name=f"H{n}", **place) for n in range(2)]
    shipments = Shipment.objects.bulk_create(draw_shipment(chance, brands, number) for number in range(250))
    Delivery.objects.bulk_create(draw_delivery(chance, shipment, carriers, drivers, hubs) for shipment in shipments)
    Rating.objects.bulk_create(draw_rating(chance, shipment) for shipment in shipments if chance.random() < 2 / 3)
    return list(Delivery.objects.select_related("shipment__rating"))


def rating_of(delivery: Delivery) -> Rating | None:
    return getattr(delivery.shipment, "rating", None)


def recompute(key: Any, deliveries: Iterable[Delivery]) -> Line:
    """Count in plain Python what the database is to have counted."""
    found = list(deliveries)
    ratings = [rating for delivery in found if (rating := rating_of(delivery))]
    scores = [rating.score for rating in ratings]
    recommends = [rating.recommends for rating in ratings if rating.recommends is not None]
    asked = [delivery for delivery in found if delivery.asked_at]
    lateness = [delivery.lateness_minutes for delivery in found if delivery.lateness_minutes is not None]
    firsts = [delivery.is_first_attempt for delivery in found if delivery.is_first_attempt is not None]
    return Line(
        key=key,
        deliveries=len(found),
        stars=statistics.mean(sum(scores), len(scores), least=1, most=5),
        satisfied=statistics.share(len([score for score in scores if score in (4, 5)]), len(scores)),
        nps=statistics.nps(
            len([each for each in recommends if each in (9, 10)]),
            len([each for each in recommends if each <= 6]),
            len(recommends),
        ),
        response=statistics.share(len([each for each in asked if rating_of(each)]), len(asked)),
        on_time=statistics.share(len([minutes for minutes in lateness if minutes <= 0]), len(lateness)),
        first_attempt=statistics.share(len([first for first in firsts if first]), len(firsts)),
    )


def regroup(deliveries: Iterable[Delivery], key: Callable[[Delivery], Any]) -> dict[Any, Line]:
    groups: dict[Any, list[Delivery]] = {}
    for delivery in deliveries:
        groups.setdefault(key(delivery), []).append(delivery)
    return {name: recompute(name, members) for name, members in groups.items()}


KEYS: dict[By, Callable[[Delivery], Any]] = {
    By.CARRIER: lambda delivery: delivery.carrier_id,
    By.DRIVER: lambda delivery: delivery.driver_id,
    By.HUB: lambda delivery: delivery.hub_id,
    By.AREA: lambda delivery: delivery.area,
    By.WEEKDAY: lambda delivery: delivery.weekday,
    By.HOUR: lambda delivery: delivery.hour,
    By.LATENESS: lambda delivery: reports.band(delivery.lateness_minutes),
    By.BRAND: lambda delivery: delivery.brand_id,
}


@pytest.mark.parametrize("what", By)
def test_a_report_is_what_plain_counting_says(drawn: list[Delivery], what: By) -> None:
    expected = regroup(drawn, KEYS[what])

    with CaptureQueriesContext(connection) as queries:
        report = reports.by(what, reports.deliveries(ALL))

    if what is By.DRIVER:
        judged = {key: line for key, line in expected.items() if key is None or line.stars.n >= FLOOR}
        assert report.left_out == len(expected) - len(judged) > 0
        expected = judged
    else:
        assert report.left_out == 0
    assert {line.key: line for line in report.lines} == expected
    assert len(report.lines) == len(expected)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (Step.DAY, lambda delivery: delivery.day),
        (Step.WEEK, lambda delivery: delivery.day - timedelta(days=delivery.day.weekday())),
    ],
)
def test_a_trend_is_what_plain_counting_says(
    drawn: list[Delivery], step: Step, key: Callable[[Delivery], date]
) -> None:
    expected = regroup(drawn, key)

    assert reports.trend(step, reports.deliveries(ALL)) == [expected[day] for day in sorted(expected)]


def test_the_total_is_what_plain_counting_says(drawn: list[Delivery]) -> None:
    assert reports.total(reports.deliveries(ALL)) == recompute(None, drawn)


def test_a_selection_leaves_out_the_rest(drawn: list[Delivery]) -> None:
    one = next(each for each in drawn if each.carrier_id and each.hub_id)
    since, until = FIRST + timedelta(days=3), FIRST + timedelta(days=30)

    selection = Selection(since, until, one.brand_id, one.carrier_id, one.hub_id)

    assert set(reports.deliveries(selection)) == {
        each
        for each in drawn
        if since <= each.day <= until
        and (each.brand_id, each.carrier_id, each.hub_id) == (one.brand_id, one.carrier_id, one.hub_id)
    }


def test_reasons_are_counted_and_lead_to_what_was_written(drawn: list[Delivery]) -> None:
    found = reports.deliveries(ALL)
    ratings = [rating for delivery in drawn if (rating := rating_of(delivery))]

    assert reports.reasons(found) == Counter(Reason(reason) for rating in ratings for reason in rating.reasons)
    for reason in Reason:
        written = {rating for rating in ratings if rating.words and reason in rating.reasons}
        assert set(reports.words(found, reason)) == written
    assert set(reports.words(found)) == {rating for rating in ratings if rating.words}


def test_nothing_is_reported_of_nothing() -> None:
    found = reports.deliveries(ALL)

    line = reports.total(found)

    assert line.deliveries == 0
    assert {name for name, value in asdict(line).items() if value == asdict(Figure(0))} == {
        "stars",
        "satisfied",
        "nps",
        "response",
        "on_time",
        "first_attempt",
    }
    assert [reports.by(what, found).lines for what in By] == [[]] * len(By)
    assert reports.trend(Step.DAY, found) == []


def test_the_last_lines_are_those_of_which_nothing_is_known(drawn: list[Delivery]) -> None:
    found = reports.deliveries(ALL)

    assert [line.key for line in reports.by(By.LATENESS, found).lines] == [0, 1, 2, 3, 4, None]
    assert [line.key for line in reports.by(By.WEEKDAY, found).lines] == [1, 2, 3, 4, 5, 6, 7]
    carriers = reports.by(By.CARRIER, found).lines
    assert [line.deliveries for line in carriers] == sorted((line.deliveries for line in carriers), reverse=True)
