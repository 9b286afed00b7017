"""What a shopper asks for reaches the routes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dispatch.models import Demand, Hub, PlanState
from dispatch.services import demands, following, publishing
from tests.dispatch.fleets import make_day, make_demand, make_duty, make_plan
from tests.dispatch.test_replanning import LINE, order, set_off
from tests.factories import NOON
from tracking.changes.models import Action, Asker, Change
from tracking.rounds.models import Route, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause, Window

pytestmark = pytest.mark.django_db


def write_change(shipment: Shipment, action: Action, **details: Any) -> Change:
    return Change.objects.create(
        shipment=shipment,
        action=action,
        asked_by=Asker.LINK,
        asked_at=NOON,
        details=details,
        undo_until=NOON + timedelta(hours=1),
    )


def choose(shipment: Shipment, start: datetime, end: datetime) -> None:
    """Let a shopper choose another time, as it is written down in the transaction of the change."""
    write_change(shipment, Action.SLOT, start=start.isoformat(), end=end.isoformat())
    demand = Demand.objects.get(shipment=shipment)
    demands.aim(demand, earliest=start, latest=end)
    services.estimate(shipment, Window(start.date(), start, end), cause=Cause.ASKED, at=NOON)


def published() -> tuple[Route, list[Shipment]]:
    hub, shipments = make_day(LINE[:5])
    publishing.publish(make_plan(hub), by=None, at=NOON)
    return Route.objects.get(), shipments


def fresh(shipment: Shipment) -> Shipment:
    return Shipment.objects.select_related("stop").get(id=shipment.id)


def test_another_day_is_off_the_route_and_nobody_else_is_told_anything_else() -> None:
    route, (first, *others) = published()
    told = list(Shipment.objects.exclude(id=first.id).order_by("id").values_list("window_start", "window_end"))
    tomorrow = NOON + timedelta(days=1)
    choose(first, tomorrow, tomorrow + timedelta(hours=2))

    following.follow(fresh(first), at=NOON)

    gone = fresh(first)
    assert gone.stop is None
    assert gone.window is not None
    assert gone.window.date == date(2026, 11, 23)
    assert sorted(order(route)) == [shipment.id for shipment in others]
    assert list(Shipment.objects.exclude(id=first.id).order_by("id").values_list("window_start", "window_end")) == told


def test_another_day_that_is_planned_already_has_it_at_once() -> None:
    route, (first, *_) = published()
    tomorrow, hub = NOON + timedelta(days=1), Hub.objects.get()
    make_duty(hub, starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=8))
    make_demand(hub, LINE[5], earliest=tomorrow, latest=tomorrow + timedelta(hours=8))
    publishing.publish(make_plan(hub, at=tomorrow), by=None, at=NOON)
    choose(first, tomorrow + timedelta(hours=5), tomorrow + timedelta(hours=6))

    plan = following.follow(fresh(first), at=NOON)

    assert plan is not None
    assert (plan.state, plan.day) == (PlanState.PUBLISHED, date(2026, 11, 23))
    stop = fresh(first).stop
    assert stop is not None
    assert stop.route_id != route.id
    assert stop.planned_at == tomorrow + timedelta(hours=5)
    assert first.id not in order(route)


def test_another_time_of_the_same_day_is_another_place_in_the_order() -> None:
    route, _ = published()
    first = Shipment.objects.get(id=order(route)[0])
    choose(first, NOON + timedelta(hours=3), NOON + timedelta(hours=4))

    plan = following.follow(first, at=NOON)

    assert plan is not None
    assert plan.state == PlanState.PUBLISHED
    assert order(route)[-1] == first.id
    planned = fresh(first).stop
    assert planned is not None
    assert planned.planned_at is not None
    assert planned.planned_at == NOON + timedelta(hours=3)


def test_what_was_taken_off_its_route_for_another_time_of_that_day_is_fitted_in_again() -> None:
    route, _ = published()
    first = Shipment.objects.get(id=order(route)[0])
    before = order(route)[1:]
    choose(first, NOON + timedelta(minutes=5), NOON + timedelta(hours=4))
    services.withdraw(first, at=NOON)

    plan = following.follow(first, at=NOON)

    assert plan is not None
    assert plan.state == PlanState.PUBLISHED
    assert [one for one in order(route) if one != first.id] == before
    assert first.id in order(route)
    assert fresh(first).status == Status.PLANNED
    assert following.follow(first, at=NOON) is None


def test_a_day_that_nobody_has_planned_waits_for_its_plan() -> None:
    hub, _ = make_day(LINE[:1])
    later = make_demand(hub, LINE[1])

    assert following.follow(later.shipment, at=NOON) is None
    assert fresh(later.shipment).stop is None


def test_what_goes_nowhere_any_more_waits_for_the_next_plan() -> None:
    route, (first, *_) = published()
    choose(first, NOON + timedelta(minutes=1), NOON + timedelta(hours=4))
    services.withdraw(first, at=NOON)
    Demand.objects.filter(shipment=first).update(mass_g=700_000)

    assert following.follow(first, at=NOON) is None
    assert first.id not in order(route)


def test_what_a_driver_has_with_them_comes_back_when_it_is_for_another_day() -> None:
    route, _ = published()
    set_off(route)
    last = Shipment.objects.get(id=order(route)[-1])
    tomorrow = NOON + timedelta(days=1)
    choose(last, tomorrow, tomorrow + timedelta(hours=2))

    following.follow(last, at=NOON)

    back = fresh(last)
    assert (back.status, back.stop) == (Status.AT_HUB, None)
    assert len(order(route)) == 4
    assert route.stops.filter(state=StopState.REMOVED).count() == 1


def test_a_shipment_that_a_carrier_sees_to_is_none_of_ours() -> None:
    hub, (first,) = make_day(LINE[:1])
    Demand.objects.all().delete()

    assert following.follow(first, at=NOON) is None
    assert hub.duties.count() == 1
