"""Loading: what is scanned is on its way, and what does not belong on board is said."""

import pytest
from django.utils import timezone

from tests.driving.phones import (
    driver_events,
    make_day,
    make_loading_day,
    make_phone,
    make_planned,
    statuses,
)
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel

pytestmark = pytest.mark.django_db


def test_what_was_loaded_may_be_delivered_although_it_was_taken_off_the_route() -> None:
    route, shipment = make_loading_day(parcels=1)
    phone = make_phone(route)
    phone.tell("scan", number=shipment.parcels.get().number)
    phone.tell("set_off")
    services.withdraw(shipment, at=timezone.now())

    assert phone.tell("deliver", shipment=shipment.id)["outcome"] == "done"
    assert statuses([shipment]) == [Status.DELIVERED]


def test_a_shipment_is_on_its_way_once_each_of_its_parcels_was_scanned() -> None:
    route, shipment = make_loading_day(parcels=2)
    phone = make_phone(route)
    first, second = shipment.parcels.all()

    phone.tell("scan", number=first.number)
    assert statuses([shipment]) == [Status.PLANNED]
    phone.tell("scan", number=f" {second.number} ")

    assert statuses([shipment]) == [Status.OUT_FOR_DELIVERY]
    assert {event.place for event in driver_events()} == {"Kamppi"}


def test_scans_are_answered_plainly() -> None:
    route, shipment = make_loading_day(parcels=1)
    number = shipment.parcels.get().number
    _, (foreign, *_) = make_day()
    phone = make_phone(route)

    told = [
        phone.tell("scan", number="NOBODY'S"),
        phone.tell("scan", number=foreign.parcels.get().number),
        phone.tell("scan", number=number),
        phone.tell("scan", number=number),
    ]

    assert [(each["outcome"], each["flags"]) for each in told] == [
        ("refused", ["unknown_parcel"]),
        ("refused", ["other_route"]),
        ("done", []),
        ("overtaken", ["scanned_before"]),
    ]
    assert [each["told"] for each in told] == [
        "No parcel has this number. Please check it.",
        "This parcel belongs on another route. Please leave it at the hub.",
        "Loaded.",
        "You have loaded this one already.",
    ]
    assert len(driver_events()) == 1


def test_what_was_cancelled_is_not_loaded() -> None:
    route, shipment = make_loading_day(parcels=1)
    services.record(shipment, Status.CANCELLED, at=timezone.now())

    told = make_phone(route).tell("scan", number=shipment.parcels.get().number)

    assert told["told"] == "This one is not to be delivered any more. Please bring it back to the hub."
    assert statuses([shipment]) == [Status.CANCELLED]


def test_parcels_of_one_number_are_loaded_one_after_the_other() -> None:
    route, shipment = make_loading_day(parcels=1)
    number = shipment.parcels.get().number
    twin = make_planned(route, [number])
    phone = make_phone(route)

    assert [phone.tell("scan", number=number)["outcome"] for _ in range(3)] == ["done", "done", "overtaken"]
    assert statuses([shipment, twin]) == [Status.OUT_FOR_DELIVERY] * 2
    assert Parcel.objects.filter(number=number).count() == 2
