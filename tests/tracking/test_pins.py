"""The PIN: who is shown it, when it holds, and how often it may be wrong."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.factories import NOON, make_brand, make_shipment
from tracking.proof import pins, services
from tracking.proof.models import PinDay
from tracking.proof.pins import PinResult
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause, Window

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


def asked_for(status: Status = Status.OUT_FOR_DELIVERY) -> Shipment:
    return make_shipment(status=status, brand=make_brand(asks_for_pin=True))


def wrong_pin(shipment: Shipment, on: date = TODAY) -> str:
    right = pins.pin_of(shipment, on=on)
    return f"{(int(right) + 1) % 10**pins.DIGITS:0{pins.DIGITS}}"


def test_a_pin_is_the_same_all_day_and_another_tomorrow() -> None:
    shipment = asked_for()

    assert pins.pin_of(shipment, on=TODAY) == pins.pin_of(shipment, on=TODAY)
    assert pins.pin_of(shipment, on=TODAY) != pins.pin_of(shipment, on=TODAY + timedelta(days=1))
    assert pins.pin_of(shipment, on=TODAY).isdigit()
    assert len(pins.pin_of(shipment, on=TODAY)) == 6


def test_nobody_derives_a_pin_without_the_key(settings: Settings) -> None:
    shipment = asked_for()
    with_ours = pins.pin_of(shipment, on=TODAY)

    settings.SECRET_KEY = "another one"

    assert pins.pin_of(shipment, on=TODAY) != with_ours


def test_a_pin_is_kept_nowhere() -> None:
    shipment = asked_for()
    pin = pins.pin_of(shipment, on=TODAY)

    services.try_pin(shipment, pin, at=NOON)

    for model in apps.get_app_config("tracking").get_models():
        assert not [row for row in model._default_manager.values_list() if pin in map(str, row)]


@pytest.mark.parametrize(
    ("status", "is_shown"),
    [(status, status == Status.OUT_FOR_DELIVERY) for status in Status],
)
def test_it_is_shown_while_somebody_is_on_the_way(status: Status, is_shown: bool) -> None:
    assert bool(pins.shown(asked_for(status), at=NOON)) == is_shown


def test_it_is_shown_in_the_morning_of_the_day_it_is_planned_for() -> None:
    shipment = asked_for(Status.PLANNED)
    shipments.estimate(shipment, Window(TODAY, None, None), cause=Cause.PLANNED, at=NOON)
    shipment.refresh_from_db()

    assert pins.shown(shipment, at=NOON) == pins.pin_of(shipment, on=TODAY)
    assert pins.shown(shipment, at=NOON - timedelta(days=1)) == ""


def test_no_pin_is_shown_where_the_brand_asks_for_none() -> None:
    assert pins.shown(make_shipment(status=Status.OUT_FOR_DELIVERY), at=NOON) == ""


@pytest.mark.sqlite
def test_the_right_pin_is_right_however_it_is_typed() -> None:
    shipment = asked_for()
    pin = pins.pin_of(shipment, on=TODAY)

    typed = [pin, f"{pin[:3]} {pin[3:]}", f" {pin[:3]}-{pin[3:]}", "".join(chr(0x0660 + int(sign)) for sign in pin)]

    assert [services.try_pin(shipment, each, at=NOON) for each in typed] == [PinResult.RIGHT] * 4
    assert PinDay.objects.get().wrong == 0


@pytest.mark.sqlite
@pytest.mark.parametrize("typed", ["", "0", "abcdef", "💥" * 6, "1" * 5000, "\0\0\0\0\0\0"])
def test_anything_else_is_wrong(typed: str) -> None:
    assert services.try_pin(asked_for(), typed, at=NOON) is PinResult.WRONG
    assert PinDay.objects.get().wrong == 1


@pytest.mark.sqlite
def test_after_five_wrong_ones_the_right_one_is_not_taken_until_tomorrow() -> None:
    shipment = asked_for()
    tried = [services.try_pin(shipment, wrong_pin(shipment), at=NOON) for _ in range(6)]
    assert tried == [PinResult.WRONG] * 5 + [PinResult.LOCKED]

    locked = services.try_pin(shipment, pins.pin_of(shipment, on=TODAY), at=NOON)
    tomorrow = NOON + timedelta(days=1)
    after = services.try_pin(shipment, pins.pin_of(shipment, on=TODAY + timedelta(days=1)), at=tomorrow)

    assert (locked, after) == (PinResult.LOCKED, PinResult.RIGHT)
    assert PinDay.objects.get(day=TODAY).right_at is None


@pytest.mark.parametrize(
    ("at", "is_right"),
    [
        (datetime(2026, 11, 21, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 21, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 22, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 21, 21, 59, 59, tzinfo=UTC), False),
    ],
)
def test_it_holds_to_the_end_of_the_day_at_the_destination(at: datetime, is_right: bool) -> None:
    shipment = asked_for()

    assert (services.try_pin(shipment, pins.pin_of(shipment, on=TODAY), at=at) is PinResult.RIGHT) == is_right


@pytest.mark.django_db(transaction=True)
def test_of_many_who_guess_at_once_five_are_heard() -> None:
    shipment = asked_for()
    at = timezone.now()
    typed = wrong_pin(shipment, pins.day_of(shipment, at=at))

    def guess(_: int) -> PinResult:
        try:
            return services.try_pin(shipment, typed, at=at)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as crowd:
        results = list(crowd.map(guess, range(24)))

    assert results.count(PinResult.WRONG) == 5
    assert results.count(PinResult.LOCKED) == 19
    assert PinDay.objects.get().wrong == 5
