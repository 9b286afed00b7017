"""What drivers did: each thing once, at its own time, whatever the phone and the network make of it."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from driving.models import DriverAction
from tests.driving.phones import (
    MINUTE,
    bound_long_ago,
    driver_events,
    json_action,
    make_day,
    make_loading_day,
    make_phone,
    statuses,
)
from tracking.proof.models import Proof
from tracking.rounds import services as rounds
from tracking.rounds.models import RouteState, Shift, ShiftState, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_a_shift_from_its_beginning_to_its_end() -> None:
    route, shipment = make_loading_day(parcels=1)
    Shift.objects.update(state=ShiftState.PLANNED, started_at=None)
    phone = make_phone(route)
    number = shipment.parcels.get().number

    told = [
        phone.tell("start"),
        phone.tell("scan", number=number.lower()),
        phone.tell("set_off"),
        phone.tell("arrive", shipment=shipment.id),
        phone.tell("deliver", shipment=shipment.id, handover="neighbour", name="Pekka Naapuri"),
        phone.tell("pause"),
        phone.tell("resume"),
        phone.tell("end"),
    ]

    assert [each["outcome"] for each in told] == ["done"] * 8
    route.refresh_from_db()
    stop = route.stops.get()
    assert (route.state, stop.state, route.shift.state) == (RouteState.FINISHED, StopState.DONE, ShiftState.ENDED)
    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover) == (Status.DELIVERED, Handover.NEIGHBOUR)
    assert Proof.objects.get().words == "Pekka Naapuri"
    moments = [action.occurred_at for action in DriverAction.objects.order_by("id")]
    assert (stop.arrived_at, stop.done_at) == (moments[3], moments[4])


def test_three_deliveries_are_told_late_in_the_wrong_order_and_twice() -> None:
    route, shipments = make_day()
    phone = bound_long_ago(make_phone(route))
    now = timezone.now()
    moments = [now - age * MINUTE for age in (30, 20, 10)]
    items = [
        json_action("deliver", shipment=shipment.id, occurred_at=moment.isoformat(), is_late=True)
        for shipment, moment in zip(shipments, moments, strict=True)
    ]

    status, told = phone.tell_json({"actions": [items[2], items[0], items[1]], "sent_at": now.isoformat()})
    _, again = phone.tell_json({"actions": items, "sent_at": now.isoformat()})

    assert status == 200
    assert [each["outcome"] for each in told["actions"]] == ["done"] * 3
    assert sorted(again["actions"], key=str) == sorted(told["actions"], key=str)
    assert [event.occurred_at for event in driver_events()] == moments
    assert [event.shipment_id for event in driver_events()] == [shipment.id for shipment in shipments]
    assert statuses(shipments) == [Status.DELIVERED] * 3
    stops = [Shipment.objects.get(id=shipment.id).stop for shipment in shipments]
    assert [stop.done_at for stop in stops if stop] == moments


def test_a_key_that_was_used_for_something_else_is_refused() -> None:
    route, (first, second, _) = make_day()
    phone = make_phone(route)
    key = str(uuid4())
    at = timezone.now().isoformat()
    phone.tell("deliver", key=key, shipment=first.id, occurred_at=at)

    told = phone.tell("deliver", key=key, shipment=second.id, occurred_at=at, status=409)

    assert told == {"key": key, "error": "This was sent before and said something else."}
    assert statuses([first, second]) == [Status.DELIVERED, Status.OUT_FOR_DELIVERY]
    assert DriverAction.objects.count() == 1


def test_two_links_may_use_one_key() -> None:
    key = str(uuid4())
    for _ in range(2):
        route, (shipment, *_) = make_day()
        assert make_phone(route).tell("deliver", key=key, shipment=shipment.id)["outcome"] == "done"

    assert DriverAction.objects.count() == 2


def test_another_drivers_shipment_is_not_theirs_to_deliver() -> None:
    route, _ = make_day()
    _, (foreign, *_) = make_day()
    phone = make_phone(route)

    for kind in ("arrive", "deliver"):
        assert "not on your route" in phone.tell(kind, shipment=foreign.id, status=404)["error"]
    assert "not on your route" in phone.tell("attempt", shipment=foreign.id, reason="nobody", status=404)["error"]

    assert statuses([foreign]) == [Status.OUT_FOR_DELIVERY]
    assert not DriverAction.objects.exists()


def test_a_delivery_before_a_cancellation_that_was_known_first_stands() -> None:
    route, (shipment, *_) = make_day()
    phone = bound_long_ago(make_phone(route))
    services.record(shipment, Status.CANCELLED, at=timezone.now() - 5 * MINUTE)

    told = phone.tell("deliver", shipment=shipment.id, occurred_at=(timezone.now() - 10 * MINUTE).isoformat())

    assert (told["outcome"], told["flags"]) == ("done", ["not_wanted"])
    assert statuses([shipment]) == [Status.DELIVERED]


def test_a_delivery_after_a_cancellation_is_kept_and_changes_nothing() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    services.record(shipment, Status.CANCELLED, at=timezone.now() - 5 * MINUTE)

    told = phone.tell("deliver", shipment=shipment.id)

    assert (told["outcome"], told["flags"]) == ("overtaken", ["not_wanted"])
    assert statuses([shipment]) == [Status.CANCELLED]
    assert len(driver_events()) == 1


def test_what_is_delivered_already_is_not_delivered_again() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    phone.tell("deliver", shipment=shipment.id)

    told = phone.tell("deliver", shipment=shipment.id)

    assert (told["outcome"], told["told"]) == ("overtaken", "That was done already.")
    assert len(driver_events()) == 1


def test_a_wrong_clock_is_put_right_and_an_impossible_one_is_flagged() -> None:
    route, (first, second, third) = make_day()
    phone = bound_long_ago(make_phone(route))
    now = timezone.now()
    fast = timedelta(hours=3)

    phone.tell(
        "deliver",
        shipment=first.id,
        occurred_at=(now + fast - 10 * MINUTE).isoformat(),
        sent_at=(now + fast).isoformat(),
    )
    future = phone.tell("deliver", shipment=second.id, occurred_at=(now + fast).isoformat())
    past = phone.tell("deliver", shipment=third.id, occurred_at=(now - timedelta(days=2)).isoformat())

    assert (future["flags"], past["flags"]) == (["clock"], ["clock"])
    action = DriverAction.objects.get(shipment=first)
    assert abs(action.occurred_at - (now - 10 * MINUTE)) < MINUTE
    assert action.device_at == now + fast - 10 * MINUTE
    assert datetime.fromisoformat(future["occurred_at"]) <= timezone.now()
    assert abs(datetime.fromisoformat(past["occurred_at"]) - (now - 60 * MINUTE)) < MINUTE


def test_nothing_happened_after_it_was_told() -> None:
    route, (shipment, *_) = make_day()
    make_phone(route).tell("deliver", shipment=shipment.id)

    with pytest.raises(IntegrityError, match="driver_action_happened_before_it_was_told"), transaction.atomic():
        DriverAction.objects.update(occurred_at=timezone.now() + MINUTE)


def test_a_driver_has_one_action_of_a_key() -> None:
    route, (shipment, *_) = make_day()
    make_phone(route).tell("deliver", shipment=shipment.id)
    action = DriverAction.objects.get()

    action.pk = None
    with pytest.raises(IntegrityError, match="driver_action_once_per_key"), transaction.atomic():
        action.save(force_insert=True)


def test_what_does_not_follow_is_said_to_be_done_already() -> None:
    route, _ = make_day()
    phone = make_phone(route)

    assert [phone.tell(kind)["outcome"] for kind in ("start", "resume", "set_off")] == ["overtaken"] * 3
    assert Shift.objects.get().state == ShiftState.WORKING


def test_beginning_a_shift_ends_the_one_that_was_forgotten() -> None:
    forgotten = make_day()[0].shift
    shift = rounds.plan_shift(forgotten.driver, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=8))
    route = rounds.plan_route(shift, hub=forgotten.routes.get().hub, departs_at=timezone.now(), stops=[])

    assert make_phone(route).tell("start")["outcome"] == "done"

    assert list(Shift.objects.order_by("id").values_list("state", flat=True)) == ["ended", "working"]
