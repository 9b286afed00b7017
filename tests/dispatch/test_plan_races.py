"""Two at once with one plan, on a real database."""

from datetime import datetime
from functools import partial

import pytest

from dispatch.models import Plan, PlanState
from dispatch.services import plans, publishing, working
from dispatch.services.plans import NotReady
from tests.dispatch.fleets import DOORS, QUICK, make_day, make_plan
from tests.factories import NOON
from tests.tracking.test_races import at_once
from tracking.rounds.models import Route, Stop
from tracking.shipments.models import Shipment, WindowChange

ROUNDS = 3
TODAY = NOON.date()

pytestmark = pytest.mark.django_db(transaction=True)


def noon() -> datetime:
    return NOON


def test_of_two_clicks_one_publishes() -> None:
    for _ in range(ROUNDS):
        hub, _ = make_day(DOORS[:3])
        plan = make_plan(hub)
        routes, told = Route.objects.count(), WindowChange.objects.count()

        said = at_once(*[partial(publishing.publish, plan, by=None, at=NOON)] * 3)

        assert sorted(map(str, said)) == ["False", "False", "True"]
        assert Route.objects.count() == routes + 1
        assert WindowChange.objects.count() == told + 3


def test_two_plans_of_one_day_published_at_once_leave_each_shipment_on_one_stop() -> None:
    for _ in range(ROUNDS):
        hub, shipments = make_day(DOORS, vans=2)
        one, other = make_plan(hub), make_plan(hub)
        first = one.tours.get()
        free = hub.duties.exclude(pk=first.duty_id).get()
        plans.move(other, shipments[0], duty=free, place=1, at=NOON)

        said = at_once(
            partial(publishing.publish, one, by=None, at=NOON), partial(publishing.publish, other, by=None, at=NOON)
        )

        assert said == [True, True]
        ours = Shipment.objects.filter(id__in=[shipment.id for shipment in shipments])
        assert ours.filter(stop__state="pending").count() == 5
        waiting = Stop.objects.pending().filter(route__shift__duty__hub=hub)
        assert all(stop.shipments.exists() for stop in waiting)


def test_of_two_workers_one_works() -> None:
    for _ in range(ROUNDS):
        hub, _ = make_day(DOORS[:2])
        plan = plans.ask(TODAY, [hub], by=None, at=NOON, seconds=QUICK)

        said = at_once(*[partial(working.work_out, plan.pk, now=noon)] * 2)

        assert sorted(map(str, said)) == ["False", "True"]
        assert plan.tours.count() == 1
        assert Plan.objects.get(pk=plan.pk).tries == 1


def test_a_plan_cancelled_as_it_becomes_ready_is_cancelled_and_published_never() -> None:
    for _ in range(ROUNDS):
        hub, _ = make_day(DOORS[:2])
        plan = plans.ask(TODAY, [hub], by=None, at=NOON, seconds=QUICK)

        at_once(partial(working.work_out, plan.pk, now=noon), partial(plans.cancel, plan))

        plan.refresh_from_db()
        assert plan.state == PlanState.CANCELLED
        with pytest.raises(NotReady):
            publishing.publish(plan, by=None, at=NOON)
        assert not Route.objects.filter(shift__duty__hub=hub).exists()


def test_cancelled_or_published_but_not_both() -> None:
    for _ in range(ROUNDS):
        hub, _ = make_day(DOORS[:2])
        plan = make_plan(hub)

        published, cancelled = at_once(partial(publishing.publish, plan, by=None, at=NOON), partial(plans.cancel, plan))

        plan.refresh_from_db()
        has_route = Route.objects.filter(shift__duty__hub=hub).exists()
        if plan.state == PlanState.PUBLISHED:
            assert (published, cancelled, has_route) == (True, False, True)
        else:
            assert (type(published), cancelled, has_route) == (NotReady, True, False)
