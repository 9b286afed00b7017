"""Handing over, with real partners over HTTP; the clock is the test's, except where a worker asks for the time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from carriers.gateways.outcomes import Booked, Label
from carriers.models import BookingState, BookingTry, Contract, PartnerBooking, TrackingNumber, TryState
from carriers.services import handing_over
from carriers.services.handing_over import claiming, settling
from carriers.services.handing_over.asking import AlreadyHandedOver, NobodyToAsk, NotToBeHandedOver
from dispatch.services import demands, offering
from tests.carriers import bookable
from tests.carriers.bookable import Misbehaving, make_contract
from tests.factories import NOON, make_driver, make_route, make_shipment
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.changes.services import Offer
from tracking.rounds.models import Carrier
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

pytestmark = pytest.mark.django_db(transaction=True)

SOON = timedelta(seconds=1)
LATER = timedelta(minutes=11)
"""After nobody waits for a partner any more."""


@pytest.fixture
def first(settings: Settings) -> Iterator[Misbehaving]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with bookable.running() as running:
        yield running


@pytest.fixture
def second(first: Misbehaving) -> Iterator[Misbehaving]:
    with bookable.running() as running:
        yield running


def ask(*contracts: Contract, shipment: Shipment | None = None, at: datetime | None = None) -> PartnerBooking:
    shipment = shipment or make_shipment(status=Status.AT_HUB)
    carriers = [contract.carrier for contract in contracts]
    return handing_over.ask(shipment, carriers, at=at or timezone.now() - timedelta(seconds=5))


def tries(booking: PartnerBooking) -> list[tuple[str, str]]:
    return [(row.state, row.why) for row in booking.tries.all()]


def state(booking: PartnerBooking) -> str:
    booking.refresh_from_db()
    return booking.state


def hurry(**fields: object) -> None:
    """Let whatever waits for its moment have it now, as if time had gone by."""
    BookingTry.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - SOON, **fields)


def test_a_shipment_is_booked_with_number_label_price_carrier_and_day(first: Misbehaving) -> None:
    contract = make_contract(first.url)
    shipment = make_shipment(status=Status.AT_HUB)
    booking = ask(contract, shipment=shipment)

    handing_over.work()

    [row] = booking.tries.all()
    [number] = row.numbers.all()
    assert (state(booking), row.state) == (BookingState.BOOKED, TryState.BOOKED)
    assert (row.price, row.currency) == (Decimal("5.40"), "EUR")
    assert number.parcel == shipment.parcels.get()
    assert number.label_url == f"{first.url}/labels/{number.number}.svg"
    shipment.refresh_from_db()
    assert shipment.carrier == contract.carrier
    tomorrow = timezone.now().astimezone(shipment.zone).date() + timedelta(days=1)
    assert (shipment.window, shipment.window_cause) == (Window(tomorrow), Cause.CARRIER)


def test_each_of_several_parcels_gets_its_number(first: Misbehaving) -> None:
    shipment = make_shipment(status=Status.AT_HUB, parcel_numbers=["A", "B"])
    booking = ask(make_contract(first.url), shipment=shipment)

    handing_over.work()

    numbers = TrackingNumber.objects.filter(booking_try__booking=booking)
    assert [number.parcel.number for number in numbers if number.parcel] == ["A", "B"]
    assert len({number.number for number in numbers}) == 2


def test_what_is_better_known_than_a_day_is_not_told_anew(first: Misbehaving) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    told = Window(date(2126, 11, 24), NOON.replace(year=2126), NOON.replace(year=2126) + timedelta(hours=2))
    services.estimate(shipment, told, cause=Cause.PLANNED, at=NOON)
    ask(make_contract(first.url), shipment=shipment)

    handing_over.work()

    shipment.refresh_from_db()
    assert shipment.window == told


def test_it_comes_off_its_route_and_nothing_of_ours_is_offered_any_more(first: Misbehaving) -> None:
    route = make_route([(60.17, 24.94)], is_active=False)
    shipment = Shipment.objects.get(stop__route=route)
    services.record(shipment, Status.AT_HUB, at=NOON)
    services.record(shipment, Status.PLANNED, at=NOON)
    changes.offer(shipment, [Offer(Action.HOLD, NOON + timedelta(days=900))], at=NOON)

    ask(make_contract(first.url), shipment=shipment, at=NOON)

    shipment.refresh_from_db()
    assert (shipment.stop, shipment.status) == (None, Status.AT_HUB)
    assert changes.offered(shipment, at=NOON) == []


def test_who_refuses_is_followed_by_the_next(first: Misbehaving, second: Misbehaving) -> None:
    first.faults["make"].append(bookable.refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "Too far out."))
    one, other = make_contract(first.url), make_contract(second.url, slug="virma")
    booking = ask(one, other)

    handing_over.work()

    assert state(booking) == BookingState.BOOKED
    assert tries(booking) == [(TryState.REFUSED, "Too far out."), (TryState.BOOKED, "")]
    assert Shipment.objects.get(id=booking.shipment_id).carrier == other.carrier


def test_with_nobody_left_whoever_carried_it_before_does_so_again(first: Misbehaving) -> None:
    first.faults["buy"].append(bookable.refuse(HTTPStatus.PAYMENT_REQUIRED, "No money."))
    own = make_driver().carrier
    shipment = make_shipment(status=Status.AT_HUB)
    services.carry(shipment, own, at=NOON)
    booking = ask(make_contract(first.url), shipment=shipment)

    handing_over.work()

    assert (state(booking), tries(booking)) == (BookingState.NOBODY, [(TryState.REFUSED, "No money.")])
    assert Shipment.objects.get(id=shipment.id).carrier == own
    assert ask(Contract.objects.get(), shipment=shipment).is_open


def test_without_an_answer_the_partner_is_asked_and_nothing_is_booked_twice(first: Misbehaving) -> None:
    first.faults["buy"].append(bookable.do_and_drop)
    booking = ask(make_contract(first.url))

    handing_over.work()
    assert tries(booking) == [(TryState.UNKNOWN, "RemoteDisconnected")]
    handing_over.work()
    assert first.times("find") == 1

    hurry()
    handing_over.work()

    assert state(booking) == BookingState.BOOKED
    assert (first.times("buy"), len(first.books.bought())) == (1, 1)


def test_who_knows_of_nothing_is_asked_again(first: Misbehaving) -> None:
    first.faults["buy"].append(bookable.drop)
    booking = ask(make_contract(first.url))

    handing_over.work()
    hurry()
    handing_over.work()

    assert state(booking) == BookingState.BOOKED
    assert (first.times("make"), first.times("buy"), len(first.books.bought())) == (1, 2, 1)


def test_who_answers_nothing_for_too_long_is_followed_by_the_next_and_called_off_once_it_can_be(
    first: Misbehaving, second: Misbehaving
) -> None:
    first.faults["buy"].append(bookable.do_and_drop)
    first.faults["find"].extend([bookable.say(HTTPStatus.NOT_FOUND, {}), bookable.drop])
    booking = ask(make_contract(first.url), make_contract(second.url, slug="virma"))
    handing_over.work()

    hurry(first_called_at=timezone.now() - LATER)
    handing_over.work()
    assert [row.state for row in booking.tries.all()] == [TryState.UNKNOWN, TryState.BOOKED]
    assert state(booking) == BookingState.BOOKED

    hurry()
    handing_over.work()
    assert [row.state for row in booking.tries.all()] == [TryState.CANCELLED, TryState.BOOKED]
    assert (first.books.bought(), len(second.books.bought())) == ([], 1)


def test_who_cannot_be_reached_is_tried_again_and_given_up_in_the_end(first: Misbehaving, second: Misbehaving) -> None:
    first.faults["find"].extend([bookable.drop] * 2)
    booking = ask(make_contract(first.url), make_contract(second.url, slug="virma"))

    handing_over.work()
    assert tries(booking)[0] == (TryState.DUE, "RemoteDisconnected")
    hurry(first_called_at=timezone.now() - LATER)
    handing_over.work()

    assert [row.state for row in booking.tries.all()] == [TryState.SILENT, TryState.BOOKED]
    assert first.books.bought() == []


def test_what_nobody_was_asked_for_yet_is_called_off_without_a_word(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))

    assert handing_over.call_off(booking, at=timezone.now())
    assert not handing_over.call_off(booking, at=timezone.now())
    handing_over.work()

    assert (state(booking), tries(booking)) == (BookingState.CANCELLED, [(TryState.SPARED, "")])
    assert first.asked == []
    assert Shipment.objects.get(id=booking.shipment_id).carrier is None


def test_what_is_booked_is_called_off_at_the_partner(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    handing_over.work()

    handing_over.call_off(booking, at=timezone.now())
    handing_over.work()

    assert (state(booking), tries(booking)) == (BookingState.CANCELLED, [(TryState.CANCELLED, "")])
    assert first.books.bought() == []


def test_a_partner_that_does_not_let_go_says_why(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    handing_over.work()
    first.books.track(first.books.bought()[0], {"status": "in_transit", "status_detail": "in_transit"})

    handing_over.call_off(booking, at=timezone.now())
    handing_over.work()

    assert tries(booking) == [(TryState.KEPT, "The parcel has been fetched already.")]


def test_a_partner_that_cannot_be_told_is_told_later(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    handing_over.work()
    first.faults["refund"].append(bookable.drop)

    handing_over.call_off(booking, at=timezone.now())
    handing_over.work()
    assert tries(booking) == [(TryState.UNWANTED, "RemoteDisconnected")]
    hurry()
    handing_over.work()

    assert [row.state for row in booking.tries.all()] == [TryState.CANCELLED]


def test_a_late_answer_to_what_was_called_off_is_called_off_too(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    [row] = claiming.claim(at=timezone.now(), limit=1)
    assert claiming.begin(row, at=timezone.now())
    handing_over.call_off(booking, at=timezone.now())

    settling.booked(row, Booked("shp_1", [Label("RE1", "")]), at=timezone.now())

    assert (state(booking), tries(booking)) == (BookingState.CANCELLED, [(TryState.UNWANTED, "")])
    assert Shipment.objects.get(id=booking.shipment_id).carrier is None


def test_what_was_called_off_before_the_call_is_not_called_for(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    [row] = claiming.claim(at=timezone.now(), limit=1)
    handing_over.call_off(booking, at=timezone.now())

    assert not claiming.begin(row, at=timezone.now())


def test_a_lease_that_is_nearly_over_is_not_begun(first: Misbehaving) -> None:
    ask(make_contract(first.url), at=NOON)
    [row] = claiming.claim(at=NOON, limit=1)

    assert not claiming.begin(row, at=NOON + claiming.LEASE - claiming.CALL_BEFORE_END + SOON)
    assert claiming.begin(row, at=NOON + claiming.LEASE - claiming.CALL_BEFORE_END)


def test_what_a_worker_took_and_never_began_is_taken_again(first: Misbehaving) -> None:
    ask(make_contract(first.url), at=NOON)
    claiming.claim(at=NOON, limit=1)

    assert claiming.claim(at=NOON + claiming.LEASE, limit=1) == []
    assert len(claiming.claim(at=NOON + claiming.LEASE + SOON, limit=1)) == 1


@pytest.mark.parametrize("after", [Status.CANCELLED, Status.RETURNING])
def test_a_booking_follows_a_shipment_that_nobody_is_to_bring(first: Misbehaving, after: Status) -> None:
    booking = ask(make_contract(first.url))
    handing_over.work()
    services.record(booking.shipment, after, at=timezone.now())

    assert handing_over.follow(at=timezone.now(), shipment_id=booking.shipment_id) == 1
    assert handing_over.follow(at=timezone.now()) == 0

    handing_over.work()
    assert [row.state for row in booking.tries.all()] == [TryState.CANCELLED]


def test_what_a_partner_brings_back_by_itself_is_not_called_off(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    handing_over.work()
    services.ingest(booking.shipment, report(Status.RETURNING), at=timezone.now())

    assert handing_over.follow(at=timezone.now()) == 0
    assert state(booking) == BookingState.BOOKED


def test_what_a_partner_has_is_in_no_plan_and_comes_back_as_it_was(first: Misbehaving) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    demand = demands.take_in(shipment, at=NOON)
    assert demand is not None
    demands.measure(demand, mass_g=700)
    assert offering.due(at=NOON) == [shipment.id]

    booking = ask(make_contract(first.url), shipment=shipment)
    handing_over.work()

    [row] = booking.tries.all()
    assert first.books.find(f"doorstep-{row.marker.hex}")["parcel"] == {"weight": 24.7}
    assert demands.take_in(shipment, at=NOON) is None
    assert offering.due(at=NOON) == []

    handing_over.call_off(booking, at=timezone.now())
    again = demands.take_in(shipment, at=NOON)
    assert again is not None
    assert again.mass_g == 700


def test_a_booking_follows_a_shipment_onto_a_route_of_ours(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    route = make_route([(60.17, 24.94)])
    services.assign(booking.shipment, route.stops.get(), at=NOON)

    assert handing_over.follow(at=timezone.now()) == 1
    assert state(booking) == BookingState.CANCELLED


def test_a_booking_follows_a_shipment_to_another_carrier_which_keeps_it(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    own = make_driver().carrier
    services.carry(booking.shipment, own, at=NOON)

    assert handing_over.follow(at=timezone.now()) == 1
    assert Shipment.objects.get(id=booking.shipment_id).carrier == own


def test_what_goes_its_way_is_left_alone(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    handing_over.work()

    assert handing_over.follow(at=timezone.now()) == 0
    services.ingest(booking.shipment, report(Status.DELIVERED), at=timezone.now())
    assert handing_over.follow(at=timezone.now()) == 0
    assert state(booking) == BookingState.BOOKED


def report(status: Status | None) -> Report:
    return Report(source="revontuli", external_id=f"1-{status}", occurred_at=timezone.now(), status=status)


def test_a_person_may_call_off_until_the_partner_has_the_parcels(first: Misbehaving) -> None:
    booking = ask(make_contract(first.url))
    services.ingest(booking.shipment, report(None), at=timezone.now())
    assert handing_over.may_be_called_off(booking)

    services.ingest(booking.shipment, report(Status.IN_TRANSIT), at=timezone.now())

    assert not handing_over.may_be_called_off(booking)


def test_nothing_is_handed_over_twice(first: Misbehaving) -> None:
    contract = make_contract(first.url)
    booking = ask(contract)

    with pytest.raises(AlreadyHandedOver):
        ask(contract, shipment=booking.shipment)
    assert PartnerBooking.objects.count() == 1


@pytest.mark.parametrize("status", [Status.OUT_FOR_DELIVERY, Status.DELIVERED, Status.CANCELLED, Status.ON_HOLD])
def test_what_nobody_can_fetch_is_not_handed_over(status: Status) -> None:
    contract = make_contract("http://127.0.0.1:1")

    with pytest.raises(NotToBeHandedOver):
        ask(contract, shipment=make_shipment(status=status))
    assert not PartnerBooking.objects.exists()


@pytest.mark.parametrize("fields", [{"is_active": False}, {"api_url": ""}, {"format": "csv"}])
def test_whoever_cannot_be_booked_with_is_not_asked(fields: dict[str, object]) -> None:
    contract = make_contract("http://127.0.0.1:1")
    for name, value in fields.items():
        setattr(contract.account, name, value)
    contract.account.save()

    with pytest.raises(NobodyToAsk):
        ask(contract)


def test_a_carrier_without_a_contract_is_passed_over(first: Misbehaving) -> None:
    contract = make_contract(first.url)
    booking = handing_over.ask(
        make_shipment(status=Status.AT_HUB), [make_driver().carrier, contract.carrier, contract.carrier], at=NOON
    )

    assert [row.contract for row in booking.tries.all()] == [contract]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"state": TryState.BOOKED, "due_at": None},
        {"state": TryState.DUE, "due_at": None},
        {"state": TryState.REFUSED},
        {"state": TryState.WAITING, "due_at": None, "leased_until": NOON},
    ],
)
def test_a_try_is_one_thing_at_a_time(fields: dict[str, object]) -> None:
    booking = ask(make_contract("http://127.0.0.1:1"))

    with pytest.raises(IntegrityError), transaction.atomic():
        booking.tries.update(**fields)


@pytest.mark.sqlite
def test_only_one_carrier_has_it() -> None:
    booking = ask(make_contract("http://127.0.0.1:1"), make_contract("http://127.0.0.1:1", slug="virma"))
    has_it = {"state": TryState.BOOKED, "due_at": None, "reference": "shp_1", "booked_at": NOON}

    with pytest.raises(IntegrityError), transaction.atomic():
        booking.tries.update(**has_it)


@pytest.mark.sqlite
@pytest.mark.parametrize("fields", [{"ended_at": NOON}, {"state": BookingState.CANCELLED}])
def test_what_has_ended_says_when(fields: dict[str, object]) -> None:
    booking = ask(make_contract("http://127.0.0.1:1"))

    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerBooking.objects.filter(id=booking.id).update(**fields)


@pytest.mark.sqlite
def test_a_shipment_has_one_live_booking() -> None:
    booking = ask(make_contract("http://127.0.0.1:1"))

    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerBooking.objects.create(shipment=booking.shipment, asked_at=NOON)


@pytest.mark.sqlite
def test_a_carrier_has_one_contract_an_account_and_one_turn_a_rank() -> None:
    contract = make_contract("http://127.0.0.1:1")
    booking = ask(contract)

    for model, fields in (
        (Contract, {"account": contract.account, "carrier": contract.carrier, "country": "FI"}),
        (BookingTry, {"booking": booking, "contract": contract, "rank": 0}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(**fields)


@pytest.mark.sqlite
def test_a_number_is_kept_once() -> None:
    [row] = ask(make_contract("http://127.0.0.1:1")).tries.all()
    TrackingNumber.objects.create(booking_try=row, number="RE1")

    with pytest.raises(IntegrityError), transaction.atomic():
        TrackingNumber.objects.create(booking_try=row, number="RE1")


def test_who_asked_is_kept(first: Misbehaving) -> None:
    user = User.objects.create(username="tuula")
    booking = handing_over.ask(
        make_shipment(status=Status.AT_HUB),
        list(Carrier.objects.filter(contracts=make_contract(first.url))),
        by=user,
        at=NOON,
    )

    assert (booking.by, booking.asked_at) == (user, NOON)
