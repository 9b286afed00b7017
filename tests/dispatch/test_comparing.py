from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dispatch.models import Plan
from dispatch.services import comparing, plans, publishing
from dispatch.services.comparing import Seat
from tests.dispatch.fleets import DOORS, make_day, make_plan
from tests.factories import NOON
from tracking.shipments.models import Shipment

TODAY = date(2026, 11, 22)


def published(doors: Sequence[tuple[float, float]] = DOORS, vans: int = 1) -> Plan:
    """Publish a day, and give a plan that would leave it as it is."""
    hub, _ = make_day(doors, vans=vans)
    publishing.publish(make_plan(hub), by=None, at=NOON)
    return plans.draft(TODAY, [hub], by=None, at=NOON)


@pytest.mark.django_db
@pytest.mark.sqlite
def test_before_anything_is_published_everything_is_new() -> None:
    hub, shipments = make_day(DOORS[:2])

    found = comparing.against_published(make_plan(hub))

    assert {move.shipment.id for move in found.moves} == {shipment.id for shipment in shipments}
    assert {move.before for move in found.moves} == {None}
    assert (found.kept, found.broken, found.mended, found.late, found.saved) == ([], [], [], [], {})


@pytest.mark.django_db
@pytest.mark.sqlite
def test_what_stays_as_it_is_is_no_difference() -> None:
    found = comparing.against_published(published())

    assert found.is_nothing
    assert found.keeps_promises
    assert len(found.kept) == 5
    assert set(found.saved.values()) == {0.0}


@pytest.mark.django_db
@pytest.mark.sqlite
def test_of_one_who_goes_to_the_end_it_is_said_that_they_move_and_of_nobody_else() -> None:
    plan = published()
    tour = plan.tours.get()
    first = plan.visits.get(sequence=1).shipment
    Shipment.objects.filter(id=first.id).update(window_end=NOON + timedelta(minutes=10))

    plans.move(plan, first, duty=tour.duty, place=5, at=NOON)
    plan.refresh_from_db()
    found = comparing.against_published(plan)

    (move,) = found.moves
    shift = tour.duty.shift_id
    assert (move.shipment, move.before, move.after) == (first, Seat(shift, 1), Seat(shift, 5))
    assert (found.broken, len(found.kept), found.keeps_promises) == ([first], 4, False)
    assert found.saved["metres"] < 0
    assert found.saved["kg_co2e"] == pytest.approx(found.saved["metres"] / 1000 * 0.317)


@pytest.mark.django_db
@pytest.mark.sqlite
def test_what_was_late_already_is_not_blamed_on_the_plan() -> None:
    plan = published()
    last, first = plan.visits.get(sequence=5).shipment, plan.visits.get(sequence=1).shipment
    for shipment in (last, first):
        begins_at = plan.visits.get(shipment=shipment).begins_at
        assert begins_at is not None
        Shipment.objects.filter(id=shipment.id).update(window_end=begins_at - timedelta(minutes=1))
        Shipment.objects.filter(id=shipment.id).update(window_start=begins_at - timedelta(minutes=30))

    plans.move(plan, last, duty=plan.tours.get().duty, place=1, at=NOON)
    found = comparing.against_published(plan)

    assert first in found.late
    assert last not in [*found.kept, *found.broken]


@pytest.mark.django_db
def test_a_long_day_takes_no_more_questions() -> None:
    counts = []
    for doors in (DOORS[:1], DOORS):
        plan = published(doors)
        with CaptureQueriesContext(connection) as asked:
            comparing.against_published(plan)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 5


@given(st.lists(st.integers(0, 12), max_size=20))
def test_the_most_that_can_stay_do(numbers: list[int]) -> None:
    found = comparing._longest_rise(numbers)

    kept = [numbers[place] for place in found]
    assert found == sorted(set(found))
    assert kept == sorted(kept)
    assert len(kept) == best(numbers)


def best(numbers: list[int]) -> int:
    """Find the length of a longest subsequence that never falls, the slow way."""
    lengths: list[int] = []
    for place, number in enumerate(numbers):
        lengths.append(1 + max((lengths[other] for other in range(place) if numbers[other] <= number), default=0))
    return max(lengths, default=0)
