"""What is heard starts tasks that carry ids; a lost one is found by the sweep."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from dispatch import tasks
from dispatch.models import Demand, Plan, PlanState
from dispatch.services import plans
from tests.dispatch.fleets import QUICK, make_day, make_duty
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_route, make_shipment
from tests.started import Started, hearing
from tracking.changes import signals as changes
from tracking.changes.models import Change
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
OURS = frozenset({"work_out", "take_in", "look_at_route", "follow_changes"})

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Started]:
    """Give a function that does something, commits it, and gives the tasks of plans that were started by it."""
    with hearing(django_capture_on_commit_callbacks, app="dispatch", names=OURS) as do:
        yield do


def test_a_new_shipment_is_taken_in_once(started: Started) -> None:
    make_hub()

    found = started(partial(make_shipment, status=Status.AT_HUB))

    shipment = Shipment.objects.get()
    assert found == [("take_in", {"shipment_id": shipment.id})]
    tasks.take_in(shipment_id=shipment.id)
    tasks.take_in(shipment_id=shipment.id)
    tasks.take_in(shipment_id=0)
    assert Demand.objects.get().shipment == shipment


def test_a_plan_that_is_asked_for_is_worked_out(started: Started) -> None:
    hub, _ = make_day(DOORS)

    found = started(partial(plans.ask, NOON.date(), [hub], by=None, at=timezone.now(), seconds=QUICK))

    plan = Plan.objects.get()
    assert found == [("work_out", {"plan_id": plan.pk})]
    tasks.work_out(plan_id=plan.pk)
    tasks.work_out(plan_id=plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.tries) == (PlanState.READY, 1)


def test_the_sweep_starts_what_was_lost_and_takes_in_what_nobody_heard_of(started: Started) -> None:
    hub, shipments = make_day(DOORS)
    Demand.objects.filter(shipment=shipments[0]).delete()
    plan = plans.ask(NOON.date(), [hub], by=None, at=timezone.now() - timedelta(minutes=1), seconds=QUICK)

    found = started(tasks.sweep_plans)

    assert found == [("work_out", {"plan_id": plan.pk})]
    assert Demand.objects.count() == 3


def test_one_stop_less_makes_a_route_worth_a_look_and_one_done_does_not(started: Started) -> None:
    route = make_route(DOORS)
    first, second, _ = (stop.shipments.get() for stop in route.stops.all())

    assert started(partial(services.record, first, Status.DELIVERED, at=NOON)) == []
    assert started(partial(services.record, second, Status.CANCELLED, at=NOON)) == [
        ("look_at_route", {"route_id": route.id})
    ]
    tasks.look_at_route(route_id=route.id)
    assert Plan.objects.count() == 0


def test_a_stop_that_was_passed_by_makes_a_route_worth_a_look(started: Started) -> None:
    route = make_route(DOORS)
    second = route.stops.all()[1].shipments.get()

    assert started(partial(services.record, second, Status.DELIVERED, at=NOON)) == [
        ("look_at_route", {"route_id": route.id})
    ]


def test_a_delay_makes_a_route_worth_a_look_and_good_news_does_not(started: Started) -> None:
    route = make_route(DOORS)
    shipment = route.stops.all()[0].shipments.get()
    early, late = (
        Window(NOON.date(), NOON + timedelta(minutes=start), NOON + timedelta(minutes=start + 30)) for start in (10, 60)
    )

    assert started(partial(services.estimate, shipment, early, cause=Cause.ON_THE_ROAD, at=NOON)) == []
    found = started(partial(services.estimate, Shipment.objects.get(id=shipment.id), late, cause=Cause.BEHIND, at=NOON))
    assert found == [("look_at_route", {"route_id": route.id})]


def test_what_a_shopper_asks_for_is_followed(started: Started) -> None:
    duty = make_duty()
    shipment = make_shipment()

    def ask() -> None:
        changes.change_asked.send_robust(Change, change_id=1, shipment_id=shipment.id)
        changes.change_undone.send_robust(Change, change_id=1, shipment_id=shipment.id)

    assert started(ask) == [("follow_changes", {"shipment_id": shipment.id})] * 2
    tasks.follow_changes(shipment_id=shipment.id)
    tasks.follow_changes(shipment_id=0)
    assert duty.shift.routes.count() == 0
