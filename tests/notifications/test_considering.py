"""What events call for, to whom it goes, and that each is considered once, however it was heard of."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import sealing
from notifications.models import (
    Cancelled,
    ConsentSource,
    Considered,
    Cursor,
    Notification,
    State,
)
from notifications.services import consent, considering, contacts, notify
from notifications.triggers import Channel, Trigger
from tests.factories import (
    NOON,
    make_brand,
    make_browser,
    make_policy,
    make_recipient,
    make_rule,
    make_shipment,
)
from tests.notifications.rows import MAIL, NUMBER
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import Recipient, Report

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 11, 22, 20, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def consider_all(*, at: datetime = NOON) -> frozenset[Channel]:
    """Consider all events there are, as if each had been nudged."""
    return considering.events([*StatusEvent.objects.values_list("id", flat=True)], at=at)


def written(*fields: str) -> list[tuple[Any, ...]]:
    """List what is in the outbox: the trigger and channel of each message, and these fields."""
    rows = Notification.objects.order_by("id").values_list("trigger", "channel", *fields)
    return [tuple(row) for row in rows]


def make_history(*statuses: Status, shipment: Shipment | None = None, at: datetime = NOON) -> Shipment:
    """Make a shipment of before, of which nobody is told any more, and take it these steps from now on."""
    shipment = shipment or make_shipment()
    consider_all(at=at - 10 * MINUTE)
    Notification.objects.all().delete()
    for status in statuses:
        services.record(shipment, status, at=at)
    shipment.refresh_from_db()
    return shipment


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([Status.IN_TRANSIT], [(Trigger.SHIPPED, Channel.EMAIL, 0)]),
        ([Status.AT_HUB], [(Trigger.SHIPPED, Channel.EMAIL, 0)]),
        ([Status.PLANNED], []),
        ([Status.AT_HUB, Status.OUT_FOR_DELIVERY], [(Trigger.ON_THE_WAY, Channel.SMS, 1)]),
        (
            [Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED],
            [(Trigger.FAILED_ATTEMPT, Channel.SMS, 1), (Trigger.FAILED_ATTEMPT, Channel.EMAIL, 1)],
        ),
        (
            [Status.AT_HUB, Status.READY_FOR_PICKUP],
            [(Trigger.READY_FOR_PICKUP, Channel.SMS, 1), (Trigger.READY_FOR_PICKUP, Channel.EMAIL, 1)],
        ),
        ([Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED], [(Trigger.DELIVERED, Channel.EMAIL, 0)]),
        ([Status.AT_HUB, Status.RETURNING], []),
        ([Status.AT_HUB, Status.RETURNING, Status.RETURNED], [(Trigger.RETURNED, Channel.EMAIL, 0)]),
        ([Status.CANCELLED], [(Trigger.CANCELLED, Channel.EMAIL, 0)]),
        ([Status.ON_HOLD], []),
    ],
)
def test_a_step_calls_for_its_news(statuses: list[Status], told: list[object]) -> None:
    make_history(*statuses)

    consider_all()

    assert written("version") == told


def test_an_order_that_is_taken_in_calls_for_a_mail_by_the_brands_rule() -> None:
    shipment = make_shipment(at=NOON)
    rule = make_rule(shipment.brand, Trigger.CREATED, Channel.EMAIL)

    assert consider_all() == frozenset()

    row = Notification.objects.get()
    assert (row.trigger, row.channel, row.recipient, row.language) == (Trigger.CREATED, Channel.EMAIL, MAIL, "en")
    assert (row.brand, row.shipment, row.rule, row.state) == (shipment.brand, shipment, rule, State.PENDING)
    assert (row.created_at, row.due_at, row.expires_at) == (NOON, NOON + 7 * SECOND, NOON + DAY)
    assert (row.priority, row.version, row.details) == (1, 0, {})


def test_a_handover_elsewhere_is_told_with_its_place_wherever_the_recipient_is_reached() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY)
    services.record(shipment, Status.DELIVERED, at=NOON, handover=Handover.NEIGHBOUR, place="Virtanen, door 8")

    consider_all()

    assert written("details") == [
        (Trigger.DELIVERED_ELSEWHERE, channel, {"place": "Virtanen, door 8"})
        for channel in (Channel.SMS, Channel.EMAIL)
    ]


def test_a_second_attempt_and_a_second_round_are_news_again() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)
    consider_all()
    tomorrow = NOON + DAY
    services.record(shipment, Status.OUT_FOR_DELIVERY, at=tomorrow)
    consider_all(at=tomorrow)
    services.record(shipment, Status.ATTEMPTED, at=tomorrow + HOUR)

    assert consider_all(at=tomorrow + HOUR) == {Channel.SMS, Channel.EMAIL}

    assert written("version") == [
        (Trigger.FAILED_ATTEMPT, Channel.SMS, 1),
        (Trigger.FAILED_ATTEMPT, Channel.EMAIL, 1),
        (Trigger.ON_THE_WAY, Channel.SMS, 2),
        (Trigger.FAILED_ATTEMPT, Channel.SMS, 2),
        (Trigger.FAILED_ATTEMPT, Channel.EMAIL, 2),
    ]


def test_what_is_written_down_silently_calls_for_nothing() -> None:
    shipment = make_history()

    with services.silently():
        services.record(shipment, Status.AT_HUB, at=NOON)
        services.record(shipment, Status.OUT_FOR_DELIVERY, at=NOON)
    consider_all()
    considering.sweep_events(at=NOON)

    assert written() == []


def test_a_scan_that_follows_a_silent_step_does_not_tell_of_that_step() -> None:
    shipment = make_history()
    with services.silently():
        services.record(shipment, Status.CANCELLED, at=NOON)

    services.ingest(shipment, Report("dhl", "1", NOON, None, raw_code="??"), at=NOON)
    consider_all()

    assert written() == []


def test_what_was_rolled_back_is_not_told() -> None:
    shipment = make_history()

    for _ in range(20):
        with transaction.atomic():
            services.record(shipment, Status.AT_HUB, at=NOON)
            transaction.set_rollback(True)
    consider_all()
    considering.sweep_events(at=NOON)

    assert written() == []


def test_a_late_report_of_the_past_calls_for_nothing() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
    consider_all()

    services.ingest(shipment, Report("dhl", "1", NOON - HOUR, Status.IN_TRANSIT), at=NOON)
    services.ingest(shipment, Report("dhl", "2", NOON - HOUR, Status.OUT_FOR_DELIVERY), at=NOON)
    consider_all()

    assert written() == [(Trigger.DELIVERED, Channel.EMAIL)]


def test_what_happened_days_ago_is_history_whenever_we_hear_of_it() -> None:
    shipment = make_history(Status.IN_TRANSIT, at=NOON - 5 * DAY)
    Notification.objects.all().delete()

    services.ingest(shipment, Report("dhl", "1", NOON - 4 * DAY, Status.DELIVERED), at=NOON)
    consider_all()

    assert written() == []


def test_news_ages_from_when_it_happened() -> None:
    shipment = make_history(Status.IN_TRANSIT)
    consider_all()
    Notification.objects.all().delete()

    services.ingest(shipment, Report("dhl", "1", NOON + HOUR, Status.DELIVERED), at=NOON + 3 * HOUR)
    consider_all(at=NOON + 3 * HOUR)

    row = Notification.objects.get()
    assert (row.due_at, row.expires_at) == (NOON + 3 * HOUR + 7 * SECOND, NOON + 25 * HOUR)


def test_when_one_of_two_parcels_could_not_be_delivered_that_is_told_once_the_visit_is_over() -> None:
    shipment = make_history(
        Status.AT_HUB, Status.OUT_FOR_DELIVERY, shipment=make_shipment(parcel_numbers=["P-1", "P-2"])
    )
    Notification.objects.all().delete()

    services.ingest(
        shipment, Report("dhl", "1", NOON + MINUTE, Status.ATTEMPTED, parcel_number="P-1"), at=NOON + MINUTE
    )
    consider_all(at=NOON + MINUTE)
    assert [row for row in written() if row[0] != Trigger.ON_THE_WAY] == []

    services.ingest(
        shipment, Report("dhl", "2", NOON + MINUTE, Status.DELIVERED, parcel_number="P-2"), at=NOON + MINUTE
    )
    consider_all(at=NOON + MINUTE)

    assert [row for row in written() if row[0] != Trigger.ON_THE_WAY] == [
        (Trigger.FAILED_ATTEMPT, Channel.SMS),
        (Trigger.FAILED_ATTEMPT, Channel.EMAIL),
    ]


def test_a_message_that_was_called_off_as_untrue_waits_again_once_it_is_true() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
    consider_all()
    Notification.objects.update(state=State.CANCELLED, reason=Cancelled.UNTRUE, settled_at=NOON)

    services.ingest(shipment, Report("dhl", "1", NOON + HOUR, Status.DELIVERED), at=NOON + HOUR)
    consider_all(at=NOON + HOUR)

    row = Notification.objects.get()
    assert (row.state, row.reason, row.settled_at) == (State.PENDING, "", None)
    assert (row.created_at, row.due_at) == (NOON + HOUR, NOON + HOUR + 7 * SECOND)


@pytest.mark.parametrize("reason", [Cancelled.OVERTAKEN, Cancelled.EXPIRED, Cancelled.WITHDRAWN])
def test_one_that_was_called_off_for_another_reason_does_not(reason: Cancelled) -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
    consider_all()
    Notification.objects.update(state=State.CANCELLED, reason=reason)

    services.ingest(shipment, Report("dhl", "1", NOON + HOUR, Status.DELIVERED), at=NOON + HOUR)
    consider_all(at=NOON + HOUR)

    assert Notification.objects.get().state == State.CANCELLED


def test_what_is_not_urgent_waits_for_the_morning_and_is_no_older_then() -> None:
    make_history(Status.AT_HUB, at=NIGHT)

    consider_all(at=NIGHT)

    row = Notification.objects.get()
    assert (row.due_at, row.expires_at) == (MORNING, MORNING + DAY)


def test_a_brand_without_quiet_hours_does_not_wait() -> None:
    shipment = make_shipment()
    make_policy(shipment.brand, quiet_from=time(0), quiet_until=time(0))
    make_history(Status.AT_HUB, shipment=shipment, at=NIGHT)

    consider_all(at=NIGHT)

    assert Notification.objects.get().due_at == NIGHT + 7 * SECOND


def test_a_recipient_without_an_address_gets_nothing() -> None:
    nobody = Recipient("Maija", "Aleksanterinkatu 13", "00100", "Helsinki", "Europe/Helsinki", phone="ask the porter")
    make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY, shipment=make_shipment(recipient=nobody))

    consider_all()

    assert written() == []


def test_news_goes_to_the_address_that_was_given_last() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY)
    contacts.change(shipment, Channel.SMS, "+358 40 999 9999", at=NOON)

    consider_all()

    assert written("recipient") == [(Trigger.ON_THE_WAY, Channel.SMS, "+358409999999")]


def test_news_is_told_once_on_a_channel_whatever_the_address_is_by_then() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY)
    consider_all()
    Notification.objects.update(state=State.SENT)
    contacts.change(shipment, Channel.SMS, "+358 40 999 9999", at=NOON)

    services.ingest(shipment, Report("dhl", "1", NOON + MINUTE, Status.OUT_FOR_DELIVERY), at=NOON + MINUTE)
    consider_all(at=NOON + MINUTE)

    assert written("recipient") == [(Trigger.ON_THE_WAY, Channel.SMS, NUMBER)]


def test_every_browser_is_told_in_its_language() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY)
    finnish, swedish = make_browser(shipment), make_browser(shipment, language="sv")
    make_browser(shipment, gone_at=NOON)

    consider_all()

    assert written("recipient", "language") == [
        (Trigger.ON_THE_WAY, Channel.SMS, NUMBER, "en"),
        (Trigger.ON_THE_WAY, Channel.PUSH, str(finnish.id), "fi"),
        (Trigger.ON_THE_WAY, Channel.PUSH, str(swedish.id), "sv"),
    ]


def test_by_whatsapp_where_the_brand_says_so() -> None:
    shipment = make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY)
    make_rule(shipment.brand, Trigger.ON_THE_WAY, Channel.WHATSAPP)

    consider_all()

    assert written("recipient") == [(Trigger.ON_THE_WAY, Channel.WHATSAPP, NUMBER)]


def test_other_apps_may_have_something_told_once() -> None:
    brand = make_brand()
    make_rule(brand, Trigger.SURVEY, Channel.EMAIL)
    shipment = make_shipment(brand=brand, status=Status.DELIVERED)

    for _ in range(2):
        notify(shipment, Trigger.SURVEY, at=NOON, details={"question": "stars"})

    assert written("details", "priority", "due_at", "expires_at") == [
        (Trigger.SURVEY, Channel.EMAIL, {"question": "stars"}, 2, NOON + 7 * SECOND, NOON + 2 * DAY)
    ]


def test_considering_an_event_again_changes_nothing() -> None:
    make_history(Status.AT_HUB)
    event = StatusEvent.objects.latest("id")
    consider_all()
    before = written("due_at")

    assert considering.event(event.id, at=NOON + HOUR) == frozenset()

    assert written("due_at") == before
    assert Considered.objects.filter(event_id=event.id).get().at == NOON


def test_an_event_that_is_gone_is_nothing() -> None:
    assert considering.event(987_654_321, at=NOON) == frozenset()


def test_urgent_news_is_due_at_once_and_its_channels_are_named() -> None:
    make_history(Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)

    assert consider_all(at=NOON + SECOND) == {Channel.SMS, Channel.EMAIL}

    received_at = StatusEvent.objects.latest("id").received_at
    assert set(Notification.objects.values_list("due_at", "priority")) == {(received_at, 0)}


def test_an_event_whose_nudge_was_lost_is_found() -> None:
    make_history()
    considering.sweep_events(at=NOON)
    shipment = make_shipment(at=NOON)
    services.record(shipment, Status.AT_HUB, at=NOON)

    considering.sweep_events(at=NOON + 10 * SECOND)

    assert written() == [(Trigger.CREATED, Channel.EMAIL), (Trigger.SHIPPED, Channel.EMAIL)]


def test_however_many_were_missed_all_are_found() -> None:
    considering.sweep_events(at=NOON)
    brand = make_brand()
    for _ in range(250):
        make_shipment(brand=brand, at=NOON)

    considering.sweep_events(at=NOON + 10 * SECOND)

    assert Notification.objects.count() == 250


def test_an_installation_that_begins_to_send_says_nothing_of_the_past() -> None:
    make_shipment(at=NOON - 30 * DAY)
    make_shipment(at=NOON)

    considering.sweep_events(at=NOON)

    assert written("created_at") == [(Trigger.CREATED, Channel.EMAIL, NOON)]
    assert Cursor.objects.get(name="events").position == StatusEvent.objects.earliest("id").id


def test_a_transaction_that_commits_late_is_not_passed_over() -> None:
    considering.sweep_events(at=NOON)
    late, early = make_shipment(at=NOON), make_shipment(at=NOON)
    event = late.events.get()
    hidden = StatusEvent(**{field.attname: getattr(event, field.attname) for field in StatusEvent._meta.fields})
    event.delete()

    considering.sweep_events(at=NOON + 10 * SECOND)
    considering.sweep_events(at=NOON + 60 * SECOND)
    assert [row.shipment for row in Notification.objects.all()] == [early]
    hidden.save(force_insert=True)
    considering.sweep_events(at=NOON + 70 * SECOND)

    assert {row.shipment for row in Notification.objects.all()} == {early, late}


def test_what_a_sweep_has_passed_is_forgotten_and_not_considered_again() -> None:
    considering.sweep_events(at=NOON)
    shipment = make_shipment(at=NOON)
    for seconds in (10, 60, 70, 120):
        considering.sweep_events(at=NOON + seconds * SECOND)
    Notification.objects.all().delete()

    assert Cursor.objects.get(name="events").position == shipment.events.get().id
    assert not Considered.objects.exists()

    considering.event(shipment.events.get().id, at=NOON + 130 * SECOND)
    considering.sweep_events(at=NOON + 180 * SECOND)
    assert written() == []


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_events(count: int) -> None:
    shipments = [make_shipment() for _ in range(count)]
    considering.sweep_events(at=NOON)
    Notification.objects.all().delete()
    ids = [services.record(shipment, Status.AT_HUB, at=NOON).id for shipment in shipments]

    with CaptureQueriesContext(connection) as queries:
        considering.events(ids, at=NOON)

    assert Notification.objects.count() == count
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 9


def test_a_code_goes_to_the_phone_in_the_order_sealed_and_at_once() -> None:
    shipment = make_shipment()
    contacts.change(shipment, Channel.SMS, "+358 40 999 9999", at=NOON)

    assert considering.code(shipment.id, "123456", at=NOON) == {Channel.SMS}

    row = Notification.objects.get()
    assert (row.trigger, row.channel, row.recipient, row.version) == (Trigger.CODE, Channel.SMS, NUMBER, 1)
    assert (row.priority, row.due_at, row.expires_at) == (0, NOON, NOON + 10 * MINUTE)
    assert sealing.unseal(row.sealed) == "123456"
    assert "123456" not in f"{row.details}{row.body}{row.sealed}"


def test_each_code_is_a_message_of_its_own() -> None:
    shipment = make_shipment()

    for code in ("123456", "654321"):
        considering.code(shipment.id, code, at=NOON)

    rows = Notification.objects.order_by("version")
    assert [(row.version, sealing.unseal(row.sealed)) for row in rows] == [(1, "123456"), (2, "654321")]


def test_a_code_goes_by_mail_where_there_is_no_phone_or_it_has_stopped_texts() -> None:
    by_mail = make_shipment(recipient=replace(make_recipient(), phone=""))
    stopped = make_shipment()
    consent.withhold(Channel.SMS, NUMBER, source=ConsentSource.WORD, at=NOON)

    for shipment in (by_mail, stopped):
        assert considering.code(shipment.id, "123456", at=NOON) == {Channel.EMAIL}

    assert written("recipient") == [(Trigger.CODE, Channel.EMAIL, MAIL)] * 2


def test_a_code_without_anywhere_to_go_is_not_written() -> None:
    nowhere = replace(make_recipient(), phone="ask the porter", email="")

    assert considering.code(make_shipment(recipient=nowhere).id, "123456", at=NOON) == frozenset()

    assert written() == []
