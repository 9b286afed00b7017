"""What starts the calls to partners, and what finds the ones that nothing has started."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from carriers import tasks
from carriers.models import BookingState, BookingTry, PartnerBooking, TryState
from carriers.services import handing_over
from carriers.services.handing_over import claiming
from tests.carriers.bookable import make_booked, make_contract
from tests.factories import make_route, make_shipment
from tests.started import Started, hearing
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
OURS = frozenset({"call_partners", "follow_shipment"})


@pytest.fixture
def started(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Started]:
    """Give a function that does something, commits it, and gives the tasks about bookings that it started."""
    with hearing(django_capture_on_commit_callbacks, app="carriers", names=OURS) as do:
        yield do


@pytest.fixture
def shipment() -> Shipment:
    return make_shipment(status=Status.AT_HUB)


def ask(shipment: Shipment) -> PartnerBooking:
    return handing_over.ask(shipment, [make_contract("http://127.0.0.1:1").carrier], at=timezone.now() - MINUTE)


def test_whoever_is_to_be_asked_or_told_is_called(started: Started, shipment: Shipment) -> None:
    assert started(lambda: ask(shipment)) == [("call_partners", {})]


def test_what_is_called_off_at_the_partner_is_told_at_once(started: Started, shipment: Shipment) -> None:
    booking = make_booked(shipment).booking_try.booking

    assert started(lambda: handing_over.call_off(booking, at=timezone.now())) == [("call_partners", {})]


def test_a_booking_looks_at_each_step_of_its_shipment(started: Started, shipment: Shipment) -> None:
    make_booked(shipment)

    found = started(lambda: services.record(shipment, Status.CANCELLED, at=timezone.now()))

    assert found == [("follow_shipment", {"shipment_id": shipment.id})]


def test_a_booking_looks_at_the_route_that_its_shipment_comes_onto(started: Started, shipment: Shipment) -> None:
    make_booked(shipment)
    stop = make_route([(60.17, 24.94)]).stops.get()

    found = started(lambda: services.assign(shipment, stop, at=timezone.now()))

    assert found == [("follow_shipment", {"shipment_id": shipment.id})]


def test_steps_of_what_nobody_was_asked_for_start_nothing(started: Started, shipment: Shipment) -> None:
    assert started(lambda: services.record(shipment, Status.CANCELLED, at=timezone.now())) == []


def test_following_a_cancelled_shipment_calls_its_booking_off(shipment: Shipment) -> None:
    booking = ask(shipment)
    services.record(shipment, Status.CANCELLED, at=timezone.now())

    tasks.follow_shipment(shipment_id=shipment.id)

    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED


def test_a_sweep_takes_up_calls_off_and_starts_calls(started: Started, shipment: Shipment) -> None:
    begun_at = timezone.now() - claiming.LEASE - 2 * MINUTE
    booking = handing_over.ask(shipment, [make_contract("http://127.0.0.1:1").carrier], at=begun_at)
    [row] = claiming.claim(at=begun_at, limit=1)
    assert claiming.begin(row, at=begun_at)
    other = handing_over.ask(gone := make_shipment(status=Status.AT_HUB), [row.contract.carrier], at=begun_at)
    services.record(gone, Status.CANCELLED, at=timezone.now())

    found = started(tasks.sweep_bookings)

    assert ("call_partners", {}) in found
    assert booking.tries.get().state == TryState.UNKNOWN
    assert BookingTry.objects.get(booking=other).state == TryState.SPARED


def test_a_sweep_with_nothing_to_do_starts_nothing(started: Started, shipment: Shipment) -> None:
    make_booked(shipment)

    assert started(tasks.sweep_bookings) == []
