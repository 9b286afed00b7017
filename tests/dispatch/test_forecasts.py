from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from dispatch import tasks, travel
from dispatch.forecasting.live import PRIOR
from dispatch.models import Forecast, LearnedMargin, LearnedRatio
from dispatch.services import forecasts
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_driver, make_route
from tracking import arrivals
from tracking.rounds import services as rounds
from tracking.rounds.estimate import Ahead, Arrival, Progress
from tracking.rounds.models import Route, ShiftState, StopState
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300), (60.1700, 24.9300)]
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def ahead_of(route: Route, *, drive: float = 600.0, door: float = 120.0) -> list[Ahead]:
    return [Ahead(stop.id, drive, door) for stop in route.stops.pending()]


def foretell(route: Route, *, at: datetime = NOON) -> list[Arrival]:
    return forecasts.foretell(route, Progress(at=at, seen_at=at), ahead_of(route))


def drive(route: Route, *, minutes: float, at: datetime = NOON) -> datetime:
    """Serve all stops of a route, so many minutes each, and foretell the rest after each of them."""
    for stop in route.stops.all():
        foretell(route, at=at)
        at += timedelta(minutes=minutes)
        rounds.settle_stop(stop.id, StopState.DONE, at=at)
    route.refresh_from_db()
    return at


@pytest.mark.sqlite
def test_a_fresh_installation_foretells_by_the_plan_and_keeps_it() -> None:
    route = make_route(DOORS)

    first, second, *_ = foretell(route)

    assert [a.stop_id for a in (first, second)] == list(route.stops.values_list("id", flat=True)[:2])
    assert first.middle == NOON + 10 * MINUTE
    assert second.middle == NOON + 22 * MINUTE
    kept = Forecast.objects.order_by("stop__sequence")
    assert [forecast.p50 for forecast in kept] == [NOON + timedelta(minutes=12 * n) for n in (1, 2, 3, 4)]
    assert [forecast.horizon for forecast in kept] == [1, 2, 2, 3]
    assert [forecast.plain_seconds for forecast in kept] == [720, None, None, None]
    assert {forecast.model for forecast in kept} == {forecasts.MODEL}
    assert all(f.shown_start <= f.p10 + 2.5 * MINUTE and f.p90 <= f.shown_end + 2.5 * MINUTE for f in kept)


def test_bounds_are_given_to_five_minutes_and_are_never_past() -> None:
    route = make_route(DOORS)
    at = NOON + 7 * MINUTE

    found = foretell(route, at=at)

    bounds = [moment for arrival in found for moment in (arrival.low, arrival.high)]
    assert min(bounds) >= at
    assert all(moment == at or (moment - NOON) % (5 * MINUTE) == timedelta() for moment in bounds)
    assert found == sorted(found, key=lambda arrival: (arrival.low, arrival.high))


def test_forecasts_are_kept_when_a_stop_is_done_and_else_every_five_minutes() -> None:
    route = make_route(DOORS)
    for minutes in (0, 1, 4.9, 5, 5.5):
        foretell(route, at=NOON + minutes * MINUTE)
    first = route.stops.get(sequence=1)
    rounds.settle_stop(first.id, StopState.DONE, at=NOON + 6 * MINUTE)

    foretell(route, at=NOON + 6.1 * MINUTE)
    foretell(route, at=NOON + 6.1 * MINUTE)

    assert list(Forecast.objects.order_by("at").values_list("at", flat=True).distinct()) == [
        NOON + minutes * MINUTE for minutes in (0, 5, 6.1)
    ]
    assert set(Forecast.objects.filter(stop=first).values_list("done_at", flat=True)) == {NOON + 6 * MINUTE}


def test_a_slow_morning_is_carried_forward() -> None:
    route = make_route(DOORS)
    foretell(route)
    first = route.stops.get(sequence=1)
    rounds.settle_stop(first.id, StopState.DONE, at=NOON + 24 * MINUTE)

    second, *_ = foretell(route, at=NOON + 24 * MINUTE)

    today = (1440 + 5400) / (720 + 5400)
    assert second.middle == NOON + 24 * MINUTE + timedelta(seconds=600 * today)


def test_a_round_that_is_over_teaches_the_next_one_once() -> None:
    route = make_route(DOORS)
    over_at = drive(route, minutes=18)

    assert forecasts.due_routes() == [route.id]
    assert forecasts.learn(route.id, at=over_at) == 10
    assert forecasts.learn(route.id, at=over_at) == 0
    assert forecasts.due_routes() == []

    driver = LearnedRatio.objects.get(driver=route.shift.driver)
    hours = LearnedRatio.objects.filter(hub=route.hub).order_by("hour")
    assert [row.hour for row in hours] == [NOON.hour]
    assert sum(row.took_seconds for row in hours) == 4 * 18 * 60
    assert sum(row.foretold_seconds for row in hours) == pytest.approx(4 * 720)
    assert driver.took_seconds > driver.foretold_seconds
    margins = LearnedMargin.objects.filter(hub=route.hub)
    assert sum(margin.n for margin in margins) == 10
    assert margins.get(horizon=3).high > PRIOR[3].high
    assert margins.get(horizon=1).high < PRIOR[1].high
    assert LearnedMargin.objects.filter(hub=None).count() == len(PRIOR)


def test_what_was_learned_makes_the_same_drivers_next_round_longer_from_its_start() -> None:
    driver = make_driver()
    route = make_route(DOORS, driver=driver)
    over_at = drive(route, minutes=18)
    forecasts.learn(route.id, at=over_at)
    rounds.move_shift(route.shift, ShiftState.ENDED, at=over_at)
    tomorrow = NOON + timedelta(days=1)
    again = make_route(DOORS, driver=driver, at=tomorrow)

    first, *_ = foretell(again, at=tomorrow)

    assert tomorrow + 10.5 * MINUTE < first.middle < tomorrow + 15 * MINUTE


def test_the_number_of_questions_does_not_grow_with_the_round(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    short, long = make_route(DOORS[:2]), make_route(DOORS * 6, driver=make_driver())
    with CaptureQueriesContext(connection) as of_short:
        foretell(short)

    with django_assert_num_queries(len(of_short)):
        foretell(long)
    assert len(of_short) <= 12


def test_shoppers_are_told_what_this_forecaster_says() -> None:
    route = make_route(DOORS)

    ids = arrivals.estimate_route(route.id, at=NOON)

    kept = Forecast.objects.order_by("stop__sequence")
    told = Shipment.objects.filter(stop__route=route).order_by("stop__sequence")
    assert ids == [shipment.id for shipment in told]
    assert [(s.window_start, s.window_end) for s in told] == [(f.shown_start, f.shown_end) for f in kept]


def test_tracking_alone_foretells_plainly() -> None:
    route = make_route(DOORS)
    arrivals.use(arrivals.plainly)
    try:
        ids = arrivals.estimate_route(route.id, at=NOON)
    finally:
        arrivals.use(forecasts.foretell)

    assert len(ids) == len(DOORS)
    assert not Forecast.objects.exists()


def test_the_traffic_of_the_hours_is_met_where_there_are_streets(settings: Settings) -> None:
    hub = make_hub()
    route = make_route(DOORS[:1])
    route.hub = hub.place
    local = NOON.astimezone(hub.zone)
    factor = travel.traffic(hub, day=local.date()).factors[local.hour]

    (met,) = foretell(route)
    settings.MAP_AREAS = []
    (flown,) = foretell(route, at=NOON + timedelta(minutes=1))

    assert factor > 1
    assert met.middle == NOON + timedelta(seconds=ceil(600 * factor))
    assert flown.middle == NOON + 11 * MINUTE
    assert Forecast.objects.get().hour == local.hour != NOON.hour


def test_a_round_of_which_all_stops_went_teaches_nothing() -> None:
    route = make_route(DOORS)
    foretell(route)
    for stop in route.stops.all():
        rounds.settle_stop(stop.id, StopState.REMOVED, at=NOON)

    assert forecasts.due_routes() == []
    assert forecasts.learn(route.id, at=NOON) == 0
    assert not LearnedRatio.objects.exists()


def test_who_is_on_time_waits_for_nothing_but_who_is_far_too_early_for_the_promise_waits() -> None:
    route = make_route(DOORS[:1])
    shipment = Shipment.objects.get(stop__route=route)
    shipments.promise(shipment, start=NOON + 60 * MINUTE, end=NOON + 120 * MINUTE, at=NOON)

    (arrival,) = foretell(route)

    assert arrival.middle == NOON + 45 * MINUTE
    assert Forecast.objects.get().plain_seconds is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"p10": NOON - MINUTE},
        {"p50": NOON},
        {"p90": NOON + MINUTE},
        {"shown_end": NOON},
        {"taught_at": NOON},
    ],
)
def test_the_database_refuses_forecasts_that_make_no_sense(wrong: dict[str, datetime]) -> None:
    route = make_route(DOORS[:1])
    foretell(route)

    with pytest.raises(IntegrityError), transaction.atomic():
        Forecast.objects.update(**wrong)


def test_the_database_refuses_ratios_and_margins_of_nothing() -> None:
    route = make_route(DOORS[:1])
    hub, driver = route.hub, route.shift.driver
    wrong = [
        LearnedRatio(took_seconds=1, foretold_seconds=1),
        LearnedRatio(hub=hub, took_seconds=1, foretold_seconds=1),
        LearnedRatio(hub=hub, hour=24, took_seconds=1, foretold_seconds=1),
        LearnedRatio(hub=hub, hour=1, driver=driver, took_seconds=1, foretold_seconds=1),
        LearnedRatio(driver=driver, took_seconds=0, foretold_seconds=1),
    ]
    for row in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
    margin = {"horizon": 1, "low": 0.1, "high": 0.1, "spread": 0.1}
    for hub_of_margin in (hub, None):
        LearnedMargin.objects.create(hub=hub_of_margin, **margin)
        with pytest.raises(IntegrityError), transaction.atomic():
            LearnedMargin.objects.create(hub=hub_of_margin, **margin)
    with pytest.raises(IntegrityError), transaction.atomic():
        LearnedMargin.objects.create(**{**margin, "horizon": 2, "spread": 0})


def test_by_the_clock_rounds_teach_and_old_forecasts_go_but_what_they_taught_stays() -> None:
    at = datetime.now(UTC) - forecasts.KEPT_FOR - timedelta(hours=4)
    old, recent = make_route(DOORS, at=at), make_route(DOORS, driver=make_driver(), at=at + timedelta(days=1))
    drive(old, minutes=12, at=at)
    drive(recent, minutes=12, at=at + timedelta(days=1))

    tasks.learn_forecasts()
    tasks.forget_forecasts()

    assert set(Forecast.objects.values_list("stop__route", flat=True)) == {recent.id}
    assert LearnedRatio.objects.filter(driver__isnull=False).count() == 2
