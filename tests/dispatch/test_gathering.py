from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import h3
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dispatch.models import Level, Skill
from dispatch.models.plans import Way, WhyNot
from dispatch.planning.problem import Break, Visit
from dispatch.services import days, publishing
from dispatch.services.days import Day
from dispatch.services.fleet import Pause
from tests.dispatch.fleets import DOORS, make_day, make_demand, make_duty, make_plan, make_vehicle_type
from tests.dispatch.hubs import make_hub
from tests.factories import NOON
from tracking.figures.models import StopHint
from tracking.rounds.models import Place, PlaceKind, Shift
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TODAY = date(2026, 11, 22)
NOON_SECONDS = 12 * 3600
HOUR = 3600


def make_pickup_point() -> Place:
    return Place.objects.create(
        slug="kiosk", name="Kiosk", kind=PlaceKind.PICKUP_POINT, address="Katu 1", latitude=60.1700, longitude=24.9500
    )


def visits(day: Day) -> dict[str, Visit]:
    return {visit.id: visit for visit in day.problem.visits}


def test_a_day_is_counted_in_seconds_of_the_hubs_midnight() -> None:
    hub = make_hub()
    pause = Pause(NOON + timedelta(hours=3), NOON + timedelta(hours=4), 1800)
    duty = make_duty(hub, pause=pause)
    demand = make_demand(hub, earliest=NOON + timedelta(hours=1), latest=NOON + timedelta(hours=2), mass_g=2_500)

    day = days.gather(TODAY, [hub], at=NOON - timedelta(hours=1))

    (vehicle,), (visit,) = day.problem.vehicles, day.problem.visits
    assert (vehicle.id, vehicle.shift) == (str(duty.pk), (NOON_SECONDS, NOON_SECONDS + 8 * HOUR))
    assert vehicle.pause == Break((NOON_SECONDS + 3 * HOUR, NOON_SECONDS + 4 * HOUR), 1800)
    assert (vehicle.capacity, vehicle.fixed_cost, vehicle.cost_per_hour) == ((600_000, 6_000_000), 20, 30)
    assert (vehicle.cost_per_km, vehicle.kg_co2e_per_km) == (0.3, 0.317)
    assert (visit.id, visit.load) == (str(demand.shipment_id), (2_500, 8_000))
    assert visit.windows == ((NOON_SECONDS + HOUR, NOON_SECONDS + 2 * HOUR),)
    assert (visit.depots, visit.service_seconds, visit.prize, visit.group) == (
        frozenset({vehicle.depot}),
        180,
        None,
        "",
    )
    assert day.clock.moment(visit.windows[0][0]) == NOON + timedelta(hours=1)


def test_the_hour_that_clocks_leave_out_does_not_pass() -> None:
    hub = make_hub()
    noon = datetime(2026, 3, 29, 9, 0, tzinfo=UTC)  # noon in Helsinki, where three o'clock followed two
    make_duty(hub, starts_at=noon, ends_at=noon + timedelta(hours=8))

    day = days.gather(date(2026, 3, 29), [hub], at=noon - timedelta(hours=2))

    assert day.problem.vehicles[0].shift == (11 * HOUR, 19 * HOUR)
    assert day.clock.moment(11 * HOUR) == noon


def test_of_the_day_that_has_begun_nobody_sets_out_before_now() -> None:
    hub, _ = make_day()
    make_duty(hub, starts_at=NOON - timedelta(hours=9), ends_at=NOON - timedelta(hours=1))

    day = days.gather(TODAY, [hub], at=NOON + timedelta(hours=1))

    assert [vehicle.shift for vehicle in day.problem.vehicles] == [(NOON_SECONDS + HOUR, NOON_SECONDS + 8 * HOUR)]


def test_only_what_is_due_and_not_over_is_brought() -> None:
    hub, elsewhere = make_hub(), make_hub((60.30, 25.20))
    make_duty(hub)
    due = {
        make_demand(hub, DOORS[0]).shipment_id,
        make_demand(hub, DOORS[1], status=Status.CREATED).shipment_id,
        make_demand(hub, DOORS[2], status=Status.ATTEMPTED).shipment_id,
        make_demand(None, DOORS[3]).shipment_id,
    }
    tomorrow = NOON + timedelta(days=1)
    make_demand(elsewhere)
    make_demand(hub, earliest=tomorrow, latest=tomorrow + timedelta(hours=1))
    make_demand(hub, ready_at=tomorrow)
    for status in (Status.ON_HOLD, Status.OUT_FOR_DELIVERY, Status.LOST, Status.RETURNING):
        make_demand(hub, status=status)

    day = days.gather(TODAY, [hub], at=NOON)

    assert {int(visit.id) for visit in day.problem.visits} == due
    assert day.left_out == []


def test_what_should_have_come_before_comes_as_soon_as_it_can() -> None:
    hub = make_hub()
    make_duty(hub)
    demand = make_demand(hub, earliest=NOON - timedelta(days=2), latest=NOON - timedelta(days=1))

    day = days.gather(TODAY, [hub], at=NOON)

    assert visits(day)[str(demand.shipment_id)].windows == ((NOON_SECONDS, 24 * HOUR),)


def test_what_today_does_not_bring_is_tomorrows_at_any_hour() -> None:
    hub = make_hub()
    demand = make_demand(hub)
    tomorrow = TODAY + timedelta(days=1)

    assert [late for late, _ in days.gather(tomorrow, [hub], at=NOON).left_out] == [demand]

    make_duty(hub, starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=2))
    day = days.gather(tomorrow, [hub], at=NOON)
    assert visits(day)[str(demand.shipment_id)].windows == ((0, 24 * HOUR),)


def test_a_late_shift_goes_on_after_midnight() -> None:
    hub = make_hub()
    make_duty(hub, starts_at=NOON + timedelta(hours=8), ends_at=NOON + timedelta(hours=14))
    demand = make_demand(hub, earliest=NOON + timedelta(hours=8), latest=NOON + timedelta(hours=13))

    day = days.gather(TODAY, [hub], at=NOON + timedelta(hours=12, minutes=30))

    assert visits(day)[str(demand.shipment_id)].windows == ((20 * HOUR, 25 * HOUR),)
    assert day.problem.vehicles[0].shift == (24 * HOUR + HOUR // 2, 26 * HOUR)


def test_what_may_wait_has_a_price() -> None:
    hub = make_hub(waiting_costs=Decimal("2.50"))
    make_duty(hub)
    demand = make_demand(hub, latest=NOON + timedelta(days=2), level=Level.STANDARD)

    visit = visits(days.gather(TODAY, [hub], at=NOON))[str(demand.shipment_id)]

    assert (visit.prize, visit.windows) == (2.5, ((NOON_SECONDS, 24 * HOUR),))


def test_what_goes_to_one_door_goes_together_where_it_can() -> None:
    hub = make_hub()
    make_duty(hub, vehicle_type=make_vehicle_type(payload_g=10_000))
    first, second = make_demand(hub, mass_g=4_000), make_demand(hub, mass_g=5_000, service_seconds=300)
    heavy = make_demand(hub, mass_g=6_000)
    later = make_demand(hub, earliest=NOON + timedelta(hours=9), latest=NOON + timedelta(hours=10))
    next_door = make_demand(hub, DOORS[1])

    day = days.gather(TODAY, [hub], at=NOON)

    found = visits(day)
    assert [*found] == [str(one.shipment_id) for one in (first, heavy, later, next_door)]
    assert day.doors[str(first.shipment_id)].demands == (first, second)
    assert (found[str(first.shipment_id)].load, found[str(first.shipment_id)].service_seconds) == ((9_000, 16_000), 340)
    assert day.visits_of({second.shipment_id}) == {second.shipment_id: str(first.shipment_id)}


def test_at_home_or_at_a_pickup_point_is_one_choice() -> None:
    hub, kiosk = make_hub(), make_pickup_point()
    make_duty(hub)
    either = make_demand(hub, way=Way.EITHER, pickup_point=kiosk)
    collected = [make_demand(hub, DOORS[1], way=Way.PICKUP, pickup_point=kiosk) for _ in range(2)]

    day = days.gather(TODAY, [hub], at=NOON)

    number = str(either.shipment_id)
    assert {visit.id: visit.group for visit in day.problem.visits} == {
        number: number,
        f"{number}@pickup": number,
        str(collected[0].shipment_id): "",
    }
    assert day.doors[str(collected[0].shipment_id)].place == kiosk
    assert len(day.doors[str(collected[0].shipment_id)].demands) == 2
    assert day.visits_of({either.shipment_id}) == {either.shipment_id: number}
    assert day.visits_of({either.shipment_id}, at_pickup={either.shipment_id}) == {
        either.shipment_id: f"{number}@pickup"
    }


def test_it_takes_as_long_at_a_door_as_was_learned_of_its_block() -> None:
    hub = make_hub()
    make_duty(hub)
    known, said = make_demand(hub), make_demand(hub, DOORS[1], service_seconds=77)
    StopHint.objects.create(block=h3.latlng_to_cell(*DOORS[0], 10), seconds=240, n=9)

    found = visits(days.gather(TODAY, [hub], at=NOON))

    assert found[str(known.shipment_id)].service_seconds == 240
    assert found[str(said.shipment_id)].service_seconds == 77


def test_skills_and_what_can_do_without_them() -> None:
    hub, skill = make_hub(), Skill.objects.create(slug="age", name="Checks an age")
    duty = make_duty(hub)
    duty.skills.add(skill)
    demand = make_demand(hub)
    demand.skills.add(skill)

    day = days.gather(TODAY, [hub], at=NOON)

    assert day.problem.vehicles[0].skills == {"age"}
    assert visits(day)[str(demand.shipment_id)].skills == {"age"}


def test_what_need_not_be_asked_is_named_with_its_reason() -> None:
    hub = make_hub()
    nowhere, far, lonely = make_demand(hub, None), make_demand(None, (0.0, 0.0)), make_demand(hub)

    day = days.gather(TODAY, [hub], at=NOON)

    assert {demand.shipment_id: reason for demand, reason in day.left_out} == {
        nowhere.shipment_id: WhyNot.NO_POINT,
        far.shipment_id: WhyNot.NO_HUB,
        lonely.shipment_id: WhyNot.NOBODY_WORKS,
    }
    assert (day.problem.visits, day.missing) == ([], ["trips", "weather"])


def test_several_hubs_and_kinds_of_vehicles_are_one_problem() -> None:
    hubs = [make_hub(), make_hub((60.1785, 24.9510))]
    bike = make_vehicle_type(kind="cargo_bike", vehicle_class="cargo_bike", energy="muscle", feels_traffic=0, pace=1.4)
    van = make_vehicle_type()
    for hub, kind in ((hubs[0], van), (hubs[1], van), (hubs[1], bike)):
        make_duty(hub, vehicle_type=kind)
    free, bound = make_demand(None, DOORS[0]), make_demand(hubs[1], DOORS[1])

    day = days.gather(TODAY, hubs, at=NOON)

    depots = [vehicle.depot for vehicle in day.problem.vehicles]
    assert depots == [0, 1, 1]
    profiles = [vehicle.profile for vehicle in day.problem.vehicles]
    assert profiles[0] == profiles[1] != profiles[2]
    assert {*day.problem.drives} == {*day.problem.traffic_of} == {*profiles}
    assert set(day.problem.traffic_of[profiles[2]].factors) == {1.0}
    assert visits(day)[str(free.shipment_id)].depots == frozenset({0, 1})
    assert visits(day)[str(bound.shipment_id)].depots == frozenset({1})


def test_at_twice_the_speed_everything_takes_half_as_long(settings: Settings) -> None:
    hub, _ = make_day()
    slow = days.gather(TODAY, [hub], at=NOON)
    settings.SPEED = 2.0

    fast = days.gather(TODAY, [hub], at=NOON)

    (profile,) = slow.problem.drives
    assert fast.problem.drives[profile].seconds.max() == -(-slow.problem.drives[profile].seconds.max() // 2)
    assert [visit.service_seconds for visit in fast.problem.visits] == [90] * 5


def test_what_another_shift_has_on_a_route_is_left_to_it() -> None:
    hub, (first, *_) = make_day()
    publishing.publish(make_plan(hub), by=None, at=NOON)
    Shift.objects.update(starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=8))
    make_duty(hub)

    day = days.gather(TODAY, [hub], at=NOON)

    assert day.problem.visits == []
    shipments.withdraw(first, at=NOON)
    assert [*visits(days.gather(TODAY, [hub], at=NOON))] == [str(first.id)]


def test_gathering_takes_as_many_questions_for_many_as_for_few() -> None:
    counts = []
    for doors in (1, 5):
        hub, _ = make_day(DOORS[:doors])
        with CaptureQueriesContext(connection) as asked:
            days.gather(TODAY, [hub], at=NOON)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 16


def test_a_day_without_a_hub_is_none() -> None:
    with pytest.raises(ValueError, match="at least one hub"):
        days.gather(TODAY, [], at=NOON)
