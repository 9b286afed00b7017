"""Who gets a place in a slot, until when, and how it is given back."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from dispatch.models import Booking, SlotDay
from dispatch.services import slots
from dispatch.services.slots import Full, NotOffered, TooLate
from tests.dispatch.hubs import make_hub, make_slot
from tests.factories import NOON, make_shipment
from tests.tracking.test_races import at_once

MONDAY = date(2026, 11, 23)
CHRISTMAS = date(2026, 12, 25)
DAYS = [MONDAY + timedelta(days=days) for days in range(7)]

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def day_of(slot_id: int, day: date = MONDAY) -> tuple[int, int]:
    return SlotDay.objects.values_list("capacity", "taken").get(slot=slot_id, day=day)


def test_what_can_be_had_is_listed_with_its_time_cut_off_price_and_places() -> None:
    slot = make_slot(weekdays="12345")

    opening, *others = slots.openings(slot.hub, postcode="00100", days=DAYS, at=NOON)

    assert (opening.day, opening.start, opening.end) == (
        MONDAY,
        datetime(2026, 11, 23, 15, tzinfo=UTC),
        datetime(2026, 11, 23, 18, tzinfo=UTC),
    )
    assert (opening.until, opening.price, opening.left) == (datetime(2026, 11, 23, 10, tzinfo=UTC), Decimal("3.90"), 2)
    assert len(others) == 4


def test_what_is_full_too_late_elsewhere_or_on_a_holiday_cannot_be_had(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    hub = make_hub()
    full, elsewhere = make_slot(hub, room=0), make_slot(hub, area="9")
    late = make_slot(hub, starts=time(13), days_before=1, until=time(12))
    last = make_slot(hub, starts=time(14), days_before=1, until=time(12, 1))
    festive = make_slot(hub, starts=time(15), is_on_holidays=True)

    with django_assert_num_queries(2):
        tomorrow = slots.openings(hub, postcode="00100", days=[MONDAY], at=NOON)
    christmas = slots.openings(hub, postcode="00100", days=[CHRISTMAS], at=NOON)

    assert {opening.slot for opening in tomorrow} == {last, festive}
    assert not {full, elsewhere, late} & {opening.slot for opening in tomorrow}
    assert [opening.slot for opening in christmas] == [festive]


def test_a_place_is_taken_and_given_back() -> None:
    slot, shipment = make_slot(), make_shipment()

    booking = slots.book(shipment, slot, MONDAY, at=NOON)
    assert (day_of(slot.pk), booking.price) == ((2, 1), Decimal("3.90"))

    assert slots.release(shipment, at=NOON) is True
    assert slots.release(shipment, at=NOON) is False
    assert day_of(slot.pk) == (2, 0)


def test_another_place_is_had_in_exchange_for_the_first() -> None:
    slot, shipment = make_slot(), make_shipment()
    slots.book(shipment, slot, MONDAY, at=NOON)

    tuesday = slots.book(shipment, slot, MONDAY + timedelta(days=1), at=NOON)
    again = slots.book(shipment, slot, MONDAY + timedelta(days=1), at=NOON)

    assert again == tuesday
    assert day_of(slot.pk) == (2, 0)
    assert day_of(slot.pk, MONDAY + timedelta(days=1)) == (2, 1)
    assert slots.booked([shipment]) == {shipment.pk: tuesday}


@pytest.mark.parametrize(
    ("fields", "at", "refusal"),
    [
        ({"room": 0}, NOON, Full),
        ({}, NOON + timedelta(days=1), TooLate),
        ({"weekdays": "7"}, NOON, NotOffered),
        ({"area": "9"}, NOON, NotOffered),
    ],
)
def test_a_refusal_leaves_the_place_that_one_has(
    fields: dict[str, object], at: datetime, refusal: type[Exception]
) -> None:
    hub = make_hub()
    slot, shipment = make_slot(hub), make_shipment()
    slots.book(shipment, slot, MONDAY, at=NOON)
    wanted = make_slot(hub, starts=time(9), **fields)

    with pytest.raises(refusal):
        slots.book(shipment, wanted, MONDAY, at=at)

    assert day_of(slot.pk) == (2, 1)
    assert Booking.objects.get(released_at=None).slot_day.slot == slot


def test_who_has_a_place_keeps_it_although_there_is_room_for_fewer() -> None:
    slot = make_slot(room=3)
    for _ in range(2):
        slots.book(make_shipment(), slot, MONDAY, at=NOON)

    slots.set_capacity(slot, MONDAY, 1, at=NOON)
    assert day_of(slot.pk) == (2, 2)

    slots.set_capacity(slot, MONDAY, 9, at=NOON)
    assert day_of(slot.pk) == (3, 2)


def test_the_database_holds_that_no_more_are_taken_than_there_are() -> None:
    with pytest.raises(IntegrityError, match="slot_day_holds_no_more_than_it_can"), transaction.atomic():
        SlotDay.objects.create(slot=make_slot(), day=MONDAY, capacity=1, taken=2, counted_at=NOON)


def test_the_database_holds_that_a_shipment_has_one_place() -> None:
    slot, shipment = make_slot(), make_shipment()
    first = slots.book(shipment, slot, MONDAY, at=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.create(slot_day=first.slot_day, shipment=shipment, price=0, booked_at=NOON)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_the_last_place_exactly_one_gets_it() -> None:
    for _ in range(5):
        slot = make_slot(room=1)
        shoppers = [make_shipment() for _ in range(4)]

        outcomes = at_once(*[partial(slots.book, shopper, slot, MONDAY, at=NOON) for shopper in shoppers])

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Booking", "Full", "Full", "Full"]
        assert day_of(slot.pk) == (1, 1)
        assert Booking.objects.filter(slot_day__slot=slot, released_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_swap_their_slots_do_not_wait_for_each_other() -> None:
    for _ in range(5):
        hub = make_hub()
        morning, evening = make_slot(hub, starts=time(13)), make_slot(hub)
        early, late = make_shipment(), make_shipment()
        slots.book(early, morning, MONDAY, at=NOON)
        slots.book(late, evening, MONDAY, at=NOON)

        outcomes = at_once(
            partial(slots.book, early, evening, MONDAY, at=NOON),
            partial(slots.book, late, morning, MONDAY, at=NOON),
        )

        assert [type(outcome) for outcome in outcomes] == [Booking, Booking]
        assert (day_of(morning.pk), day_of(evening.pk)) == ((2, 1), (2, 1))


@pytest.mark.django_db(transaction=True)
def test_a_place_that_is_given_back_twice_at_once_is_one_place() -> None:
    slot, shipment = make_slot(room=1), make_shipment()
    slots.book(shipment, slot, MONDAY, at=NOON)

    given = at_once(*[partial(slots.release, shipment, at=NOON)] * 3)

    assert sorted(map(str, given)) == ["False", "False", "True"]
    assert day_of(slot.pk) == (1, 0)
