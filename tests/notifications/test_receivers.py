"""What is heard from tracking starts tasks that carry ids; two workers at once write one row."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from notifications import receivers, sealing, tasks
from notifications.models import Considered, Notification
from notifications.services import considering
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_browser, make_link, make_policy, make_route, make_rule, make_shipment
from tests.notifications.rows import NUMBER
from tests.started import Started, hearing
from tracking.links import services as links
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment, StatusEvent
from tracking.shipments.window import Cause, Window

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DOORS = [(60.1689, 24.9455), (60.1660, 24.9400)]
ROUNDS = 6

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Started]:
    """Give a function that does something, commits it, and gives the tasks of ours that were started by it."""
    with hearing(django_capture_on_commit_callbacks, app="notifications") as do:
        yield do


def at_once(call: Callable[[], object]) -> None:
    """Make a call twice at the same moment, each on a connection of its own."""
    start = Barrier(2)

    def run() -> None:
        try:
            start.wait(10)
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(run) for _ in range(2)]:
            future.result()


def never_quiet(brand: Brand | None = None) -> Brand:
    """Let a brand tell what it tells at any hour."""
    brand = brand or make_brand()
    make_policy(brand, quiet_from=NOON.time(), quiet_until=NOON.time())
    return brand


def make_eager_brand(brand: Brand) -> Brand:
    """Let a brand tell everything at any hour, everywhere."""
    never_quiet(brand)
    for trigger in (Trigger.SHIPPED, Trigger.STOPS_AWAY, Trigger.SURVEY):
        make_rule(brand, trigger, Channel.SMS)
        make_rule(brand, trigger, Channel.EMAIL)
    return brand


def test_a_step_starts_considering_it(started: Started) -> None:
    shipment = make_shipment()

    heard = started(lambda: services.record(shipment, Status.AT_HUB, at=NOON))

    event = StatusEvent.objects.latest("id")
    assert heard == [("consider_event", {"event_id": event.id})]


def test_a_step_that_was_rolled_back_starts_nothing(started: Started) -> None:
    shipment = make_shipment()

    def fail() -> None:
        with transaction.atomic():
            services.record(shipment, Status.AT_HUB, at=NOON)
            transaction.set_rollback(True)

    assert started(fail) == []


def test_a_window_starts_considering_its_shipments(started: Started) -> None:
    shipment = make_shipment()

    heard = started(lambda: services.estimate(shipment, Window(date(2026, 11, 23)), cause=Cause.CARRIER, at=NOON))

    assert heard == [("consider_windows", {"shipment_ids": [shipment.id]})]


def test_a_change_of_the_stops_starts_considering_the_route(started: Started) -> None:
    route = make_route(DOORS)
    first = Shipment.objects.get(stop__route=route, stop__sequence=1)

    heard = started(lambda: services.withdraw(first, at=NOON))

    assert ("consider_road", {"route_id": route.id}) in heard


def test_a_code_is_in_the_outbox_before_anything_else_hears_of_it(started: Started) -> None:
    link = make_link()

    heard = started(lambda: links.request_code(link, at=timezone.now()))

    row = Notification.objects.get()
    assert (row.trigger, row.channel, row.recipient) == (Trigger.CODE, Channel.SMS, NUMBER)
    assert heard == [("drain", {"channel": Channel.SMS})]
    assert sealing.unseal(row.sealed) not in str(heard)


def test_what_is_written_and_due_is_drained(started: Started) -> None:
    shipment = make_shipment(brand=never_quiet(), status=Status.OUT_FOR_DELIVERY, at=timezone.now() - HOUR)
    event = StatusEvent.objects.latest("id")

    heard = started(lambda: tasks.consider_event(event_id=event.id))

    assert Notification.objects.get().shipment == shipment
    assert heard == [("drain", {"channel": Channel.SMS})]


def test_a_nudge_that_comes_twice_writes_and_sends_once(started: Started) -> None:
    make_shipment(brand=never_quiet(), status=Status.OUT_FOR_DELIVERY, at=timezone.now() - HOUR)
    event = StatusEvent.objects.latest("id")

    first, second = (started(lambda: tasks.consider_event(event_id=event.id)) for _ in range(2))

    assert Notification.objects.count() == 1
    assert (first, second) == ([("drain", {"channel": Channel.SMS})], [])


def test_late_windows_are_considered_by_their_task(started: Started) -> None:
    now = timezone.now()
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.promise(shipment, start=now - HOUR, end=now + MINUTE, at=now)
    services.estimate(shipment, Window(now.date(), now, now + HOUR), cause=Cause.BEHIND, at=now)

    heard = started(lambda: tasks.consider_windows(shipment_ids=[shipment.id]))

    assert Notification.objects.get().trigger == Trigger.DELAYED
    assert heard == [("drain", {"channel": Channel.SMS})]


def test_the_sweeps_find_what_nobody_was_nudged_for(started: Started) -> None:
    now = timezone.now()
    route = make_route(DOORS[:1], at=now)
    shipment = Shipment.objects.get(stop__route=route)
    make_browser(shipment)

    assert started(tasks.sweep_road) == [("drain", {"channel": Channel.PUSH})]
    assert started(lambda: tasks.consider_road(route_id=route.id)) == []

    long_ago = now - timedelta(days=2, hours=1)
    waiting = make_shipment(brand=never_quiet(), status=Status.READY_FOR_PICKUP, at=long_ago)
    tasks.sweep_events()
    Notification.objects.exclude(shipment=waiting).delete()
    assert ("drain", {"channel": Channel.SMS}) in started(tasks.sweep_calendar)
    assert set(Notification.objects.values_list("trigger", flat=True)) >= {Trigger.PICKUP_REMINDER}


def test_receivers_take_what_signals_send_now_and_later(started: Started) -> None:
    heard = started(lambda: receivers.consider_event(sender=None, event_id=1, added_later=True))

    assert heard == [("consider_event", {"event_id": 1})]


@pytest.mark.django_db(transaction=True)
def test_two_workers_who_consider_one_event_at_once_write_each_message_once() -> None:
    for _ in range(ROUNDS):
        shipment = make_shipment()
        make_eager_brand(shipment.brand)
        event = services.record(shipment, Status.AT_HUB, at=NOON)

        at_once(partial(considering.event, event.id, at=NOON))

        rows = Notification.objects.filter(shipment=shipment).order_by("id")
        assert list(rows.values_list("trigger", "channel")) == [
            (Trigger.SHIPPED, Channel.SMS),
            (Trigger.SHIPPED, Channel.EMAIL),
        ]
        assert Considered.objects.filter(event_id=event.id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_nudge_and_a_sweep_at_once_write_each_message_once() -> None:
    considering.sweep_events(at=NOON)
    for number in range(ROUNDS):
        shipment = make_shipment(at=NOON)
        make_eager_brand(shipment.brand)
        at = NOON + number * MINUTE

        at_once(partial(considering.sweep_events, at=at))

        assert Notification.objects.filter(shipment=shipment).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_who_look_at_one_road_at_once_tell_each_once() -> None:
    for _ in range(ROUNDS):
        route = make_route(DOORS)
        make_eager_brand(Shipment.objects.filter(stop__route=route).latest("id").brand)

        at_once(partial(considering.road, at=NOON, route_id=route.id))

        rows = Notification.objects.filter(shipment__stop__route=route, trigger=Trigger.STOPS_AWAY)
        assert rows.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_codes_asked_for_at_once_are_two_messages() -> None:
    for _ in range(ROUNDS):
        shipment = make_shipment()

        at_once(partial(considering.code, shipment.id, "123456", at=NOON))

        rows = Notification.objects.filter(shipment=shipment).order_by("version")
        assert list(rows.values_list("version", flat=True)) == [1, 2]
