"""A day under way: what is done stays done, what the driver is at stays next, and who was told a time keeps it."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync

from dispatch.models import Demand, Duty, Plan, PlanState
from dispatch.models.plans import WhyNot
from dispatch.services import comparing, days, plans, publishing, replanning, standing, working
from tests.dispatch.fleets import QUICK, make_day, make_demand, make_duty, make_plan
from tests.factories import NOON
from tracking.live import positions
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Route, RouteState, ShiftState, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db

LINE = [(60.1700, 24.9400 + 0.009 * number) for number in range(1, 9)]
"""Doors one after the other on the way east."""


def order(route: Route) -> list[int]:
    return list(
        Shipment.objects.filter(stop__in=route.stops.pending())
        .order_by("stop__sequence", "id")
        .values_list("id", flat=True)
    )


def begin(doors: list[tuple[float, float]] = LINE) -> tuple[Duty, Route, list[int]]:
    """Publish a day, load the van and send it off; gives the duty, the route and the shipments in its order."""
    hub, _ = make_day(doors)
    publishing.publish(make_plan(hub), by=None, at=NOON)
    route = Route.objects.get()
    set_off(route)
    return hub.duties.get(), route, order(route)


def set_off(route: Route) -> None:
    rounds.move_shift(route.shift, ShiftState.WORKING, at=NOON)
    for shipment in Shipment.objects.filter(stop__route=route):
        services.record(shipment, Status.OUT_FOR_DELIVERY, at=NOON)
    services.set_off(route, at=NOON)


def shuffle(route: Route, ids: list[int]) -> None:
    """Put the stops of a route into another order, as somebody at a desk might."""
    doors = {
        shipment.id: services.Door(
            rounds.StopPlan(shipment.stop.latitude, shipment.stop.longitude, service_seconds=180), (shipment.id,)
        )
        for shipment in Shipment.objects.filter(id__in=ids).select_related("stop")
        if shipment.stop
    }
    services.lay_out([services.Layout(route.id, [doors[shipment_id] for shipment_id in ids])], at=NOON)


def tell_late(ids: list[int]) -> None:
    """Let everybody have been told a time that any order keeps."""
    span = {"window_start": NOON - timedelta(hours=1), "window_end": NOON + timedelta(hours=8)}
    Shipment.objects.filter(id__in=ids).update(**span)


def test_what_is_in_the_best_order_stays_in_it() -> None:
    duty, route, before = begin()

    assert replanning.van(duty, at=NOON) is None
    assert order(route) == before
    assert Plan.objects.count() == 1


def test_a_bad_order_is_mended_behind_the_stops_the_driver_is_at() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    shuffle(route, [ids[0], ids[1], ids[7], ids[2], ids[6], ids[3], ids[5], ids[4]])

    plan = replanning.van(duty, at=NOON)

    assert plan is not None
    assert (plan.state, plan.is_again) == (PlanState.PUBLISHED, True)
    assert order(route)[:2] == ids[:2]
    assert sorted(order(route)) == sorted(ids)
    assert plan.figures["plan"]["seconds"] <= plan.figures["before"]["seconds"] - replanning.WORTH_SECONDS


def test_what_is_done_stays_done() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    services.record(Shipment.objects.get(id=ids[0]), Status.DELIVERED, at=NOON)
    shuffle(route, [ids[1], ids[2], ids[7], ids[3], ids[6], ids[4], ids[5]])

    plan = replanning.van(duty, at=NOON)

    assert plan is not None
    assert sorted(order(route)) == sorted(ids[1:])
    assert list(route.stops.filter(state=StopState.DONE).values_list("shipments", flat=True)) == [ids[0]]


def test_the_first_drive_is_from_where_the_driver_was_seen_last() -> None:
    duty, _, _ = begin()
    fix = RawFix(recorded_at=NOON, latitude=60.1800, longitude=24.9500)
    async_to_sync(positions.accept)(duty.shift.driver_id, [fix], at=NOON)

    day = days.gather_van(duty, at=NOON)

    assert day is not None
    (van,) = day.begun.values()
    assert van.point == (60.1800, 24.9500)
    (vehicle,) = day.problem.vehicles
    assert (vehicle.shift[0], vehicle.fixed_cost, vehicle.back_at) == (12 * 3600, 0.0, 0)


def test_without_a_position_it_goes_on_from_the_last_door() -> None:
    duty, route, ids = begin()
    services.record(Shipment.objects.get(id=ids[0]), Status.DELIVERED, at=NOON)

    day = days.gather_van(duty, at=NOON)

    done = route.stops.get(state=StopState.DONE)
    assert day is not None
    assert next(iter(day.begun.values())).point == (done.latitude, done.longitude)


def test_who_is_on_a_break_goes_on_after_it() -> None:
    duty, route, _ = begin()
    rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=NOON)

    day = days.gather_van(duty, at=NOON)

    assert day is not None
    assert day.problem.vehicles[0].shift[0] == 12 * 3600 + 15 * 60


def test_a_told_time_is_kept_although_another_order_would_be_shorter() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    last = ids[7]
    soon = {"window_start": NOON, "window_end": NOON + timedelta(minutes=40)}
    Shipment.objects.filter(id=last).update(**soon)
    shuffle(route, [ids[0], ids[1], last, *ids[2:7]])
    standing_at = days.gather_van(duty, at=NOON)
    assert standing_at is not None
    before = {tour.vehicle: tour.visits for tour in standing.tours(standing_at)}

    replanning.van(duty, at=NOON)

    assert order(route)[2] == last
    assert next(iter(before.values()))[2] == str(last)


def test_a_promise_that_is_lost_in_this_order_and_can_be_kept_in_another_is_mended() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    Shipment.objects.filter(id=ids[7]).update(window_start=NOON, window_end=NOON + timedelta(minutes=35))

    plan = replanning.van(duty, at=NOON)

    assert plan is not None
    assert [shipment.id for shipment in comparing.against_published(plan).mended] == [ids[7]]
    assert plan.state == PlanState.PUBLISHED
    assert order(route)[:2] == ids[:2]
    assert order(route).index(ids[7]) < 5


def test_who_can_only_come_late_still_comes() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    past = {"window_start": NOON - timedelta(hours=2), "window_end": NOON - timedelta(hours=1)}
    Shipment.objects.filter(id__in=ids[4:]).update(**past)

    replanning.van(duty, at=NOON)

    assert sorted(order(route)) == sorted(ids)


def test_routes_that_no_plan_made_are_left_alone_and_so_are_those_that_were_looked_at_just_now() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    bad = [ids[0], ids[1], ids[7], ids[2], ids[6], ids[3], ids[5], ids[4]]
    shuffle(route, bad)
    Duty.objects.filter(pk=duty.pk).update(looked_at=NOON - timedelta(seconds=1))

    assert replanning.look(route.id, at=NOON) is None
    assert order(route) == bad
    Plan.objects.update(state=PlanState.CANCELLED, published_at=None)
    assert replanning.look(route.id, at=NOON + timedelta(minutes=1)) is None
    assert order(route) == bad
    Plan.objects.update(state=PlanState.PUBLISHED, published_at=NOON)
    assert replanning.look(route.id, at=NOON + timedelta(minutes=1)) is not None
    assert order(route) != bad


def test_a_day_is_planned_anew_with_the_vans_on_the_road_and_what_has_come_in_since() -> None:
    duty, route, ids = begin()
    late = make_duty(duty.hub, starts_at=NOON + timedelta(hours=1), ends_at=NOON + timedelta(hours=5))
    fresh = make_demand(duty.hub, LINE[3]).shipment_id

    plan = replanning.day([duty.hub], by=None, at=NOON, seconds=QUICK)
    assert plan.is_again
    assert working.work_out(plan.pk, now=lambda: NOON)
    assert publishing.publish(plan, by=None, at=NOON)

    assert order(route) == ids
    assert order(Route.objects.get(shift=late.shift)) == [fresh]
    assert Route.objects.get(id=route.id).state == RouteState.ACTIVE


def test_what_would_leave_somebody_out_waits_for_a_dispatcher() -> None:
    hub, (first, *_) = make_day(LINE[:3])
    publishing.publish(make_plan(hub), by=None, at=NOON)
    route = Route.objects.get()
    before = order(route)
    Demand.objects.filter(shipment=first).update(mass_g=700_000)

    plan = replanning.van(hub.duties.get(), at=NOON)

    assert plan is not None
    assert (plan.state, order(route)) == (PlanState.READY, before)
    assert plan.visits.get(shipment=first).reason == WhyNot.TOO_MUCH


def test_a_newer_thought_takes_the_place_of_one_that_waits() -> None:
    duty, route, ids = begin()
    tell_late(ids)
    waiting = plans.draft(NOON.date(), [duty.hub], by=None, at=NOON)
    shuffle(route, [ids[0], ids[1], ids[7], ids[2], ids[6], ids[3], ids[5], ids[4]])

    replanning.van(duty, at=NOON)

    waiting.refresh_from_db()
    assert waiting.state == PlanState.CANCELLED
