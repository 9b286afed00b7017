from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from carriers.criteria import Criterion
from carriers.models import Choice, Weighing
from carriers.scoring.scales import Figure
from carriers.services.choosing import foreseeing
from tests.carriers.choices import make_carrier, make_score
from tests.factories import NOON, make_brand, make_shipment
from tracking.models import Brand, Carrier, Shipment
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = timedelta(days=1)
NOTHING = {"cost": 0, "on_window": 0, "satisfaction": 0, "claims": 0, "co2": 0, "capacity": 0}


@pytest.fixture
def brand() -> Brand:
    return make_brand()


def weighing(brand: Brand, **weights: int) -> Weighing:
    """Make up weights; they are not saved."""
    return Weighing(brand=brand, changed_at=NOON, **{**NOTHING, **weights})


def delivered(brand: Brand, carrier: Carrier | None, *, days_ago: int = 2, hours: int | None = None) -> Shipment:
    """Make a delivery; ``hours`` are how long before it the hour of its promise began."""
    at = NOON - days_ago * DAY
    shipment = make_shipment(brand=brand, status=Status.DELIVERED, at=at)
    shipments.carry(shipment, carrier, at=at)
    if hours is not None:
        start = shipment.finished_at - timedelta(hours=hours) if shipment.finished_at else at
        shipments.promise(shipment, start=start, end=start + timedelta(hours=1), at=at)
    return shipment


def test_a_month_is_compared_with_what_it_would_have_been(brand: Brand) -> None:
    cheap, dear = make_carrier("cheap", base="4.00"), make_carrier("dear", base="6.50")
    make_score(cheap, on_window=0.8, on_window_n=60, stars=4, stars_n=30)
    make_score(dear, on_window=1, on_window_n=20, stars=5, stars_n=30)
    for hours in (0, 0, 3):
        delivered(brand, dear, hours=hours)
    delivered(brand, cheap)

    effect = foreseeing.foresee(brand.id, [weighing(brand, cost=100), weighing(brand, on_window=100)], at=NOON)

    assert (effect.shipments, effect.is_cut) == (4, False)
    assert {slug: part.shipments for slug, part in effect.really.parts.items()} == {"dear": 3, "cheap": 1}
    assert (effect.really.cost.total, effect.really.cost.n) == (Decimal("23.50"), 4)
    assert effect.happened == foreseeing.Happened(kept=2, promised=3)
    by_cost, by_window = effect.would
    assert {slug: part.shipments for slug, part in by_cost.parts.items()} == {"cheap": 4}
    assert by_cost.cost.total == Decimal("16.00")
    # The mean of both is 0.85: (0.8 × 60 + 0.85 × 20) / 80.
    assert by_cost.parts["cheap"].expected[Criterion.ON_WINDOW] == Figure(Decimal("0.8125"), 60)
    assert {slug: part.shipments for slug, part in by_window.parts.items()} == {"dear": 4}
    assert by_window.parts["dear"].expected[Criterion.ON_WINDOW] == Figure(Decimal("0.9250"), 20)
    assert by_window.parts["dear"].expected[Criterion.SATISFACTION] == Figure(Decimal("4.8750"), 30)


def test_the_room_of_each_day_is_taken_up_in_their_order(brand: Brand) -> None:
    make_carrier("few", base="1.00", deliveries_a_day=2)
    make_carrier("many", base="2.00")
    for days_ago in (3, 3, 3, 2):
        delivered(brand, None, days_ago=days_ago)

    (course,) = foreseeing.foresee(brand.id, [weighing(brand, cost=100)], at=NOON).would

    assert {slug: part.shipments for slug, part in course.parts.items()} == {"few": 3, "many": 1}


def test_what_nobody_can_carry_is_counted(brand: Brand) -> None:
    make_carrier("posti", base="1.00", area="33")
    delivered(brand, None)

    effect = foreseeing.foresee(brand.id, [weighing(brand, cost=100)], at=NOON)

    assert (effect.really.nobody, effect.would[0].nobody, effect.would[0].shipments) == (1, 1, 0)


def test_only_what_ended_in_the_last_month_of_the_brand_counts(brand: Brand) -> None:
    make_carrier("posti", base="1.00")
    delivered(brand, None, days_ago=31)
    delivered(make_brand(), None)
    make_shipment(brand=brand, status=Status.CANCELLED, at=NOON - 2 * DAY)
    make_shipment(brand=brand, at=NOON - 2 * DAY)

    effect = foreseeing.foresee(brand.id, [weighing(brand, cost=100)], at=NOON)

    assert effect.shipments == 0
    assert effect.would[0].cost.mean is None


def test_of_more_than_can_be_looked_at_the_first_are(brand: Brand) -> None:
    make_carrier("posti", base="1.00")
    for _ in range(3):
        delivered(brand, None)

    effect = foreseeing.foresee(brand.id, [weighing(brand, cost=100)], at=NOON, most=2)

    assert (effect.shipments, effect.is_cut) == (2, True)


def test_nothing_is_written_and_the_queries_are_as_many_for_a_long_month(
    brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    carrier = make_carrier("posti", base="1.00")
    delivered(brand, carrier)
    with django_assert_num_queries(9):
        foreseeing.foresee(brand.id, [weighing(brand, cost=100)], at=NOON)

    given = [delivered(brand, carrier) for _ in range(5)]
    before = list(Shipment.objects.order_by("id").values())
    with django_assert_num_queries(9):
        foreseeing.foresee(brand.id, [weighing(brand, cost=100)], at=NOON)

    assert list(Shipment.objects.order_by("id").values()) == before
    assert len(given) == 5
    assert not Choice.objects.exists()
