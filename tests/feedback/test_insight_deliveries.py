from datetime import date, timedelta

import h3
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from feedback import tasks
from feedback.models import Delivery
from feedback.services import deliveries
from notifications.models import Notification, State
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_driver, make_route, make_shipment
from tracking.rounds import services as rounds
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

MINUTE = timedelta(minutes=1)
DOOR = (60.1689, 24.9455)


def delivered(*, minutes_late: int = 0) -> Shipment:
    """Make a shipment that a driver brought, this late, after three minutes at the door."""
    route = make_route([DOOR])
    stop = route.stops.get()
    shipment = stop.shipments.get()
    services.promise(shipment, start=NOON, end=NOON + 60 * MINUTE, at=NOON)
    at = NOON + (60 + minutes_late) * MINUTE
    rounds.arrive(stop, at=at - 3 * MINUTE)
    services.record(shipment, Status.DELIVERED, at=at, handover=Handover.RECIPIENT)
    return shipment


def report(shipment: Shipment, name: str, status: Status, *, minutes: int, voids: str = "", parcel: str = "") -> None:
    at = NOON + minutes * MINUTE
    told = Report("carrier", name, at, status, voids=voids, parcel_number=parcel)
    services.ingest(shipment, told, at=max(at, NOON + 600 * MINUTE))


def recorded(shipment: Shipment) -> Delivery | None:
    deliveries.record([shipment.id])
    return Delivery.objects.filter(shipment=shipment).first()


def ask(shipment: Shipment, *, state: State = State.SENT, channel: Channel = Channel.SMS) -> Notification:
    moment = NOON + 180 * MINUTE
    return Notification.objects.create(
        brand=shipment.brand,
        shipment=shipment,
        trigger=Trigger.SURVEY,
        channel=channel,
        recipient="x",
        language="en",
        state=state,
        created_at=moment,
        due_at=moment,
        expires_at=moment + timedelta(days=1),
        sent_at=moment,
    )


def test_a_delivery_is_written_down_with_all_that_tells_it_apart() -> None:
    shipment = delivered(minutes_late=7)

    found = recorded(shipment)

    assert found is not None
    assert (found.brand_id, found.hub_id) == (shipment.brand_id, shipment.hub_id)
    assert shipment.stop is not None
    driver = shipment.stop.route.shift.driver
    assert (found.driver, found.carrier) == (driver, driver.carrier)
    assert (found.area, found.block) == (h3.latlng_to_cell(*DOOR, 8), h3.latlng_to_cell(*DOOR, 10))
    assert found.delivered_at == NOON + 67 * MINUTE
    assert (found.day, found.weekday, found.hour) == (date(2026, 11, 22), 7, 13)
    assert (found.promised_end, found.lateness_minutes) == (NOON + 60 * MINUTE, 7)
    assert (found.attempts, found.is_first_attempt) == (1, True)
    assert (found.stop_seconds, found.asked_at) == (180, None)


def test_what_is_not_delivered_is_no_delivery() -> None:
    for status in set(Status) - {Status.DELIVERED}:
        assert recorded(make_shipment(status=status)) is None


def test_the_signal_starts_a_task_that_writes_it_down(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    monkeypatch.setattr(tasks.record_delivery, "delay", lambda *, shipment_id: started.append(shipment_id))

    with django_capture_on_commit_callbacks(execute=True):
        shipment = make_shipment(status=Status.DELIVERED)
    tasks.record_delivery(shipment_id=started[-1])

    assert set(started) == {shipment.id}
    assert Delivery.objects.get().shipment == shipment


def test_a_lost_nudge_is_made_good_by_the_sweep_and_twice_is_harmless() -> None:
    shipment, waiting = make_shipment(status=Status.DELIVERED), make_shipment(status=Status.OUT_FOR_DELIVERY)

    for minutes in (0, 2, 4):
        tasks_at = timezone.now() + minutes * MINUTE
        deliveries.sweep(at=tasks_at)

    assert [delivery.shipment for delivery in Delivery.objects.all()] == [shipment]
    services.record(waiting, Status.DELIVERED, at=NOON)
    tasks.sweep_deliveries()
    assert set(Delivery.objects.values_list("shipment", flat=True)) == {shipment.id, waiting.id}


def test_a_correction_is_followed() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    report(shipment, "1", Status.DELIVERED, minutes=10)
    first = recorded(shipment)
    report(shipment, "2", Status.DELIVERED, minutes=25, voids="1")
    second = recorded(shipment)
    report(shipment, "3", Status.OUT_FOR_DELIVERY, minutes=26, voids="2")

    assert first is not None
    assert second is not None
    assert (first.id, first.delivered_at) == (second.id, NOON + 10 * MINUTE)
    assert second.delivered_at == NOON + 25 * MINUTE
    deliveries.sweep(at=NOON)
    assert not Delivery.objects.exists()


def test_a_return_does_not_undo_a_delivery() -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    services.record(shipment, Status.RETURNING, at=NOON)

    assert recorded(shipment) is not None


def test_it_is_over_with_the_last_parcel() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, parcel_numbers=["A", "B"])
    report(shipment, "1", Status.DELIVERED, minutes=10, parcel="A")
    assert recorded(shipment) is None
    report(shipment, "2", Status.ATTEMPTED, minutes=10, parcel="B")
    report(shipment, "3", Status.OUT_FOR_DELIVERY, minutes=200, parcel="B")
    report(shipment, "4", Status.DELIVERED, minutes=300, parcel="B")

    found = recorded(shipment)

    assert found is not None
    assert found.delivered_at == NOON + 300 * MINUTE
    assert (found.attempts, found.is_first_attempt) == (2, False)


def test_two_who_tell_of_one_failed_visit_tell_of_one() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    report(shipment, "1", Status.ATTEMPTED, minutes=10)
    report(shipment, "2", Status.ATTEMPTED, minutes=12)
    report(shipment, "3", Status.AT_HUB, minutes=60)
    report(shipment, "4", Status.ATTEMPTED, minutes=120)
    report(shipment, "5", Status.DELIVERED, minutes=240)

    found = recorded(shipment)

    assert found is not None
    assert found.attempts == 3


def test_what_was_collected_unvisited_was_no_attempt_and_after_a_visit_the_first_was_not_enough() -> None:
    unvisited = make_shipment(status=Status.READY_FOR_PICKUP)
    services.record(unvisited, Status.DELIVERED, at=NOON, handover=Handover.PICKUP_POINT)
    visited = make_shipment(status=Status.ATTEMPTED)
    services.record(visited, Status.READY_FOR_PICKUP, at=NOON)
    services.record(visited, Status.DELIVERED, at=NOON, handover=Handover.PICKUP_POINT)

    found = [recorded(shipment) for shipment in (unvisited, visited)]

    assert [delivery and (delivery.attempts, delivery.is_first_attempt) for delivery in found] == [
        (0, None),
        (1, False),
    ]


@pytest.mark.parametrize(("minutes_late", "minutes"), [(-30, -30), (0, 0), (1, 1)])
def test_lateness_counts_from_the_end_of_the_promise(minutes_late: int, minutes: int) -> None:
    found = recorded(delivered(minutes_late=minutes_late))

    assert found is not None
    assert found.lateness_minutes == minutes


def test_what_is_known_of_a_visit_outlives_its_route() -> None:
    shipment = delivered()
    known = recorded(shipment)
    assert shipment.stop is not None
    shipment.stop.route.delete()

    found = recorded(shipment)

    assert known is not None
    assert found is not None
    assert (found.driver_id, found.stop_seconds) == (known.driver_id, 180)
    assert (found.carrier_id, found.hub_id) == (known.carrier_id, known.hub_id)


def test_who_was_asked_is_known_afterwards_and_who_was_not_reached_was_not_asked() -> None:
    asked, unreached = make_shipment(status=Status.DELIVERED), make_shipment(status=Status.DELIVERED)
    deliveries.record([asked.id, unreached.id])
    ask(asked)
    ask(unreached, state=State.FAILED)

    deliveries.sweep(at=NOON + timedelta(days=1))

    sent_at = NOON + 180 * MINUTE
    assert dict(Delivery.objects.values_list("shipment", "asked_at")) == {asked.id: sent_at, unreached.id: None}
    deliveries.record([asked.id])
    assert Delivery.objects.get(shipment=asked).asked_at == sent_at


def test_the_number_of_queries_does_not_grow_with_the_shipments(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    few = [make_shipment(status=Status.DELIVERED).id for _ in range(2)]
    many = [make_shipment(status=Status.DELIVERED).id for _ in range(9)]

    for shipment_ids in (few, many):
        with django_assert_num_queries(8):
            deliveries.record(shipment_ids)


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("delivery_by_a_clock", {"hour": 24}),
        ("delivery_by_a_clock", {"weekday": 0}),
        ("delivery_promised_means_lateness", {"lateness_minutes": 3}),
        ("delivery_visited_means_first_or_not", {"is_first_attempt": None}),
    ],
)
def test_what_must_never_be_false_is_held_by_the_database(constraint: str, wrong: dict[str, object]) -> None:
    assert recorded(make_shipment(status=Status.DELIVERED)) is not None

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delivery.objects.update(**wrong)


def test_a_driver_may_go_and_what_they_did_stays() -> None:
    found = recorded(delivered())
    assert found is not None

    make_driver().delete()
    rounds_of = found.driver
    assert rounds_of is not None
    Shipment.objects.update(stop=None)
    rounds_of.delete()

    assert Delivery.objects.get().driver is None
