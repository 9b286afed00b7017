from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from dispatch.models import Demand, Duty, Skill
from dispatch.models.plans import Way
from dispatch.services import fleet, publishing
from dispatch.services.fleet import Overlapping, Pause, UnderWay, Work
from tests.dispatch.fleets import make_day, make_demand, make_duty, make_plan, make_vehicle_type
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_driver
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, Shift, ShiftState

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

EVENING = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
"""Five in the afternoon of a Saturday in Helsinki."""


def test_an_evening_at_the_weekend_is_a_shift_like_any_other() -> None:
    hub, kind, skill = make_hub(), make_vehicle_type(), Skill.objects.create(slug="age", name="Checks an age")
    pause = Pause(EVENING + timedelta(hours=2), EVENING + timedelta(hours=3), 1800)

    duty = fleet.enter(
        make_driver(), Work(hub, kind, [skill]), starts_at=EVENING, ends_at=EVENING + timedelta(hours=5), pause=pause
    )

    assert (duty.shift.starts_at, duty.shift.ends_at) == (EVENING, EVENING + timedelta(hours=5))
    assert (duty.hub, duty.vehicle_type, [*duty.skills.all()]) == (hub, kind, [skill])
    assert (duty.pause_from, duty.pause_until, duty.pause_seconds) == (pause.since, pause.until, 1800)


def test_nobody_works_twice_at_a_time_but_right_after() -> None:
    duty = make_duty()
    driver, work = duty.shift.driver, Work(duty.hub, duty.vehicle_type)

    with pytest.raises(Overlapping):
        fleet.enter(driver, work, starts_at=NOON - timedelta(hours=1), ends_at=NOON + timedelta(minutes=1))

    assert (Shift.objects.count(), Duty.objects.count()) == (1, 1)
    fleet.enter(driver, work, starts_at=duty.shift.ends_at, ends_at=duty.shift.ends_at + timedelta(hours=2))
    assert Duty.objects.count() == 2


def test_a_duty_is_repeated_by_the_clock_although_a_day_is_shorter() -> None:
    morning = datetime(2026, 3, 27, 6, 0, tzinfo=UTC)  # eight in Helsinki, two days before clocks go forward
    pause = Pause(morning + timedelta(hours=3), morning + timedelta(hours=4), 1800)
    duty = make_duty(starts_at=morning, ends_at=morning + timedelta(hours=8), pause=pause)
    sunday, monday = date(2026, 3, 29), date(2026, 3, 30)

    repeated = fleet.repeat(duty, [date(2026, 3, 27), sunday, monday])

    assert [later.shift.starts_at for later in repeated] == [
        datetime(2026, 3, 29, 5, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 5, 0, tzinfo=UTC),
    ]
    assert [later.pause_from for later in repeated] == [
        datetime(2026, 3, 29, 8, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 8, 0, tzinfo=UTC),
    ]
    assert {later.shift.ends_at - later.shift.starts_at for later in repeated} == {timedelta(hours=8)}


def test_a_duty_that_has_not_begun_can_be_cancelled() -> None:
    fleet.cancel(make_duty())

    assert (Shift.objects.count(), Duty.objects.count()) == (0, 0)


def test_a_duty_with_stops_to_come_or_that_has_begun_cannot() -> None:
    hub, _ = make_day()
    publishing.publish(make_plan(hub), by=None, at=NOON)
    begun = make_duty(hub)
    rounds.move_shift(begun.shift, ShiftState.WORKING, at=NOON)

    for duty in (Duty.objects.get(shift__routes__isnull=False), begun):
        with pytest.raises(UnderWay):
            fleet.cancel(duty)

    assert (Duty.objects.count(), Route.objects.count()) == (2, 1)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("demand_has_time", {"latest": NOON, "earliest": NOON}),
        ("demand_by_another_way_says_where", {"way": Way.PICKUP}),
    ],
)
def test_the_database_refuses_demands_that_make_no_sense(constraint: str, fields: dict[str, object]) -> None:
    demand = make_demand(make_hub())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Demand.objects.filter(pk=demand.pk).update(**fields)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("duty_pause_is_whole", {"pause_seconds": 60}),
        ("duty_pause_is_whole", {"pause_from": NOON, "pause_until": NOON - timedelta(hours=1), "pause_seconds": 60}),
    ],
)
def test_the_database_refuses_half_a_pause(constraint: str, fields: dict[str, object]) -> None:
    duty = make_duty()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Duty.objects.filter(pk=duty.pk).update(**fields)
