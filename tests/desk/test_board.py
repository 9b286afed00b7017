from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from desk.board import figures, gantt, page, tours
from desk.models import Look, Role
from dispatch.models import Duty, Plan, PlanState
from dispatch.services import plans, publishing
from tests.dispatch.fleets import DOORS, make_day, make_demand, make_duty, make_plan
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_member
from tracking.rounds.models import Route, RouteState
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment

SUNDAY = date(2026, 11, 22)
BOARD = "/admin/desk/board/"

Point = tuple[float, float]

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> User:
    """Sign a lead in."""
    user = make_member(Role.LEAD)
    client.force_login(user)
    return user


def make_plan_of_tomorrow(doors: Sequence[Point] = DOORS) -> Plan:
    """Plan a day that has not begun by any clock: two vans, one with these doors in order, and something in no tour."""
    hub, at = make_hub(), datetime.combine(timezone.now().date() + timedelta(days=1), time(7), UTC)
    duty, _idle = [make_duty(hub, starts_at=at, ends_at=at + timedelta(hours=9)) for _ in range(2)]
    waiting = [make_demand(hub, door, earliest=at, latest=at + timedelta(hours=9)) for door in (*doors, None)]
    plan = plans.draft(at.date(), [hub], by=make_member(Role.LEAD), at=timezone.now())
    for place, demand in enumerate(waiting[:-1], start=1):
        plans.move(plan, demand.shipment, duty=duty, place=place, at=timezone.now())
    return plan


def test_without_anything_the_page_says_so(client: Client, lead: User) -> None:
    answer = client.get(BOARD)

    assert answer.status_code == 200
    assert "There is no hub yet" in answer.content.decode()


def test_a_day_without_tours_offers_to_plan_it(client: Client, lead: User) -> None:
    make_hub()

    text = client.get(f"{BOARD}?day=2026-11-22").content.decode()

    assert "Nobody has a tour on this day yet." in text
    assert "Work a plan out" in text


def test_asking_for_a_plan_keeps_it_for_a_worker_and_writes_down_who_asked(client: Client, lead: User) -> None:
    hub = make_hub()

    answer = client.post(f"{BOARD}ask/", {"day": "2026-11-22", "hubs": [hub.place_id], "seconds": "7"})

    plan = Plan.objects.get()
    assert answer.headers["Location"] == f"{BOARD}?plan={plan.pk}"
    assert (plan.day, plan.state, plan.seconds, plan.is_again) == (SUNDAY, PlanState.WAITING, 7, False)
    assert plan.asked_by == lead
    assert [*plan.hubs.all()] == [hub]
    assert Look.objects.get().what == "ask_plan"


@pytest.mark.parametrize("wrong", [{"hubs": []}, {"seconds": "0"}, {"seconds": "121"}, {"day": "never"}])
def test_what_cannot_be_planned_is_not_asked_for(client: Client, lead: User, wrong: dict[str, object]) -> None:
    known = {"day": "2026-11-22", "hubs": [make_hub().place_id], "seconds": "7"}

    answer = client.post(f"{BOARD}ask/", {**known, **wrong})

    assert answer.status_code == 422
    assert not Plan.objects.exists()


def test_a_plan_that_is_worked_out_shows_how_far_it_is(client: Client, lead: User) -> None:
    plan = plans.ask(SUNDAY, [make_hub()], by=lead, at=NOON)
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.WORKING, progress=40)

    text = client.get(f"{BOARD}?plan={plan.pk}").content.decode()

    assert '<progress max="100" value="40"' in text
    assert "Give this plan up" in text
    assert "Publish this plan" not in text


def test_a_plan_that_nobody_wants_is_given_up(client: Client, lead: User) -> None:
    plan = plans.ask(SUNDAY, [make_hub()], by=lead, at=NOON)

    client.post(f"{BOARD}{plan.pk}/cancel/")

    plan.refresh_from_db()
    assert plan.state == PlanState.CANCELLED


def test_a_ready_plan_shows_its_tours_what_is_in_none_and_what_was_guessed(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()

    text = client.get(f"{BOARD}?plan={plan.pk}").content.decode()

    assert text.count("data-shipment=") == 6
    assert "Nobody knows where its address is on the map." in text
    assert "No weather is known for this day: it is taken to be fair." in text
    assert "Publish this plan" in text
    assert 'class="gantt"' in text


def test_a_waiting_plan_is_what_a_day_shows_first(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()

    proposed, live = (
        client.get(f"{BOARD}?day={plan.day.isoformat()}{rest}").content.decode() for rest in ("", "&is_live=on")
    )

    assert f"Plan {plan.pk}: ready." in proposed
    assert "As it is on the road." in live


def test_publishing_puts_the_tours_on_the_road_once(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()

    addresses = [client.post(f"{BOARD}{plan.pk}/publish/").headers["Location"] for _ in range(2)]

    plan.refresh_from_db()
    assert (plan.state, plan.published_by) == (PlanState.PUBLISHED, lead)
    assert Shipment.objects.filter(stop__route__state=RouteState.PLANNED).count() == 5
    assert Look.objects.filter(what="publish_plan").count() == 1
    text = client.get(addresses[1]).content.decode()
    assert "As it is on the road." in text
    assert text.count("data-shipment=") == 6


def test_a_plan_that_was_given_up_cannot_be_published(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()
    plans.cancel(plan)

    text = client.post(f"{BOARD}{plan.pk}/publish/", follow=True).content.decode()

    assert "This plan can no longer be published." in text
    assert not Route.objects.exists()


def test_a_shipment_is_moved_to_the_first_place_of_another_tour(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()
    shipment_id = plan.tours.get().visits.latest("sequence").shipment_id
    idle = Duty.objects.exclude(planned_tours__plan=plan).get()

    answer = client.post(f"{BOARD}{plan.pk}/move/", {"shipment": shipment_id, "duty": idle.pk, "place": 1})

    assert answer.headers["Location"] == f"{BOARD}?plan={plan.pk}"
    assert [*plan.visits.filter(tour__duty=idle).values_list("shipment", "sequence")] == [(shipment_id, 1)]


def test_a_shipment_is_taken_out_of_all_tours(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()
    shipment_id = plan.tours.get().visits.latest("sequence").shipment_id

    client.post(f"{BOARD}{plan.pk}/move/", {"shipment": shipment_id, "duty": "", "place": 1})

    assert plan.visits.get(shipment=shipment_id).tour is None


@pytest.mark.parametrize("wrong", [{"shipment": "0"}, {"duty": "0"}, {"place": "0"}, {"place": "many"}])
def test_a_move_that_makes_no_sense_changes_nothing(client: Client, lead: User, wrong: dict[str, str]) -> None:
    plan = make_plan_of_tomorrow()
    before = [*plan.visits.values_list("shipment", "sequence")]
    known = {"shipment": before[0][0], "duty": "", "place": 1}

    answer = client.post(f"{BOARD}{plan.pk}/move/", {**known, **wrong})

    assert answer.status_code == 422
    assert [*plan.visits.values_list("shipment", "sequence")] == before


def test_nothing_is_moved_in_a_plan_that_is_on_the_road(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()
    publishing.publish(plan, by=lead, at=timezone.now())
    shipment_id = plan.tours.get().visits.latest("sequence").shipment_id

    form = {"shipment": shipment_id, "duty": "", "place": 1}
    text = client.post(f"{BOARD}{plan.pk}/move/", form, follow=True).content.decode()

    assert "The day has changed meanwhile." in text
    assert plan.visits.get(shipment=shipment_id).tour is not None


def test_a_draft_of_what_is_on_the_road_differs_in_nothing(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()
    publishing.publish(plan, by=lead, at=timezone.now())

    form = {"day": plan.day.isoformat(), "hubs": [hub.place_id for hub in plan.hubs.all()], "seconds": "5"}
    text = client.post(f"{BOARD}draft/", form, follow=True).content.decode()

    assert "Nothing: this is what is on the road." in text


def test_an_order_that_cannot_be_better_stays(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow(DOORS[:1])
    publishing.publish(plan, by=lead, at=timezone.now())
    shipments.set_off(Route.objects.get(), at=timezone.now())

    text = client.post(f"{BOARD}vans/{plan.tours.get().duty_id}/", follow=True).content.decode()

    assert "Their order stays as it is: none is worth the change." in text


def test_emissions_are_printed_with_a_sum_that_adds_up(client: Client, lead: User) -> None:
    plan = make_plan_of_tomorrow()

    page_text = client.get(f"{BOARD}{plan.pk}/emissions/").content.decode()
    sheet = client.get(f"{BOARD}{plan.pk}/emissions.csv").content.decode()

    *rows, total = [line.split(",") for line in sheet.splitlines()[1:]]
    assert len(rows) == 5
    assert sum(_milligrams(row[-1]) for row in rows) == _milligrams(total[-1]) > 0
    assert f"{total[-1]} kg CO₂e" in page_text


def test_the_page_asks_the_database_as_often_for_a_large_day(
    client: Client, lead: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hub, _ = make_day(DOORS * 5, vans=3)
    plan = make_plan(hub)

    with django_assert_max_num_queries(32):
        client.get(f"{BOARD}?plan={plan.pk}")


def test_agents_look_and_do_not_touch(client: Client) -> None:
    client.force_login(make_member(Role.AGENT))
    plan = make_plan_of_tomorrow()

    text = client.get(f"{BOARD}?plan={plan.pk}").content.decode()

    assert "Publish this plan" not in text
    assert 'id="move"' not in text
    assert client.post(f"{BOARD}{plan.pk}/publish/").status_code == 403


@pytest.mark.parametrize("query", ["day=2026-13-01", "hub=0", "plan=0", "move=-1"])
def test_a_question_that_makes_no_sense_is_refused_with_the_page(client: Client, lead: User, query: str) -> None:
    assert client.get(f"{BOARD}?{query}").status_code == 422


def test_late_on_the_road_is_who_is_expected_after_the_promise() -> None:
    hub, [first, *_] = make_day(DOORS[:2])
    publishing.publish(make_plan(hub), by=None, at=NOON)
    Shipment.objects.filter(pk=first.pk).update(
        promised_start=NOON - timedelta(hours=2), promised_end=NOON - timedelta(hours=1)
    )

    [tour] = tours.standing(SUNDAY, [hub], at=NOON)

    assert {call.shipment.pk for call in tour.calls if call.is_late} == {first.pk}
    assert tour.late == 1


def test_tours_are_laid_out_between_full_hours() -> None:
    hub, _ = make_day(vans=1)
    [tour] = tours.of_plan(make_plan(hub))

    drawn = gantt.draw([tour], zone=hub.zone, at=NOON - timedelta(days=1))

    assert drawn is not None
    assert drawn.now == ""
    assert drawn.ticks[0].label == "12:00"
    assert (drawn.ticks[0].at, drawn.ticks[-1].at) == ("170.0", "1170.0")
    [row] = drawn.rows
    assert len(row.bars) == 5
    xs = [float(row.begins), *(float(bar.x) for bar in row.bars), float(row.ends)]
    assert xs == sorted(xs)


def test_without_tours_there_is_nothing_to_lay_out() -> None:
    assert gantt.draw([], zone=UTC, at=NOON) is None


def test_figures_name_what_is_saved_and_what_costs_more() -> None:
    rows = figures.saved({"money": 12.5, "metres": -1500, "tours": 0, "kg_co2e": 0.001})

    assert [(row.label, row.cells[0]) for row in rows] == [("Cost", "-12.50 EUR"), ("Distance", "+1.5 km")]


def test_an_order_of_its_own_is_compared_only_where_there_is_one() -> None:
    known = figures.table({"plan": {"money": 1.0}, "before": None, "as_given": {"money": 2.0}})

    assert known is not None
    assert [str(column) for column in known.columns] == ["This plan", "In the order of the orders"]
    assert figures.table({}) is None


def test_a_plan_of_one_van_that_nobody_saw_is_not_listed() -> None:
    hub = make_hub()
    silent = Plan.objects.create(day=SUNDAY, is_again=True, state=PlanState.PUBLISHED, asked_at=NOON, published_at=NOON)
    silent.hubs.set([hub])
    asked = plans.ask(SUNDAY, [hub], by=None, at=NOON)

    assert page.read(SUNDAY, [hub], None, at=NOON).latest == [asked]


def _milligrams(kg: str) -> int:
    return int(kg.replace(".", ""))
