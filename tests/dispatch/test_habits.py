from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from dispatch import factors, habits, tasks, travel
from dispatch.habits import Driven
from dispatch.missing import Missing
from dispatch.models.fleet import Duty, Energy, Hub, VehicleClass, VehicleType
from dispatch.models.habits import DrivenHour
from dispatch.models.weather import Sky, WeatherHour
from dispatch.services import habits as services
from tests.dispatch.hubs import make_hub
from tests.factories import make_driver
from tracking.rounds.models import Route, RouteState, Shift, Stop, StopState
from tracking.rounds.models import Vehicle as Kind

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)  # 8 o'clock in Helsinki
PUBLISHED = factors.newest("travel")["hours"]
DOORS = [(60.1752, 24.9451), (60.1681, 24.9502), (60.1740, 24.9400)]


def make_type(**fields: object) -> VehicleType:
    known = {"kind": Kind.VAN, "vehicle_class": VehicleClass.VAN, "energy": Energy.DIESEL}
    amounts = {"payload_g": 800_000, "volume_ml": 6_000_000}
    return VehicleType.objects.create(**{"slug": "van", "name": "Van", **known, **amounts, **fields})


def make_trip(
    hub: Hub,
    kind: VehicleType,
    *,
    factor: float,
    doors: Sequence[tuple[float, float]] = DOORS,
    started_at: datetime = MORNING,
) -> Route:
    """Make a finished route on which each drive took ``factor`` times what it takes on an empty road."""
    driver = make_driver()
    shift = Shift.objects.create(driver=driver, starts_at=started_at, ends_at=started_at + timedelta(hours=8))
    Duty.objects.create(shift=shift, hub=hub, vehicle_type=kind)
    finished_at = started_at + timedelta(hours=8)
    known = {"state": RouteState.FINISHED, "departs_at": started_at, "finished_at": finished_at}
    route = Route.objects.create(shift=shift, hub=hub.place, started_at=started_at, **known)
    points = [(hub.place.latitude, hub.place.longitude), *doors]
    seconds = travel.drives(points, kinds=[kind])[kind.slug].seconds
    now = started_at
    for place, (latitude, longitude) in enumerate(doors):
        arrived_at = now + timedelta(seconds=factor * int(seconds[place, place + 1]))
        now = arrived_at + timedelta(minutes=3)
        moments = {"state": StopState.DONE, "arrived_at": arrived_at, "done_at": now}
        Stop.objects.create(route=route, sequence=place + 1, latitude=latitude, longitude=longitude, **moments)
    return route


def learned(hub: Hub) -> tuple[int, float]:
    """Give how many drives of the morning were written down, and what they took against an empty road."""
    [row] = DrivenHour.objects.filter(hub=hub, hour=8)
    return row.n, row.seconds / row.empty_seconds


def test_without_drives_the_published_figures_hold() -> None:
    found = habits.learn([], published=PUBLISHED)

    assert {kind: [*hours] for kind, hours in found.hours.items()} == {
        kind: pytest.approx(hours) for kind, hours in PUBLISHED.items()
    }
    assert found.missing == {Missing.TRIPS}


def test_many_drives_of_an_hour_teach_that_hour() -> None:
    rows = [Driven("weekday", 8, 3.0 * 10_000_000, 10_000_000)]

    found = habits.learn(rows, published=PUBLISHED)

    assert found.hours["weekday"][8] == pytest.approx(3.0, abs=0.01)
    assert found.missing == frozenset()


def test_a_hub_that_is_slow_at_one_hour_is_taken_to_be_slower_at_the_others() -> None:
    rows = [Driven("weekday", 8, 2 * 1.40 * 14_400, 14_400)]

    found = habits.learn(rows, published=PUBLISHED)

    assert 1.28 < found.hours["weekday"][12] < 2 * 1.28


def test_one_drive_teaches_little() -> None:
    found = habits.learn([Driven("saturday", 12, 4.0 * 300, 300)], published=PUBLISHED)

    assert found.hours["saturday"][12] == pytest.approx(PUBLISHED["saturday"][12], rel=0.15)
    assert found.missing == {Missing.TRIPS}


@given(
    st.lists(st.builds(Driven, st.sampled_from(["weekday", "sunday"]), st.integers(0, 23), *[st.floats(1, 1e6)] * 2))
)
def test_what_is_learned_lies_between_what_was_published_and_what_was_driven(rows: list[Driven]) -> None:
    found = habits.learn(rows, published=PUBLISHED)

    ratios = [row.seconds / row.empty_seconds for row in rows]
    factors_found = [factor for hours in found.hours.values() for factor in hours]
    assert min([1.45, *ratios]) / 1.45 <= min(factors_found) * (1 + 1e-9)
    assert max(factors_found) <= 1.45 * max([1.0, *ratios]) * (1 + 1e-9)


@pytest.mark.parametrize(("weekday", "kind"), [(1, "weekday"), (5, "weekday"), (6, "saturday"), (7, "sunday")])
def test_a_week_has_three_kinds_of_days(weekday: int, kind: str) -> None:
    assert habits.kind_of(weekday) == kind


@pytest.mark.sqlite
@pytest.mark.django_db
def test_drives_are_written_down_by_the_hour_they_began_in() -> None:
    hub = make_hub()
    make_trip(hub, make_type(), factor=2.0)

    services.learn(hub, day=MONDAY)

    assert learned(hub) == pytest.approx((3, 2.0), abs=0.01)


@pytest.mark.django_db
def test_learning_a_day_twice_changes_nothing() -> None:
    hub = make_hub()
    make_trip(hub, make_type(), factor=2.0)

    services.learn(hub, day=MONDAY)
    services.learn(hub, day=MONDAY)

    assert learned(hub)[0] == 3


@pytest.mark.django_db
def test_what_the_weather_did_is_taken_out() -> None:
    hub = make_hub()
    make_trip(hub, make_type(), factor=2.9)
    WeatherHour.objects.create(hub=hub, starts_at=MORNING, sky=Sky.SNOW, heard_at=MORNING)

    services.learn(hub, day=MONDAY)

    assert learned(hub)[1] == pytest.approx(2.0, abs=0.01)


@pytest.mark.django_db
def test_who_feels_half_of_the_traffic_tells_of_all_of_it() -> None:
    hub = make_hub()
    make_trip(hub, make_type(feels_traffic=0.5), factor=1.5)

    services.learn(hub, day=MONDAY)

    assert learned(hub)[1] == pytest.approx(2.0, abs=0.01)


@pytest.mark.django_db
def test_who_hardly_feels_traffic_tells_nothing_of_it() -> None:
    hub = make_hub()
    make_trip(hub, make_type(kind=Kind.CARGO_BIKE, feels_traffic=0.2), factor=1.5)

    services.learn(hub, day=MONDAY)

    assert not DrivenHour.objects.exists()


@pytest.mark.django_db
def test_a_pause_on_the_way_does_not_count_as_traffic() -> None:
    hub = make_hub()
    make_trip(hub, make_type(), factor=9.0)

    services.learn(hub, day=MONDAY)

    assert learned(hub)[1] == pytest.approx(4.0)


@pytest.mark.django_db
def test_after_a_door_whose_beginning_is_not_known_one_knows_the_next_drive_again() -> None:
    hub = make_hub()
    route = make_trip(hub, make_type(), factor=2.0)
    route.stops.filter(sequence=2).update(arrived_at=None)

    services.learn(hub, day=MONDAY)

    assert learned(hub) == pytest.approx((2, 2.0), abs=0.01)


@pytest.mark.django_db
def test_in_a_simulation_that_runs_faster_drives_take_as_long_as_they_would(settings: Settings) -> None:
    hub = make_hub()
    settings.SPEED = 10.0
    make_trip(hub, make_type(), factor=0.2)

    services.learn(hub, day=MONDAY)

    assert learned(hub)[1] == pytest.approx(2.0, abs=0.05)


@pytest.mark.django_db
def test_the_next_day_is_planned_with_what_was_learned() -> None:
    hub, kind = make_hub(), make_type()
    for minute in range(12):
        make_trip(hub, kind, factor=2.0, started_at=MORNING + timedelta(minutes=minute))
    services.learn(hub, day=MONDAY)

    before, after = (travel.traffic(hub, day=MONDAY + timedelta(days=days)).factors[8] for days in (0, 1))

    assert before == 1.40
    assert 1.45 < after < 2.0


@pytest.mark.django_db
def test_another_hub_and_another_day_teach_nothing() -> None:
    hub, other = make_hub(), make_hub()
    make_trip(hub, make_type(), factor=2.0, started_at=datetime.combine(MONDAY, time(23), UTC))

    services.learn(other, day=MONDAY)
    services.learn(hub, day=MONDAY)

    assert not DrivenHour.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"hour": 24}, {"n": 0}, {"seconds": 0.0}, {"empty_seconds": -1.0}])
def test_an_hour_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    fields = {"hour": 8, "n": 1, "seconds": 60.0, "empty_seconds": 50.0, **wrong}

    with pytest.raises(IntegrityError), transaction.atomic():
        DrivenHour.objects.create(hub=make_hub(), day=MONDAY, **fields)


@pytest.mark.django_db
def test_every_night_the_drives_of_yesterday_are_learned_from() -> None:
    hub = make_hub()
    yesterday = datetime.combine(timezone.now().astimezone(hub.zone).date() - timedelta(days=1), time(8), hub.zone)
    make_trip(hub, make_type(), factor=2.0, started_at=yesterday)

    tasks.learn_habits_of(hub_id=hub.place_id, days_ago=1)

    assert learned(hub)[0] == 3


@pytest.mark.django_db
@pytest.mark.parametrize("routes", [1, 4])
def test_learning_asks_the_database_as_often_for_many_routes(
    routes: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hub, kind = make_hub(), make_type()
    for minute in range(routes):
        make_trip(hub, kind, factor=2.0, started_at=MORNING + timedelta(minutes=minute))

    with django_assert_num_queries(8):
        services.learn(hub, day=MONDAY)


@pytest.mark.django_db
def test_looking_a_day_up_asks_the_database_twice(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    hub = make_hub()

    with django_assert_num_queries(2):
        travel.conditions(hub, day=MONDAY)
