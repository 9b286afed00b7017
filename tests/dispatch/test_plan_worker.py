"""A plan and a real worker: it is seen at work, stops when nobody wants it any more, and is free for the next."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dispatch.models import Hub, Plan, PlanState
from dispatch.services import plans
from tests import servers
from tests.dispatch.fleets import DOORS, QUICK, make_demand, make_duty
from tests.dispatch.hubs import make_hub

PATIENCE_SECONDS = 60
LONG = 100.0

pytestmark = pytest.mark.django_db(transaction=True)


def ask(hub: Hub, *, at: datetime, seconds: float) -> Plan:
    """Ask for a plan that its worker was never told of: the sweep finds it."""
    day = at.astimezone(hub.zone).date()
    return plans.ask(day, [hub], by=None, at=at - timedelta(minutes=1), seconds=seconds)


def wait(plan: Plan, until: Callable[[Plan], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        plan.refresh_from_db()
        if until(plan):
            return
        time.sleep(0.2)


def test_a_worker_stops_what_is_cancelled_and_works_out_what_is_next(worker: servers.Server) -> None:
    hub, at = make_hub(), timezone.now()
    make_duty(hub, starts_at=at, ends_at=at + timedelta(hours=8))
    for door in DOORS:
        make_demand(hub, door, earliest=at, latest=at + timedelta(hours=8))
    long = ask(hub, at=at, seconds=LONG)

    wait(long, lambda plan: plan.progress > 0)
    assert long.state == PlanState.WORKING, worker.log.read_text()
    assert plans.cancel(long)
    short = ask(hub, at=at, seconds=QUICK)
    wait(short, lambda plan: plan.state == PlanState.READY)

    long.refresh_from_db()
    assert (long.state, long.tours.count()) == (PlanState.CANCELLED, 0)
    assert (short.state, short.visits.exclude(tour=None).count()) == (PlanState.READY, 5), worker.log.read_text()
