"""Collecting at the hub: offered where somebody hands parcels over, and then no van goes anywhere."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from dispatch.models import Demand, Hub
from dispatch.models.plans import Way
from dispatch.services import collecting, following, offering, publishing
from tests.dispatch.fleets import make_demand, make_duty, make_plan
from tests.dispatch.hubs import make_hub
from tests.factories import NOON
from tests.tracking.test_races import at_once
from tracking import facts
from tracking.changes import services as changes
from tracking.changes.models import Action, Change
from tracking.changes.services import LINK
from tracking.facts import PickupFact, past
from tracking.rounds.models import Route
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.words import answers, options, plain_text, rail

HOUR = timedelta(hours=1)
TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Ten o'clock in Helsinki, on a Monday."""

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400)]

pytestmark = pytest.mark.django_db


def make_counter(**fields: Any) -> Hub:
    """Make a hub that hands parcels over from 10 to 18 o'clock and keeps them for two more working days."""
    return make_hub(**{"hands_over_from": time(10), "hands_over_until": time(18), "keeps_days": 2, **fields})


def fresh(demand: Demand) -> Shipment:
    return Shipment.objects.with_round().get(id=demand.shipment_id)


def choices(demand: Demand, *, at: datetime = TEN) -> list[dict[str, Any]]:
    offering.refresh(fresh(demand), at=at)
    rows = changes.offered(fresh(demand), at=at)
    return [choice for row in rows if row.action == Action.PICKUP_POINT for choice in row.choices]


def make_order(hub: Hub, point: tuple[float, float] = DOORS[0], *, status: Status = Status.AT_HUB) -> Demand:
    """Make what is to be brought tomorrow from noon on."""
    return make_demand(hub, point, status=status, earliest=TEN + 26 * HOUR, latest=TEN + 34 * HOUR)


def collect(demand: Demand, *, at: datetime = TEN) -> Change:
    (choice,) = choices(demand, at=at)
    return changes.ask(fresh(demand), Action.PICKUP_POINT, {"key": choice["key"]}, by=LINK, at=at)


def told(demand: Demand, *, at: datetime) -> facts.Facts:
    return facts.gather(fresh(demand), fix=None, at=at)


def test_the_hub_is_offered_with_cut_off_price_time_and_what_no_van_does_to_the_air() -> None:
    hub = make_counter()
    make_duty(hub, starts_at=TEN + 22 * HOUR, ends_at=TEN + 36 * HOUR)

    (choice,) = choices(make_order(hub))

    air, worked_out = choice.pop("kg_co2e"), choice.pop("sum")
    assert choice == {
        "key": hub.place.slug,
        "place": hub.place.slug,
        "name": hub.place.name,
        "address": "Kampinkuja 1",
        "start": "2026-11-23T08:30:00+00:00",
        "end": "2026-11-23T16:00:00+00:00",
        "until": "2026-11-24T10:00:00+00:00",
        "kept_until": "2026-11-25T16:00:00+00:00",
        "opens": ["10:00", "18:00"],
        "price": "0.00",
    }
    assert (worked_out["km"], worked_out["kg"]) == (0, 0)
    assert air == -worked_out["kg_before"] < 0


def test_a_hub_with_nobody_at_the_counter_offers_nothing() -> None:
    assert choices(make_order(make_hub())) == []


@pytest.mark.parametrize("hours", [(time(18), time(10)), (time(10), None), (None, time(18))])
def test_a_counter_has_two_times_in_their_order(hours: tuple[time | None, time | None]) -> None:
    with pytest.raises(IntegrityError, match="hub_hands_over_from_until"):
        make_hub(hands_over_from=hours[0], hands_over_until=hours[1])


@pytest.mark.parametrize(
    ("status", "start"),
    [
        (Status.AT_HUB, datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
        # It is still on its way to the hub, or a van brings it back in the evening.
        (Status.IN_TRANSIT, datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        (Status.ATTEMPTED, datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
    ],
)
def test_nobody_is_promised_what_is_not_at_the_hub_yet(status: Status, start: datetime) -> None:
    demand = make_order(make_counter(), status=status)

    (choice,) = choices(demand)

    assert datetime.fromisoformat(choice["start"]) == start


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-11-27T07:52:10", ("2026-11-27T08:00:00", "2026-11-27T16:00:00", "2026-11-30T16:00:00")),
        ("2026-11-27T15:46:00", ("2026-11-28T08:00:00", "2026-11-28T16:00:00", "2026-12-01T16:00:00")),
        ("2026-11-28T16:00:00", ("2026-11-30T08:00:00", "2026-11-30T16:00:00", "2026-12-02T16:00:00")),
        # Christmas is a Friday, and the day after it a Saturday.
        ("2026-12-24T17:00:00", ("2026-12-28T08:00:00", "2026-12-28T16:00:00", "2026-12-30T16:00:00")),
    ],
)
def test_a_counter_is_open_on_working_days(since: str, expected: tuple[str, str, str]) -> None:
    found = collecting.collection(make_counter(), since=datetime.fromisoformat(f"{since}+00:00"))

    assert found == tuple(datetime.fromisoformat(f"{moment}+00:00") for moment in expected)


def test_it_is_planned_without_the_visit_and_the_others_stay_on_their_route() -> None:
    hub = make_counter()
    make_duty(hub)
    demands = [make_demand(hub, door) for door in DOORS]
    Demand.objects.update(earliest=NOON + HOUR)
    publishing.publish(make_plan(hub), by=None, at=NOON)
    route = Route.objects.get()
    collected, brought = demands

    collect(collected, at=NOON)
    following.follow(fresh(collected), at=NOON)

    assert fresh(collected).stop is None
    assert [shipment.id for stop in route.stops.pending() for shipment in stop.shipments.all()] == [brought.shipment_id]
    again = make_plan(hub)
    assert [visit.shipment_id for visit in again.visits.all()] == [brought.shipment_id]
    assert following.follow(fresh(collected), at=NOON) is None


def test_a_plan_that_was_made_before_leaves_out_who_collects_it() -> None:
    hub = make_counter()
    make_duty(hub)
    collected, brought = (make_demand(hub, door, earliest=NOON + HOUR) for door in DOORS)
    plan = make_plan(hub)

    collect(collected, at=NOON)
    publishing.publish(plan, by=None, at=NOON)

    assert (fresh(collected).stop, fresh(collected).status) == (None, Status.AT_HUB)
    assert fresh(brought).stop is not None


def test_it_is_ready_once_the_counter_has_it_and_its_page_says_where_and_until_when() -> None:
    hub = make_counter()
    demand = make_order(hub)
    collect(demand)

    waiting = told(demand, at=TEN)
    place = PickupFact(hub.place.name, "Kampinkuja 1", "10:00–18:00", datetime(2026, 11, 25, 16, tzinfo=UTC))
    assert waiting.pickup == place
    answer = answers.tell(waiting, brand="Kauppa", now=TEN.astimezone(hub.zone))
    assert answer.headline == "Ready to collect today"
    assert answer.lede == f"You collect it yourself at {hub.place.name}, Kampinkuja 1."
    assert [step.label for step in rail.steps(waiting)][-2:] == ["Ready", "Collected"]
    assert collecting.make_ready(at=TEN) == []

    assert collecting.make_ready(at=TEN + HOUR) == [demand.shipment_id]
    assert collecting.make_ready(at=TEN + HOUR) == []

    ready = told(demand, at=TEN + HOUR)
    assert (ready.status, ready.events[-1].place, ready.pickup) == (Status.READY_FOR_PICKUP, hub.place.name, place)
    answer = answers.tell(ready, brand="Kauppa", now=(TEN + HOUR).astimezone(hub.zone))
    assert answer.lede == f"It is waiting for you at {hub.place.name}, Kampinkuja 1."
    assert answer.next_step == (
        "Bring the number below and something with your name on it. Open on working days, 10:00–18:00. "
        "Kept for you until 18:00 on Wednesday 25 November."
    )
    text = plain_text.write(ready, brand="Kauppa", now=(TEN + HOUR).astimezone(hub.zone))
    assert f"To collect at: {hub.place.name}, Kampinkuja 1\nOpen: 10:00–18:00\nKept until: Wednesday 25" in text


def test_what_is_not_at_the_hub_yet_is_ready_when_it_comes() -> None:
    demand = make_order(make_counter(), status=Status.IN_TRANSIT)
    collect(demand)

    assert collecting.make_ready(at=TEN + 30 * HOUR) == []
    shipments.record(fresh(demand), Status.AT_HUB, at=TEN + 30 * HOUR)

    assert collecting.make_ready(at=TEN + 30 * HOUR) == [demand.shipment_id]


def test_undone_before_its_cut_off_it_is_brought_again_although_it_was_ready() -> None:
    demand = make_order(make_counter())
    change = collect(demand)
    collecting.make_ready(at=TEN + HOUR)

    changes.undo(change, at=TEN + HOUR)

    demand.refresh_from_db()
    assert (demand.way, demand.pickup_point, demand.earliest) == (Way.HOME, None, TEN + 26 * HOUR)
    assert (fresh(demand).status, told(demand, at=TEN + HOUR).pickup) == (Status.AT_HUB, None)
    assert collecting.make_ready(at=TEN + 2 * HOUR) == []
    with pytest.raises(changes.NotInForce):
        changes.undo(change, at=TEN + HOUR)


def test_what_is_collected_is_kept_for_as_long_as_was_said_until_it_is_brought_again() -> None:
    demand = make_order(make_counter())

    change = collect(demand)
    demand.refresh_from_db()
    assert demand.kept_until == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)

    changes.undo(change, at=TEN + HOUR)
    demand.refresh_from_db()
    assert demand.kept_until is None


def test_only_what_is_collected_is_kept() -> None:
    demand = make_order(make_counter())

    with pytest.raises(IntegrityError, match="demand_kept_means_collected"):
        Demand.objects.filter(pk=demand.pk).update(kept_until=TEN)


def test_too_late_it_is_not_undone() -> None:
    demand = make_order(make_counter())
    change = collect(demand)

    with pytest.raises(changes.TooLate):
        changes.undo(change, at=TEN + 25.5 * HOUR)

    assert Demand.objects.get(pk=demand.pk).way == Way.COLLECT


def test_what_its_readers_were_told_then_is_recalled() -> None:
    demand = make_order(make_counter())
    change = collect(demand)
    changes.undo(change, at=TEN + HOUR)

    def recalled(at: datetime) -> PickupFact | None:
        return past.recall(fresh(demand), at=at).facts(fix=None, at=at).pickup

    assert recalled(TEN - HOUR) is None
    assert recalled(TEN + HOUR / 2) is not None
    assert recalled(TEN + 2 * HOUR) is None


def test_the_choice_is_told_with_its_hours_and_how_long_it_is_kept() -> None:
    hub = make_counter()
    change = collect(make_order(hub))

    line = options.changed(change, now=TEN.astimezone(hub.zone))

    kept = "open 10:00–18:00, kept until Wednesday 25 November, 18:00"
    assert line.text == f"{hub.place.name}, Kampinkuja 1: Today; {kept}"


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_a_shopper_who_thinks_again_leave_one_state() -> None:
    for _ in range(3):
        demand = make_order(make_counter())
        change = collect(demand)
        ready = partial(collecting.make_ready, at=TEN + HOUR)

        at_once(ready, partial(changes.undo, change, at=TEN + HOUR), ready)

        demand.refresh_from_db()
        assert (demand.way, fresh(demand).status) == (Way.HOME, Status.AT_HUB)
        demand.shipment.delete()
