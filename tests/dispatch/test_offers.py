"""What is possible for a shipment now, what it costs and does to the air, and what a change makes room for."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.conf import settings

from dispatch import offers, tasks
from dispatch.models import Booking, Demand, Hub, Slot
from dispatch.offers import Standing
from dispatch.services import counting, offering
from tests.dispatch.hubs import make_duty, make_hub, make_slot
from tests.factories import make_shipment
from tests.tracking.test_races import at_once
from tracking.changes import services as changes
from tracking.changes.keeping import NoRoom
from tracking.changes.models import Action, Change, OfferedAction
from tracking.changes.services import LINK
from tracking.rounds.models import Carrier, CarrierKind, Place, PlaceKind
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause, Window

MONDAY = date(2026, 11, 23)
TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CORRECTED = {"street": "Mannerheimintie 1", "postcode": "00100", "city": "Helsinki"}

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_demand(
    hub: Hub, *, status: Status = Status.AT_HUB, start: datetime = TEN + 26 * HOUR, **fields: Any
) -> Demand:
    """Make a shipment that comes tomorrow between 12 and 14 o'clock."""
    shipment = make_shipment(status=status, at=TEN - 20 * HOUR)
    return Demand.objects.create(shipment=shipment, hub=hub, earliest=start, latest=start + 2 * HOUR, **fields)


def offered(shipment: Shipment) -> dict[str, OfferedAction]:
    return {row.action: row for row in OfferedAction.objects.filter(shipment=shipment)}


def refreshed(demand: Demand, *, at: datetime = TEN) -> dict[str, OfferedAction]:
    offering.refresh(Shipment.objects.get(id=demand.shipment_id), at=at)
    return offered(demand.shipment)


def choices(row: OfferedAction) -> list[str]:
    return [choice["key"] for choice in row.choices]


def ask(shipment: Shipment, action: Action, *, at: datetime = TEN, **details: Any) -> Change:
    return changes.ask(shipment, action, details, by=LINK, at=at)


def test_everything_that_is_possible_is_offered_with_its_cut_off() -> None:
    hub = make_hub()
    slot = make_slot(hub, weekdays="6", price=Decimal("5.50"))
    demand = make_demand(hub)

    found = refreshed(demand)

    assert {action: row.until for action, row in found.items()} == {
        # Half an hour before it leaves the hub, or ten minutes before the driver may be at the door.
        **dict.fromkeys((Action.RESCHEDULE, Action.SLOT, Action.HOLD, Action.ADDRESS), demand.earliest - HOUR / 2),
        **dict.fromkeys(
            (Action.SAFE_PLACE, Action.NEIGHBOUR, Action.INSTRUCTIONS, Action.NEEDS),
            demand.earliest - timedelta(minutes=10),
        ),
    }
    assert found[Action.SLOT].choices == [
        {
            "key": f"{slot.pk}-20261128",
            "start": "2026-11-28T15:00:00+00:00",
            "end": "2026-11-28T18:00:00+00:00",
            "until": "2026-11-28T10:00:00+00:00",
            "name": "evening",
            "price": "5.50",
        }
    ]
    # Tuesday is the day on which it comes anyway; Sunday is none.
    assert choices(found[Action.RESCHEDULE]) == [f"day-202611{day}" for day in (25, 26, 27, 28)]
    assert choices(found[Action.HOLD]) == ["hold-20261201", "hold-20261208"]


def test_where_somebody_works_each_way_says_what_it_does_to_the_air_with_the_sum() -> None:
    hub = make_hub()
    make_slot(hub)
    for days in range(3):
        make_duty(hub, MONDAY + timedelta(days=days))
    Place.objects.create(
        slug="stockmann",
        name="Stockmann",
        kind=PlaceKind.PICKUP_POINT,
        address="Keskuskatu 1",
        latitude=60.1699,
        longitude=24.9384,
    )
    demand = make_demand(hub)

    found = refreshed(demand)

    (point,) = found[Action.PICKUP_POINT].choices
    assert (point["key"], point["place"], point["name"]) == ("stockmann", "stockmann", "Stockmann")
    # It stands beside the hub, and saves the whole way to the door.
    assert point["sum"]["km"] == 0
    assert point["kg_co2e"] == -point["sum"]["kg_before"] < 0
    first = found[Action.SLOT].choices[0]
    assert first["kg_co2e"] == pytest.approx(first["sum"]["kg"] - first["sum"]["kg_before"], abs=0.0011)
    assert "kg_co2e" not in found[Action.SLOT].choices[-1]


def test_what_no_van_has_room_for_is_not_offered() -> None:
    hub = make_hub()
    make_slot(hub)
    make_duty(hub, MONDAY + timedelta(days=2), payload_g=500)
    demand = make_demand(hub)

    keys = choices(refreshed(demand)[Action.SLOT])

    assert not [key for key in keys if key.endswith("20261125")]
    assert [key for key in keys if key.endswith("20261126")]


@pytest.mark.parametrize(
    ("status", "at", "expected"),
    [
        (Status.OUT_FOR_DELIVERY, TEN, {"safe_place", "neighbour", "instructions", "needs"}),
        (Status.OUT_FOR_DELIVERY, TEN + 26 * HOUR, set()),
        (Status.AT_HUB, TEN + 25.6 * HOUR, {"safe_place", "neighbour", "instructions", "needs"}),
        (
            Status.ATTEMPTED,
            TEN + 27 * HOUR,
            {"reschedule", "slot", "hold", "address", "safe_place", "neighbour", "instructions", "needs"},
        ),
        (Status.DELIVERED, TEN, set()),
    ],
)
def test_only_what_is_still_possible_is_offered(status: Status, at: datetime, expected: set[str]) -> None:
    hub = make_hub()
    make_slot(hub)

    assert set(refreshed(make_demand(hub, status=status), at=at)) == expected


def test_what_another_carrier_brings_is_theirs_to_offer() -> None:
    make_hub()
    post = Carrier.objects.create(slug="post", name="Post", kind=CarrierKind.THIRD_PARTY)
    shipment = make_shipment(status=Status.AT_HUB)
    Shipment.objects.filter(id=shipment.id).update(carrier=post)

    assert offering.refresh(Shipment.objects.get(id=shipment.id), at=TEN) is False
    assert offered(shipment) == {}


def test_a_sweep_finds_whose_offers_are_missing_or_old() -> None:
    hub = make_hub()
    new, known, ended = make_demand(hub), make_demand(hub), make_demand(hub, status=Status.DELIVERED)
    refreshed(known)

    assert offering.due(at=TEN) == [new.shipment_id]
    assert offering.due(at=TEN + HOUR) == [new.shipment_id, known.shipment_id]
    assert ended.shipment_id not in offering.due(at=TEN + HOUR)


def test_a_delivery_of_which_nothing_can_be_changed_keeps_no_other_waiting() -> None:
    hub = make_hub()
    past = make_demand(hub, status=Status.OUT_FOR_DELIVERY, start=TEN - 26 * HOUR)
    waiting = make_demand(hub)

    assert refreshed(past) == {}

    assert offering.due(at=TEN) == [waiting.shipment_id]


def booked() -> list[tuple[int, str]]:
    rows = Booking.objects.filter(released_at=None).select_related("slot_day")
    return [(row.shipment_id, f"{row.slot_day.slot_id}-{row.slot_day.day:%Y%m%d}") for row in rows]


def make_offered(room: int = 1) -> tuple[Shipment, Slot]:
    hub = make_hub()
    slot = make_slot(hub, weekdays="34", room=room)
    demand = make_demand(hub)
    refreshed(demand)
    return demand.shipment, slot


def test_a_slot_is_taken_exchanged_and_given_back_with_the_change() -> None:
    shipment, slot = make_offered()
    wednesday, thursday = f"{slot.pk}-20261125", f"{slot.pk}-20261126"

    ask(shipment, Action.SLOT, key=wednesday)
    assert booked() == [(shipment.id, wednesday)]
    second = ask(shipment, Action.SLOT, key=thursday)
    assert booked() == [(shipment.id, thursday)]
    hold = ask(shipment, Action.HOLD, key="hold-20261201")
    assert booked() == []

    changes.undo(hold, at=TEN)
    assert booked() == [(shipment.id, thursday)]
    second.refresh_from_db()
    changes.undo(second, at=TEN)
    assert booked() == [(shipment.id, wednesday)]


def test_what_was_chosen_is_planned_promised_and_told_at_once_and_undone_is_as_before() -> None:
    shipment, slot = make_offered()
    start, end = TEN + 26 * HOUR, TEN + 28 * HOUR
    shipments.promise(shipment, start=start, end=end, at=TEN)
    shipments.estimate(shipment, Window(date(2026, 11, 24), start, end), cause=Cause.PLANNED, at=TEN)

    ask(shipment, Action.SLOT, key=f"{slot.pk}-20261125")

    evening = datetime(2026, 11, 25, 15, tzinfo=UTC), datetime(2026, 11, 25, 18, tzinfo=UTC)
    assert known(shipment) == (evening, evening, evening, Cause.ASKED)
    ask(shipment, Action.HOLD, key="hold-20261201")
    held = known(shipment)
    assert held[0] == held[1] == (datetime(2026, 12, 1, 5, tzinfo=UTC), datetime(2026, 12, 1, 20, tzinfo=UTC))
    assert (held[2], Shipment.objects.get(id=shipment.id).window_date) == ((None, None), date(2026, 12, 1))

    for standing in reversed(Change.objects.filter(shipment=shipment)):
        changes.undo(standing, at=TEN)
    assert known(shipment) == ((start, end), (start, end), (start, end), Cause.ASKED)
    assert Demand.objects.get(shipment=shipment).pickup_point is None
    assert booked() == []


def known(shipment: Shipment) -> tuple[object, object, object, str]:
    """Say when it is planned, promised and told for, and why that was told."""
    demand = Demand.objects.select_related("shipment").get(shipment=shipment)
    now = demand.shipment
    return (
        (demand.earliest, demand.latest),
        (now.promised_start, now.promised_end),
        (now.window_start, now.window_end),
        now.window_cause,
    )


def test_a_pickup_point_is_where_it_is_brought_until_that_is_undone() -> None:
    shipment, _ = make_offered()
    place = Place.objects.create(
        slug="stockmann", name="S", kind=PlaceKind.PICKUP_POINT, address="K 1", latitude=60.17, longitude=24.94
    )
    refreshed(shipment.demand)

    change = ask(shipment, Action.PICKUP_POINT, key="stockmann")
    assert Demand.objects.get(shipment=shipment).pickup_point == place

    changes.undo(change, at=TEN)
    assert Demand.objects.get(shipment=shipment).pickup_point is None


def test_a_place_that_somebody_else_has_meanwhile_is_not_gone_back_to() -> None:
    shipment, slot = make_offered()
    other = make_demand(slot.hub).shipment
    refreshed(other.demand)
    wednesday = f"{slot.pk}-20261125"
    ask(shipment, Action.SLOT, key=wednesday)
    hold = ask(shipment, Action.HOLD, key="hold-20261201")
    ask(other, Action.SLOT, key=wednesday)

    with pytest.raises(NoRoom):
        changes.undo(hold, at=TEN)

    assert changes.in_force([shipment]) == [hold]
    assert booked() == [(other.id, wednesday)]


@pytest.mark.django_db(transaction=True)
def test_of_two_shoppers_who_choose_the_last_place_one_is_told_that_it_is_gone() -> None:
    for _ in range(5):
        shipment, slot = make_offered()
        other = make_demand(slot.hub).shipment
        refreshed(other.demand)
        key = f"{slot.pk}-20261125"

        outcomes = at_once(*[partial(ask, one, Action.SLOT, key=key) for one in (shipment, other)])

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Change", "NoRoom"]
        assert len(changes.in_force([shipment, other])) == len(booked()) == 1
        Booking.objects.all().delete()


def test_a_place_is_given_back_when_nobody_will_bring_it() -> None:
    shipment, slot = make_offered()
    ask(shipment, Action.SLOT, key=f"{slot.pk}-20261125")

    tasks.release_slot(shipment_id=shipment.id)
    assert len(booked()) == 1
    shipments.record(shipment, Status.CANCELLED, at=TEN)
    for _ in range(2):
        tasks.release_slot(shipment_id=shipment.id)

    assert booked() == []
    assert list(slot.days.values_list("taken", flat=True)) == [0]


@pytest.mark.skipif(not settings.MAP_AREAS, reason="no area pack is given")
def test_an_address_is_put_right_where_the_map_knows_it_and_back() -> None:
    shipment, _ = make_offered()
    shipment.refresh_from_db()
    before = (shipment.street, shipment.postcode, shipment.latitude)

    change = changes.ask(shipment, Action.ADDRESS, CORRECTED, by=LINK, at=TEN)
    shipment.refresh_from_db()
    assert shipment.street == CORRECTED["street"]
    assert shipment.latitude == pytest.approx(60.1688, abs=0.01)

    changes.undo(change, at=TEN)
    shipment.refresh_from_db()
    assert (shipment.street, shipment.postcode, shipment.latitude) == before


def test_an_address_that_the_map_does_not_know_is_refused() -> None:
    shipment, _ = make_offered()

    with pytest.raises(NoRoom):
        ask(shipment, Action.ADDRESS, street="Nowhere 99999", postcode="00100", city="Helsinki")

    shipment.refresh_from_db()
    assert shipment.street == "Aleksanterinkatu 13 B 7"
    assert not Change.objects.exists()


def test_the_minutes_that_somebody_needs_are_planned_in() -> None:
    shipment, _ = make_offered()

    change = ask(shipment, Action.NEEDS, minutes=3)
    assert Demand.objects.get(shipment=shipment).service_seconds == 360

    changes.undo(change, at=TEN)
    assert Demand.objects.get(shipment=shipment).service_seconds is None


def test_slots_are_counted_by_the_day_as_it_stands() -> None:
    hub = make_hub()
    slot = make_slot(hub, weekdays="2", starts=time(12), ends=time(12, 9), until=time(11), room=50)
    make_duty(hub, MONDAY + timedelta(days=1))
    make_demand(hub)

    (counted,) = counting.count(hub, at=TEN)

    # Of the five that a door of three minutes allows for, it has one already.
    assert (counted.slot, counted.day, counted.capacity) == (slot, date(2026, 11, 24), 4)


def test_what_waits_for_a_decision_may_be_decided_until_the_last_choice() -> None:
    waiting, coming = (Standing(status, TEN, TEN, TEN + HOUR) for status in (Status.ATTEMPTED, Status.PLANNED))

    assert offers.until_it_leaves(waiting, latest_choice=TEN + 9 * HOUR) == TEN + 9 * HOUR
    assert offers.until_it_leaves(waiting, latest_choice=None) is None
    assert offers.until_it_leaves(coming, latest_choice=TEN + 9 * HOUR) == TEN - HOUR / 2


@pytest.mark.parametrize(
    ("after", "before", "expected"), [(0.5, 0.2, 0.3), (0.1, 0.2, -0.1), (None, 0.2, None), (0.1, None, None)]
)
def test_what_is_saved_is_less_than_nothing_and_what_is_not_known_is_not_said(
    after: float | None, before: float | None, expected: float | None
) -> None:
    assert offers.difference(after, before) == expected
