"""A plan from the asking to the answer: who works on it, who may stop it, and what is left of one that died."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from dispatch.missing import Missing
from dispatch.models import Plan, PlannedTour, PlannedVisit, PlanState, Skill
from dispatch.models.plans import Way, WhyNot
from dispatch.planning import fallback
from dispatch.planning import plan as answers
from dispatch.planning.checking import Fault, Wrong
from dispatch.planning.plan import Reason
from dispatch.services import days, plans, publishing, results, working
from dispatch.services.plans import NotReady, TooLong
from tests.dispatch.fleets import DOORS, QUICK, make_day, make_demand, make_duty, make_plan
from tests.dispatch.hubs import make_hub
from tests.factories import NOON
from tracking.rounds.models import Place, PlaceKind
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TODAY = date(2026, 11, 22)


def ticking(since: datetime = NOON) -> Iterator[datetime]:
    """Let a second go by with each look at the clock."""
    while True:
        yield since
        since += timedelta(seconds=1)


def ask(seconds: float = QUICK) -> Plan:
    hub, _ = make_day()
    return plans.ask(TODAY, [hub], by=None, at=NOON, seconds=seconds)


def order(tour: PlannedTour) -> list[int]:
    return list(tour.visits.order_by("sequence", "shipment_id").values_list("shipment_id", flat=True))


def test_a_plan_is_asked_for_worked_out_and_ready() -> None:
    hub, shipments = make_day()
    somebody = User.objects.create(username="lead")

    plan = plans.ask(TODAY, [hub], by=somebody, at=NOON, seconds=QUICK)
    assert (plan.state, plan.asked_by, plan.progress) == (PlanState.WAITING, somebody, 0)
    assert working.work_out(plan.pk, now=lambda: NOON)

    plan.refresh_from_db()
    assert (plan.state, plan.progress, plan.begun_at, plan.ready_at) == (PlanState.READY, 100, NOON, NOON)
    tour = plan.tours.get()
    assert sorted(order(tour)) == [shipment.id for shipment in shipments]
    assert list(tour.visits.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]
    calls = [visit.call for visit in tour.visits.order_by("sequence")]
    assert all(call and NOON <= call.arrives_at <= call.begins_at < call.leaves_at for call in calls)
    assert set(plan.missing) == {"streets", "trips", "weather"}


def test_what_it_comes_to_is_there_for_each_route_and_parcel_and_adds_up() -> None:
    hub, _ = make_day(vans=2)

    plan = make_plan(hub)

    figures, tours = plan.figures["plan"], list(plan.tours.all())
    assert figures["served"] == 5
    for name in ("money", "kg_co2e", "litres", "metres", "driven_seconds"):
        assert figures[name] == pytest.approx(sum(getattr(tour, name) for tour in tours))
        assert figures[name] > 0
    for tour in tours:
        assert tour.kg_co2e == pytest.approx(tour.metres / 1000 * 0.317)
        assert tour.litres == pytest.approx(tour.metres / 1000 * 0.317 / (2.57 + 0.611))
        assert sum(visit.kg_co2e for visit in tour.visits.all()) == pytest.approx(tour.kg_co2e, abs=1e-6)
    assert figures["money"] <= plan.figures["as_given"]["money"]
    assert plan.figures["before"] is None
    assert plan.figures["made_by"].startswith("PyVRP")


def test_what_cannot_be_planned_is_named_with_its_reason_once() -> None:
    hub = make_hub()
    make_duty(hub)
    skill = Skill.objects.create(slug="age", name="Checks an age")
    heavy, unable = make_demand(hub, mass_g=700_000), make_demand(hub, DOORS[1])
    unable.skills.add(skill)
    nowhere, late = make_demand(hub, None), make_demand(hub, DOORS[2], ready_at=NOON + timedelta(hours=9))

    plan = make_plan(hub)

    assert dict(plan.visits.filter(tour=None).values_list("shipment_id", "reason")) == {
        heavy.shipment_id: WhyNot.TOO_MUCH,
        unable.shipment_id: WhyNot.NO_SKILL,
        nowhere.shipment_id: WhyNot.NO_POINT,
        late.shipment_id: WhyNot.NOT_READY,
    }


def test_every_reason_of_the_optimiser_has_words() -> None:
    assert {reason.value for reason in Reason} <= set(WhyNot.values)


def test_of_two_ways_one_is_planned() -> None:
    hub = make_hub()
    make_duty(hub)
    kiosk = Place.objects.create(
        slug="kiosk",
        name="Kiosk",
        kind=PlaceKind.PICKUP_POINT,
        address="A 1",
        latitude=60.1700,
        longitude=24.9390,
    )
    make_demand(hub, (60.2500, 24.9400), way=Way.EITHER, pickup_point=kiosk)

    plan = make_plan(hub)

    visit = plan.visits.get()
    assert (visit.place, visit.reason, visit.sequence) == (kiosk, "", 1)


def test_nothing_to_plan_is_a_plan_too() -> None:
    hub = make_hub()
    make_duty(hub)

    plan = make_plan(hub)

    assert (plan.state, plan.tours.count(), plan.visits.count()) == (PlanState.READY, 0, 0)
    assert plan.figures["plan"]["served"] == 0


def test_a_plan_without_the_optimiser_says_so() -> None:
    hub, _ = make_day()
    plan = make_plan(hub)
    day = days.gather(TODAY, [hub], at=NOON)

    results.write(plan, day, answers.Plan((), (), answers.Cost(), fallback.NAME), compared={})

    assert Missing.OPTIMISER in Plan.objects.get(pk=plan.pk).missing


@pytest.mark.parametrize("seconds", [0.0, 121.0])
def test_a_plan_takes_no_longer_than_its_task_may(seconds: float) -> None:
    with pytest.raises(TooLong):
        ask(seconds)

    with pytest.raises(ValueError, match="at least one hub"):
        plans.ask(TODAY, [], by=None, at=NOON)

    assert Plan.objects.count() == 0


def test_two_workers_do_not_work_on_one_plan() -> None:
    plan = ask()
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.WORKING, begun_at=NOON, seen_at=NOON)

    assert not working.work_out(plan.pk, now=lambda: NOON)

    plan.refresh_from_db()
    assert (plan.state, plan.tries) == (PlanState.WORKING, 0)


def test_who_is_cancelled_before_the_beginning_is_not_worked_out() -> None:
    plan = ask()

    assert plans.cancel(plan)
    assert not plans.cancel(plan)
    assert not working.work_out(plan.pk, now=lambda: NOON)

    plan.refresh_from_db()
    assert (plan.state, PlannedTour.objects.count()) == (PlanState.CANCELLED, 0)


def test_who_is_cancelled_while_it_is_worked_out_stops_at_once_and_leaves_nothing() -> None:
    plan, clock = ask(seconds=60), ticking()
    seen: list[int] = []

    def now() -> datetime:
        row = Plan.objects.get(pk=plan.pk)
        seen.append(row.progress)
        if row.state == PlanState.WORKING and len(seen) > 3:
            plans.cancel(plan)
        return next(clock)

    assert not working.work_out(plan.pk, now=now)

    plan.refresh_from_db()
    assert (plan.state, PlannedTour.objects.count(), PlannedVisit.objects.count()) == (PlanState.CANCELLED, 0, 0)
    assert max(seen) < 10


def test_how_far_it_is_is_written_down_at_most_twice_a_second() -> None:
    plan = ask()
    claim = working.Claim(plan.pk, NOON)
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.WORKING, begun_at=NOON, seen_at=NOON)
    moments = iter([NOON + timedelta(milliseconds=passed) for passed in (100, 600, 900)])
    heartbeat = working.Heartbeat(claim, lambda: next(moments))

    found = []
    for share in (0.1, 0.2, 0.3):
        heartbeat.progress(share)
        found.append(Plan.objects.get(pk=plan.pk).progress)

    assert found == [0, 20, 20]
    assert Plan.objects.get(pk=plan.pk).seen_at == NOON + timedelta(milliseconds=600)


def test_who_was_killed_is_taken_up_by_another_and_leaves_nothing_of_the_first() -> None:
    plan = ask()
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.WORKING, begun_at=NOON, seen_at=NOON, tries=1)
    late = NOON + working.ABANDONED_AFTER

    assert working.take_up_abandoned(at=late) == []
    assert working.take_up_abandoned(at=late + timedelta(seconds=1)) == [plan.pk]
    assert working.work_out(plan.pk, now=lambda: late)
    assert not working.Claim(plan.pk, NOON).holds(progress=7)

    plan.refresh_from_db()
    assert (plan.state, plan.tries, plan.begun_at) == (PlanState.READY, 2, late)


def test_what_kills_its_workers_fails_in_the_end() -> None:
    plan = ask()
    killed = {"state": PlanState.WORKING, "begun_at": NOON, "seen_at": NOON, "tries": working.MOST_TRIES}
    Plan.objects.filter(pk=plan.pk).update(**killed)

    assert working.take_up_abandoned(at=NOON + timedelta(hours=1)) == []

    plan.refresh_from_db()
    assert (plan.state, plan.problem) == (PlanState.FAILED, "Its workers died.")


def test_what_waits_because_nobody_was_told_is_found_by_the_sweep() -> None:
    plan = ask()

    assert working.take_up_abandoned(at=NOON + timedelta(seconds=10)) == []
    assert working.take_up_abandoned(at=NOON + timedelta(seconds=11)) == [plan.pk]


def test_a_shipment_is_moved_by_hand_and_the_times_follow() -> None:
    hub, _ = make_day()
    plan = make_plan(hub)
    tour = plan.tours.get()
    first, *others = order(tour)
    before = tour.returns_at

    faults = plans.move(plan, Shipment.objects.get(id=first), duty=tour.duty, place=9, at=NOON)

    moved = plan.tours.get()
    assert (faults, order(moved)) == ([], [*others, first])
    assert moved.returns_at > before
    plan.refresh_from_db()
    assert plan.figures["made_by"] == "by hand"


def test_a_shipment_is_moved_to_a_van_that_had_nothing() -> None:
    hub, _ = make_day(vans=2)
    plan = make_plan(hub)
    used = plan.tours.get()
    free = hub.duties.exclude(pk=used.duty_id).get()
    first, *others = order(used)

    plans.move(plan, Shipment.objects.get(id=first), duty=free, place=1, at=NOON)

    assert {tour.duty_id: order(tour) for tour in plan.tours.all()} == {used.duty_id: others, free.pk: [first]}


def test_what_a_dispatcher_breaks_is_said_and_not_refused() -> None:
    hub = make_hub()
    make_duty(hub)
    soon = make_demand(hub, latest=NOON + timedelta(minutes=20))
    make_demand(hub, DOORS[3], earliest=NOON + timedelta(hours=2))
    plan = make_plan(hub)
    duty = plan.tours.get().duty

    faults = plans.move(plan, soon.shipment, duty=duty, place=2, at=NOON)

    assert faults == [Fault(Wrong.WINDOW, vehicle=str(duty.pk), visit=str(soon.shipment_id))]


def test_a_shipment_taken_out_says_by_whom() -> None:
    hub, (first, *_) = make_day()
    plan = make_plan(hub)

    plans.move(plan, first, duty=None, place=1, at=NOON)

    assert plan.visits.get(shipment=first).reason == WhyNot.BY_HAND
    assert plan.tours.get().visits.count() == 4


def test_only_a_plan_that_is_ready_is_changed_by_hand() -> None:
    hub, (first, *_) = make_day()
    plan = make_plan(hub)
    duty = plan.tours.get().duty
    before = order(plan.tours.get())
    plans.cancel(plan)

    with pytest.raises(NotReady):
        plans.move(plan, first, duty=duty, place=1, at=NOON)

    assert order(plan.tours.get()) == before


def test_what_is_over_cannot_be_moved() -> None:
    hub, (first, *_) = make_day()
    plan = make_plan(hub)
    Shipment.objects.filter(id=first.id).update(status=Status.ON_HOLD)

    with pytest.raises(LookupError):
        plans.move(plan, first, duty=plan.tours.get().duty, place=1, at=NOON)

    assert plan.tours.get().visits.count() == 5


def test_a_draft_is_what_is_on_the_routes() -> None:
    hub, _ = make_day()
    plan = make_plan(hub)
    publishing.publish(plan, by=None, at=NOON)

    draft = plans.draft(TODAY, [hub], by=None, at=NOON)

    assert (draft.state, order(draft.tours.get())) == (PlanState.READY, order(plan.tours.get()))
    assert draft.figures["plan"]["metres"] == plan.figures["plan"]["metres"]
