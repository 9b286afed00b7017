"""Workers, people and partners at the same moment, and a worker that is killed in the middle of a call."""

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from carriers.models import BookingState, BookingTry, Contract, PartnerBooking, TryState
from carriers.services import handing_over
from carriers.services.handing_over import claiming
from carriers.services.handing_over.asking import AlreadyHandedOver
from demo.partner.server import Answer, Partner
from tests import servers
from tests.carriers import bookable
from tests.carriers.bookable import Misbehaving, make_contract
from tests.factories import NOON, make_shipment
from tests.tracking.test_races import at_once
from tracking.shipments.lifecycle import Status

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
SOON = timedelta(seconds=1)
WORK = "from carriers.services import handing_over; handing_over.work()"


@pytest.fixture
def partner(settings: Settings) -> Iterator[Misbehaving]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with bookable.running() as running:
        yield running


def ask(contract: Contract) -> PartnerBooking:
    at = timezone.now() - timedelta(seconds=5)
    return handing_over.ask(make_shipment(status=Status.AT_HUB), [contract.carrier], at=at)


def test_two_who_hand_over_at_once_ask_once(partner: Misbehaving) -> None:
    contract = make_contract(partner.url)
    for _ in range(ROUNDS):
        shipment = make_shipment(status=Status.AT_HUB)

        asked = at_once(*[partial(handing_over.ask, shipment, [contract.carrier], at=NOON)] * 2)

        assert sum(isinstance(one, PartnerBooking) for one in asked) == 1
        assert sum(isinstance(one, AlreadyHandedOver) for one in asked) == 1


def test_three_workers_book_each_shipment_once(partner: Misbehaving) -> None:
    contract = make_contract(partner.url)
    bookings = [ask(contract) for _ in range(12)]

    assert at_once(*[handing_over.work] * 3) == [None] * 3

    assert len(partner.books.bought()) == partner.times("buy") == len(bookings)
    assert set(PartnerBooking.objects.values_list("state", flat=True)) == {BookingState.BOOKED}


def test_whatever_is_called_off_while_it_is_booked_ends_with_nothing_booked(partner: Misbehaving) -> None:
    contract = make_contract(partner.url)
    for _ in range(ROUNDS):
        booking = ask(contract)

        said = at_once(handing_over.work, partial(handing_over.call_off, booking, at=timezone.now()))
        handing_over.work()

        booking.refresh_from_db()
        assert said == [None, True]
        assert booking.state == BookingState.CANCELLED
        assert booking.tries.get().state in {TryState.CANCELLED, TryState.SPARED}
        assert partner.books.bought() == []


def test_two_who_call_off_at_once_call_off_once(partner: Misbehaving) -> None:
    booking = ask(make_contract(partner.url))
    handing_over.work()

    said = at_once(*[partial(handing_over.call_off, booking, at=timezone.now())] * 2)

    assert sorted(map(bool, said)) == [False, True]


def test_of_a_worker_that_is_killed_in_the_middle_of_a_call_the_booking_is_found_and_not_made_again(
    partner: Misbehaving, installation: dict[str, str]
) -> None:
    bought, is_over = threading.Event(), threading.Event()

    def buy_and_hang(server: Misbehaving, method: str, path: str, said: Mapping[str, Any]) -> Answer | None:
        Partner.answer(server, method, path, said)
        bought.set()
        is_over.wait(60)
        return None

    partner.faults["buy"].append(buy_and_hang)
    booking = ask(make_contract(partner.url))
    environment = {**installation, "WEBHOOKS_TO_PRIVATE_ADDRESSES": "1"}
    with servers.program("manage", "shell", "-v", "0", "--no-imports", "-c", WORK, environment=environment) as worker:
        assert bought.wait(60), worker.end
        worker.kill()
    is_over.set()

    row = booking.tries.get()
    assert (row.state, row.leased_until is None, row.called_at is None) == (TryState.DUE, False, False)
    later = timezone.now() + claiming.LEASE + SOON
    assert claiming.claim(at=later, limit=1) == []
    assert handing_over.take_up_abandoned(at=later) == 1
    BookingTry.objects.update(due_at=timezone.now() - SOON)
    handing_over.work()

    booking.refresh_from_db()
    assert booking.state == BookingState.BOOKED
    assert (partner.times("buy"), len(partner.books.bought())) == (1, 1)
