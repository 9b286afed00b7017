"""A plan becomes routes, stops and windows; whom nothing changes for hears nothing."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks

from dispatch.models import Demand, Plan, PlanState
from dispatch.models.plans import Way
from dispatch.services import plans, publishing
from dispatch.services.plans import NotReady
from tests.dispatch.fleets import DOORS, make_day, make_demand, make_duty, make_plan
from tests.dispatch.hubs import make_hub
from tests.factories import NOON
from tracking import facts
from tracking.rounds.models import Place, PlaceKind, Route, RouteState, Stop, StopState
from tracking.shipments import services, signals
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.window import Cause, Window

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TODAY = date(2026, 11, 22)


def state() -> tuple[object, ...]:
    """Read all that a shopper or driver could notice."""
    return (
        list(
            Shipment.objects.order_by("id").values_list("id", "version", "status", "stop", "window_start", "window_end")
        ),
        list(Stop.objects.order_by("id").values_list("id", "route", "sequence", "state")),
        StatusEvent.objects.count(),
        WindowChange.objects.count(),
    )


def order(route: Route) -> list[int]:
    return list(
        Shipment.objects.filter(stop__in=route.stops.pending())
        .order_by("stop__sequence", "id")
        .values_list("id", flat=True)
    )


def publish(plan: Plan, minutes: int = 0) -> bool:
    return publishing.publish(plan, by=None, at=NOON + timedelta(minutes=minutes))


def test_a_plan_becomes_routes_and_everybody_is_told_a_time_that_fits() -> None:
    hub, shipments = make_day()
    somebody = User.objects.create(username="lead")
    plan = make_plan(hub)

    assert publishing.publish(plan, by=somebody, at=NOON)

    plan.refresh_from_db()
    tour, route = plan.tours.get(), Route.objects.get()
    assert (plan.state, plan.published_at, plan.published_by) == (PlanState.PUBLISHED, NOON, somebody)
    assert (tour.route, route.shift, route.hub, route.state) == (route, tour.duty.shift, hub.place, RouteState.PLANNED)
    assert route.departs_at == tour.departs_at
    assert order(route) == list(tour.visits.order_by("sequence").values_list("shipment_id", flat=True))
    for visit in tour.visits.select_related("shipment__stop"):
        shipment = Shipment.objects.select_related("stop").get(id=visit.shipment_id)
        told = shipment.window.span if shipment.window else None
        assert shipment.stop is not None
        assert (shipment.status, shipment.stop.planned_at) == (Status.PLANNED, visit.begins_at)
        assert told is not None
        assert visit.begins_at is not None
        assert NOON <= told[0] <= visit.begins_at <= told[1] - timedelta(minutes=60)
    assert set(WindowChange.objects.values_list("cause", flat=True)) == {Cause.PLANNED}
    assert len(shipments) == WindowChange.objects.count() == 5


def test_until_it_is_loaded_the_page_says_planned_for_today_and_never_more() -> None:
    hub, (first, *_) = make_day()
    publish(make_plan(hub))

    shipment = Shipment.objects.with_round().get(id=first.id)
    found = facts.gather(shipment, fix=None, at=NOON)

    assert (found.status, found.status_label, found.stops_before, found.driver) == (
        Status.PLANNED,
        "Planned for today",
        None,
        None,
    )
    assert found.window is not None
    assert found.window.reason == "Your delivery was put on a route."


def test_a_second_click_changes_nothing() -> None:
    hub, _ = make_day()
    plan = make_plan(hub)
    publish(plan)
    before = state()

    assert not publish(plan, minutes=5)

    assert state() == before


@pytest.mark.parametrize("standing", [PlanState.WAITING, PlanState.WORKING, PlanState.CANCELLED, PlanState.FAILED])
def test_only_what_is_ready_is_published(standing: PlanState) -> None:
    hub, _ = make_day()
    plan = make_plan(hub)
    Plan.objects.filter(pk=plan.pk).update(state=standing)
    before = state()

    with pytest.raises(NotReady):
        publish(plan)

    assert state() == before


def test_the_same_order_again_is_news_to_nobody(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    hub, _ = make_day()
    publish(make_plan(hub))
    before, heard = state(), []

    def listen(**words: object) -> None:
        heard.append(words)

    for signal in (signals.stops_changed, signals.window_changed, signals.status_changed):
        signal.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        publish(make_plan(hub))
    for signal in (signals.stops_changed, signals.window_changed, signals.status_changed):
        signal.disconnect(listen)

    assert (state(), heard) == (before, [])


def test_who_comes_half_an_hour_later_is_told_and_the_others_are_not() -> None:
    hub, _ = make_day()
    publish(make_plan(hub))
    plan = plans.draft(TODAY, [hub], by=None, at=NOON)
    duty = plan.tours.get().duty
    moved = plan.visits.get(sequence=1).shipment
    others = list(Shipment.objects.exclude(id=moved.id).order_by("id").values_list("id", "version"))
    Shipment.objects.filter(id=moved.id).update(window_end=NOON + timedelta(minutes=25))
    before = Shipment.objects.get(id=moved.id).version

    plans.move(plan, moved, duty=duty, place=5, at=NOON)
    publish(plan)

    told = Shipment.objects.get(id=moved.id)
    assert (told.version, told.window_cause) == (before + 1, Cause.REPLANNED)
    assert list(Shipment.objects.exclude(id=moved.id).order_by("id").values_list("id", "version")) == others
    assert order(Route.objects.get())[-1] == moved.id


def test_what_is_left_out_leaves_its_route() -> None:
    hub, (first, *_) = make_day()
    publish(make_plan(hub))
    plan = plans.draft(TODAY, [hub], by=None, at=NOON)
    plans.move(plan, first, duty=None, place=1, at=NOON)

    publish(plan)

    gone = Shipment.objects.get(id=first.id)
    assert (gone.status, gone.stop, gone.window) == (Status.AT_HUB, None, None)
    assert len(order(Route.objects.get())) == 4


def test_a_route_with_nothing_left_is_no_route() -> None:
    hub, (first,) = make_day(DOORS[:1], vans=2)
    plan = make_plan(hub)
    publish(plan)
    used = plan.tours.get().duty
    free = hub.duties.exclude(pk=used.pk).get()

    draft = plans.draft(TODAY, [hub], by=None, at=NOON)
    plans.move(draft, first, duty=free, place=1, at=NOON)
    publish(draft)

    route = Route.objects.get()
    assert (route.shift, order(route)) == (free.shift, [first.id])


def test_a_van_that_has_set_off_meanwhile_is_left_alone() -> None:
    hub, (first, *_) = make_day()
    publish(make_plan(hub))
    late = make_plan(hub)
    route = Route.objects.get()
    for shipment in Shipment.objects.all():
        services.record(shipment, Status.OUT_FOR_DELIVERY, at=NOON)
    services.set_off(route, at=NOON)
    before = state()

    publish(late)

    assert state() == before
    assert first.id in order(route)


def test_what_is_over_or_called_off_since_is_passed_over() -> None:
    hub, (first, second, *_) = make_day()
    plan = make_plan(hub)
    services.record(first, Status.CANCELLED, at=NOON)
    services.record(second, Status.ON_HOLD, at=NOON)

    publish(plan)

    assert len(order(Route.objects.get())) == 3
    assert Shipment.objects.get(id=first.id).stop is None


def test_two_at_one_door_share_a_stop_and_what_goes_to_a_pickup_point_goes_there() -> None:
    hub = make_hub()
    make_duty(hub)
    kiosk = Place.objects.create(
        slug="kiosk", name="Kiosk", kind=PlaceKind.PICKUP_POINT, address="A 1", latitude=60.17, longitude=24.939
    )
    neighbours = [make_demand(hub).shipment_id for _ in range(2)]
    collected = make_demand(hub, DOORS[1], way=Way.PICKUP, pickup_point=kiosk).shipment_id

    publish(make_plan(hub))

    stops = {shipment.id: shipment.stop for shipment in Shipment.objects.select_related("stop") if shipment.stop}
    assert Stop.objects.count() == 2
    assert stops[neighbours[0]] == stops[neighbours[1]]
    assert (stops[collected].latitude, stops[collected].longitude) == (60.17, 24.939)
    assert stops[neighbours[0]].service_seconds == 220


def test_a_plan_for_tomorrow_is_published_today() -> None:
    hub = make_hub()
    tomorrow = NOON + timedelta(days=1)
    make_duty(hub, starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=8))
    demand = make_demand(hub, earliest=tomorrow, latest=tomorrow + timedelta(hours=8))
    plan = plans.draft(TODAY + timedelta(days=1), [hub], by=None, at=NOON)
    plans.move(plan, demand.shipment, duty=hub.duties.get(), place=1, at=NOON)

    publish(plan)

    shipment = Shipment.objects.with_round().get()
    assert shipment.window is not None
    assert shipment.window.date == TODAY + timedelta(days=1)
    assert facts.gather(shipment, fix=None, at=NOON).status_label == "Planned"
    assert Stop.objects.get().state == StopState.PENDING
    assert Demand.objects.get() == demand


def test_a_time_that_a_shopper_was_told_stays_told_while_it_is_right() -> None:
    hub = make_hub()
    make_duty(hub)
    demand = make_demand(hub, earliest=NOON, latest=NOON + timedelta(hours=8))
    span = (NOON - timedelta(minutes=15), NOON + timedelta(minutes=45))
    services.estimate(demand.shipment, Window(TODAY, *span), cause=Cause.FIRST, at=NOON - timedelta(minutes=15))

    publish(make_plan(hub))

    window = Shipment.objects.get().window
    assert window is not None
    assert window.span == span
    assert WindowChange.objects.count() == 1
