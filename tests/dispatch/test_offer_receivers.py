"""What is heard starts tasks about slots and offers; the tasks bear being called twice, and for what is gone."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from dispatch import tasks
from dispatch.models import Booking, Demand, Quote, SlotDay
from dispatch.services import slots
from tests.dispatch.hubs import make_duty, make_hub, make_slot
from tests.factories import make_brand, make_shipment
from tests.started import Started, hearing
from tracking.changes import services as changes
from tracking.changes.models import Action, Change, OfferedAction
from tracking.changes.services import LINK, Offer
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

OURS = frozenset({"offer", "release_slot", "confirm_change"})
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Started]:
    """Give a function that does something, commits it, and gives the tasks about offers that were started by it."""
    with hearing(django_capture_on_commit_callbacks, app="dispatch", names=OURS) as do:
        yield do


def make_booked() -> Shipment:
    """Make a shipment with a place in a slot of tomorrow."""
    at = timezone.now()
    slot = make_slot(is_on_holidays=True)
    shipment = make_shipment(status=Status.AT_HUB, at=at - 20 * HOUR)
    Demand.objects.create(shipment=shipment, hub=slot.hub, earliest=at + 30 * HOUR, latest=at + 32 * HOUR)
    tomorrow = at.astimezone(slot.hub.zone).date() + timedelta(days=1)
    slots.book(shipment, slot, tomorrow, at=at)
    return shipment


def test_each_step_has_what_is_possible_looked_at_again(started: Started) -> None:
    shipment = make_shipment(status=Status.AT_HUB)

    found = started(partial(shipments.record, shipment, Status.ON_HOLD, at=timezone.now()))

    assert found == [("offer", {"shipment_id": shipment.id})]


def test_a_step_of_what_has_a_place_may_give_it_back(started: Started) -> None:
    shipment = make_booked()

    found = started(partial(shipments.record, shipment, Status.CANCELLED, at=timezone.now()))

    assert found == [(name, {"shipment_id": shipment.id}) for name in ("offer", "release_slot")]
    for _ in range(2):
        tasks.release_slot(shipment_id=shipment.id)
    assert not Booking.objects.filter(released_at=None).exists()
    assert SlotDay.objects.get().taken == 0


def test_a_change_is_confirmed_and_looked_at_and_so_is_its_undoing(started: Started) -> None:
    at, shipment = timezone.now(), make_shipment(status=Status.AT_HUB)
    changes.offer(shipment, [Offer(Action.SAFE_PLACE, at + HOUR)], at=at)

    asked = started(partial(changes.ask, shipment, Action.SAFE_PLACE, {"where": "shed"}, by=LINK, at=at))
    change = Change.objects.get()
    undone = started(partial(changes.undo, change, at=at))

    assert asked == [("confirm_change", {"change_id": change.pk}), ("offer", {"shipment_id": shipment.id})]
    assert undone == [("offer", {"shipment_id": shipment.id})]


def test_a_sweep_offers_what_nobody_was_told_to(started: Started) -> None:
    shipment = make_booked()

    assert started(tasks.sweep_offers) == [("offer", {"shipment_id": shipment.id})]
    for _ in range(2):
        tasks.offer(shipment_id=shipment.id)
    assert OfferedAction.objects.filter(shipment=shipment, action=Action.SAFE_PLACE).count() == 1
    assert started(tasks.sweep_offers) == []


def test_slots_are_counted_hub_by_hub() -> None:
    hub = make_hub()
    make_slot(hub, is_on_holidays=True)
    tomorrow = timezone.now().astimezone(hub.zone).date() + timedelta(days=1)
    make_duty(hub, tomorrow)
    at = timezone.now()
    shipment = make_shipment(status=Status.AT_HUB, at=at - 20 * HOUR)
    Demand.objects.create(shipment=shipment, hub=hub, earliest=at, latest=at + 72 * HOUR)

    tasks.count_slots_of(hub_id=hub.pk)
    tasks.count_slots_of(hub_id=hub.pk)

    assert SlotDay.objects.get(day=tomorrow).capacity == 2


def test_quotes_of_yesterday_are_forgotten() -> None:
    made_at = timezone.now() - timedelta(days=1, minutes=1)
    Quote.objects.create(
        brand=make_brand(),
        latitude=60.0,
        longitude=24.0,
        mass_g=1,
        volume_ml=1,
        made_at=made_at,
        valid_until=made_at,
    )

    tasks.forget_quotes()

    assert not Quote.objects.exists()


def test_what_is_gone_meanwhile_is_left_alone() -> None:
    for task in (tasks.offer, tasks.release_slot):
        task(shipment_id=0)
    tasks.count_slots_of(hub_id=0)
    tasks.confirm_change(change_id=0)

    assert not Shipment.objects.exists()
