"""What becomes of a row, step by step; who has lost it changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.gateways.outcomes import Accepted
from notifications.models import Cancelled, ConsentSource, Notification, Skipped, State
from notifications.services import consent, contacts, outbox, refusals
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_recipient, make_shipment
from tests.notifications.rows import MAIL, NUMBER, make_row

SECOND = timedelta(seconds=1)
ACCEPTED = Accepted("SM1", "queued", Decimal("0.0075"), "USD")

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def claim(*, at: datetime = NOON, channel: Channel = Channel.SMS, limit: int = 10) -> list[Notification]:
    return outbox.claim(channel, at=at, limit=limit)


def claim_one(*, at: datetime = NOON, channel: Channel = Channel.SMS) -> Notification:
    (row,) = claim(at=at, channel=channel)
    return row


def begin_one(*, at: datetime = NOON, channel: Channel = Channel.SMS) -> Notification:
    row = claim_one(at=at, channel=channel)
    row.provider, row.body = "twilio", "Your parcel is on its way."
    assert outbox.begin([row], at=at) == [row]
    return row


def state_of(row: Notification) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason


def test_a_message_is_written_once_whatever_became_of_the_first() -> None:
    first = make_row(state=State.SENT)
    again = Notification.objects.get(id=first.id)
    again.pk, again.marker, again.state = None, "another", State.PENDING

    outbox.write([again])

    assert list(Notification.objects.values_list("id", "state")) == [(first.id, State.SENT)]


def test_what_is_due_is_taken_for_a_minute_the_urgent_first_and_then_the_oldest() -> None:
    later = make_row(due_at=NOON - SECOND)
    earlier = make_row(due_at=NOON - 2 * SECOND)
    urgent = make_row(priority=0)
    make_row(due_at=NOON + SECOND)
    make_row(channel=Channel.EMAIL)

    claimed = claim()

    assert [row.id for row in claimed] == [urgent.id, earlier.id, later.id]
    assert {(row.state, row.leased_until) for row in claimed} == {(State.SENDING, NOON + 60 * SECOND)}
    assert claim() == []


def test_no_more_is_taken_than_there_is_room_for_and_nothing_of_brands_that_must_wait() -> None:
    slow, other = make_brand(), make_brand()
    make_row(make_shipment(brand=slow))
    rows = [make_row(make_shipment(brand=other)) for _ in range(3)]

    claimed = outbox.claim(Channel.SMS, at=NOON, limit=2, without_brands=[slow.id])

    assert [row.id for row in claimed] == [row.id for row in rows[:2]]


def test_what_is_claimed_is_judged_and_worded_without_a_query_for_each() -> None:
    for _ in range(3):
        make_row()

    with CaptureQueriesContext(connection) as queries:
        claimed = claim()
        assert {row.shipment.brand.name for row in claimed if row.shipment} == {"Kauppa"}

    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 3


def test_that_a_call_begins_is_written_down_with_what_is_said_in_one_query() -> None:
    for _ in range(3):
        make_row()
    rows = claim()
    for number, row in enumerate(rows):
        row.provider, row.subject, row.body, row.segments = "twilio", "News", f"Text {number}", number

    with CaptureQueriesContext(connection) as queries:
        outbox.begin(rows, at=NOON + SECOND)

    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 1
    kept = Notification.objects.order_by("id").values_list("body", "segments", "provider", "called_at", "attempts")
    assert list(kept) == [(f"Text {number}", number, "twilio", NOON + SECOND, 1) for number in range(3)]


def test_what_somebody_stopped_after_it_was_taken_is_not_begun() -> None:
    stopped, other = make_row(), make_row(recipient="+358407654321")
    rows = claim()

    consent.withhold(Channel.SMS, NUMBER, source=ConsentSource.WORD, at=NOON)

    assert [row.id for row in outbox.begin(rows, at=NOON)] == [other.id]
    assert state_of(stopped) == (State.SKIPPED, Skipped.OPTED_OUT)


def test_what_is_to_go_to_another_number_by_now_is_not_begun_with_the_old_one() -> None:
    shipment = make_shipment()
    row = make_row(shipment)
    rows = claim()

    contacts.change(shipment, Channel.SMS, "+358407654321", at=NOON)

    assert outbox.begin(rows, at=NOON) == []
    assert state_of(row) == (State.PENDING, "")
    assert row.recipient == "+358407654321"


@pytest.mark.parametrize(("seconds", "may_begin"), [(45, True), (46, False)])
def test_a_call_begins_fifteen_seconds_before_the_lease_ends_or_not_at_all(seconds: int, may_begin: bool) -> None:
    make_row()
    rows = claim()

    begun = outbox.begin(rows, at=NOON + seconds * SECOND)

    assert begun == (rows if may_begin else [])
    assert Notification.objects.get().called_at == (NOON + seconds * SECOND if may_begin else None)


def test_a_worker_whose_row_was_taken_up_by_another_may_neither_begin_nor_settle_it() -> None:
    make_row()
    stale = claim_one()
    outbox.take_up_abandoned(at=NOON + 61 * SECOND)
    fresh = claim_one(at=NOON + 62 * SECOND)

    assert outbox.begin([stale], at=NOON + 20 * SECOND) == []
    outbox.hand_back([stale])
    outbox.skip([stale], Skipped.DAILY_CAP, at=NOON)
    outbox.cancel([stale], Cancelled.UNTRUE, at=NOON)
    outbox.defer(stale, until=NOON)
    outbox.settle_unavailable(stale, at=NOON)
    outbox.settle_uncertain(stale, at=NOON)
    assert not outbox.settle_failed(stale, "21614", at=NOON)

    row = Notification.objects.get()
    assert (row.state, row.leased_until, row.called_at) == (State.SENDING, fresh.leased_until, None)


def test_what_a_provider_took_is_sent_with_its_name_and_price() -> None:
    row = make_row()
    begun = begin_one()

    outbox.settle_sent(begun, ACCEPTED, at=NOON + SECOND)

    assert state_of(row) == (State.SENT, "")
    assert (row.provider_id, row.provider_status, row.cost, row.currency) == ("SM1", "queued", Decimal("0.0075"), "USD")
    assert (row.sent_at, row.called_at, row.leased_until, row.settled_at) == (NOON + SECOND, None, None, None)


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN])
def test_what_a_provider_took_is_sent_however_late_we_hear_of_it(state: State) -> None:
    row = make_row()
    begun = begin_one()
    Notification.objects.update(state=state, leased_until=None, called_at=None)

    outbox.settle_sent(begun, ACCEPTED, at=NOON + 90 * SECOND)

    assert state_of(row) == (State.SENT, "")
    assert row.provider_id == "SM1"


def test_a_report_that_came_before_the_answer_stays_as_it_is() -> None:
    row = make_row()
    begun = begin_one()
    reported = {"state": State.DELIVERED, "provider_id": "SM1", "provider_status": "delivered", "settled_at": NOON}
    Notification.objects.update(leased_until=None, **reported)

    outbox.settle_sent(begun, ACCEPTED, at=NOON + SECOND)

    assert state_of(row) == (State.DELIVERED, "")
    assert (row.provider_status, row.settled_at, row.sent_at) == ("delivered", NOON, NOON + SECOND)
    assert (row.cost, row.called_at) == (Decimal("0.0075"), None)


def test_what_another_worker_has_by_now_is_not_touched_by_a_late_answer() -> None:
    row = make_row()
    begun = begin_one()
    lease = NOON + 200 * SECOND
    Notification.objects.update(state=State.SENDING, leased_until=lease)

    outbox.settle_sent(begun, ACCEPTED, at=NOON + SECOND)

    row.refresh_from_db()
    assert (row.state, row.leased_until, row.provider_id) == (State.SENDING, lease, "")


def test_a_refusal_is_final() -> None:
    row = make_row()
    begun = begin_one()

    assert outbox.settle_failed(begun, "21614", at=NOON)
    assert not outbox.settle_failed(begun, "21614", at=NOON)

    assert state_of(row) == (State.FAILED, "")
    assert (row.error_code, row.settled_at, row.called_at) == ("21614", NOON, None)


@pytest.mark.parametrize(("attempt", "at_least", "at_most"), [(1, 1, 2), (3, 4, 8), (9, 30, 60)])
def test_an_unavailable_provider_is_tried_again_ever_more_rarely(attempt: int, at_least: int, at_most: int) -> None:
    row = make_row(attempts=attempt - 1)

    assert not outbox.settle_unavailable(begin_one(), at=NOON)

    assert state_of(row) == (State.PENDING, "")
    assert NOON + at_least * SECOND <= row.due_at <= NOON + at_most * SECOND
    assert (row.attempts, row.called_at) == (attempt, None)


def test_a_provider_that_says_when_is_not_tried_before() -> None:
    row = make_row()

    outbox.settle_unavailable(begin_one(), at=NOON, retry_after_seconds=100)

    row.refresh_from_db()
    assert row.due_at == NOON + 100 * SECOND


def test_to_be_asked_to_slow_down_is_no_failed_attempt() -> None:
    row = make_row(attempts=20)

    assert not outbox.settle_unavailable(begin_one(), at=NOON, retry_after_seconds=3, is_busy=True)

    assert state_of(row) == (State.PENDING, "")
    assert (row.due_at, row.attempts) == (NOON + 3 * SECOND, 20)


def test_after_ten_attempts_a_message_is_given_up() -> None:
    row = make_row(attempts=9)

    assert outbox.settle_unavailable(begin_one(), at=NOON)

    assert state_of(row) == (State.DEAD, "")
    assert row.settled_at == NOON


def test_what_was_left_is_due_again_where_nobody_was_called_and_in_doubt_where_somebody_was() -> None:
    begun, uncalled = make_row(), make_row()
    row = claim(limit=1)[0]
    outbox.begin([row], at=NOON + SECOND)
    claim(limit=1)

    assert outbox.take_up_abandoned(at=NOON + 60 * SECOND) == 0
    assert outbox.take_up_abandoned(at=NOON + 61 * SECOND) == 2

    assert (state_of(begun), state_of(uncalled)) == ((State.UNKNOWN, ""), (State.PENDING, ""))
    assert (begun.called_at, begun.due_at) == (NOON + SECOND, NOON + 46 * SECOND)
    assert (uncalled.called_at, uncalled.due_at) == (None, NOON)


def test_a_push_message_in_doubt_is_sent_again_because_it_replaces_the_first() -> None:
    row = make_row(channel=Channel.PUSH)
    outbox.settle_uncertain(begin_one(channel=Channel.PUSH), at=NOON)
    assert state_of(row) == (State.PENDING, "")

    begin_one(at=NOON + 5 * SECOND, channel=Channel.PUSH)
    outbox.take_up_abandoned(at=NOON + 66 * SECOND)

    assert state_of(row) == (State.PENDING, "")


def test_a_message_in_doubt_is_not_sent_and_its_provider_is_asked_after_45_seconds() -> None:
    row = make_row()
    outbox.settle_uncertain(begin_one(), at=NOON + 9 * SECOND)

    assert state_of(row) == (State.UNKNOWN, "")
    assert claim(at=NOON + 3600 * SECOND) == []
    assert outbox.claim_unknown(Channel.SMS, at=NOON + 44 * SECOND, limit=5) == []
    assert outbox.claim_unknown(Channel.SMS, at=NOON + 45 * SECOND, limit=5) == [row]
    assert outbox.claim_unknown(Channel.SMS, at=NOON + 74 * SECOND, limit=5) == []
    assert outbox.claim_unknown(Channel.SMS, at=NOON + 75 * SECOND, limit=5) == [row]


@pytest.mark.parametrize(("seconds", "state"), [(44, State.UNKNOWN), (45, State.PENDING)])
def test_what_the_provider_does_not_know_goes_out_again_only_once_it_would_know(seconds: int, state: State) -> None:
    row = make_row()
    begun = begin_one()
    outbox.settle_uncertain(begun, at=NOON)

    outbox.settle_not_found(begun, at=NOON + seconds * SECOND)

    assert state_of(row) == (state, "")
    assert row.called_at == (NOON if state == State.UNKNOWN else None)


def test_an_answer_about_an_earlier_attempt_says_nothing_of_a_later_one() -> None:
    row = make_row()
    first = begin_one()
    outbox.settle_uncertain(first, at=NOON)
    outbox.settle_not_found(first, at=NOON + 45 * SECOND)
    outbox.settle_uncertain(begin_one(at=NOON + 50 * SECOND), at=NOON + 60 * SECOND)

    outbox.settle_not_found(first, at=NOON + 70 * SECOND)

    assert state_of(row) == (State.UNKNOWN, "")


def test_a_message_that_is_never_found_is_given_up_after_ten_attempts() -> None:
    row = make_row(attempts=9)
    begun = begin_one()
    outbox.settle_uncertain(begun, at=NOON)

    assert outbox.settle_not_found(begun, at=NOON + 45 * SECOND)

    assert state_of(row) == (State.DEAD, "")


def test_a_message_whose_provider_cannot_be_asked_stays_in_doubt_and_is_asked_for_no_more() -> None:
    row = make_row(channel=Channel.EMAIL)
    begun = begin_one(channel=Channel.EMAIL)
    outbox.settle_uncertain(begun, at=NOON)

    outbox.leave_unknown(begun, at=NOON + 45 * SECOND)

    assert state_of(row) == (State.UNKNOWN, "")
    assert outbox.claim_unknown(Channel.EMAIL, at=NOON + 3600 * SECOND, limit=5) == []
    assert not outbox.has_work(Channel.EMAIL, at=NOON + 3600 * SECOND)


def test_there_is_work_where_something_is_due_or_can_be_asked_for() -> None:
    assert not outbox.has_work(Channel.SMS, at=NOON)
    make_row()
    assert outbox.has_work(Channel.SMS, at=NOON)
    assert not outbox.has_work(Channel.SMS, at=NOON - SECOND)
    assert not outbox.has_work(Channel.EMAIL, at=NOON)

    outbox.settle_uncertain(begin_one(), at=NOON)

    assert not outbox.has_work(Channel.SMS, at=NOON + 44 * SECOND)
    assert outbox.has_work(Channel.SMS, at=NOON + 45 * SECOND)


def test_what_is_not_to_be_sent_says_why() -> None:
    skipped, cancelled, deferred = make_row(), make_row(), make_row()
    rows = claim()

    outbox.skip(rows[:1], Skipped.DAILY_CAP, at=NOON)
    outbox.cancel(rows[1:2], Cancelled.UNTRUE, at=NOON)
    outbox.defer(rows[2], until=NOON + 3600 * SECOND)

    assert state_of(skipped) == (State.SKIPPED, Skipped.DAILY_CAP)
    assert state_of(cancelled) == (State.CANCELLED, Cancelled.UNTRUE)
    assert state_of(deferred) == (State.PENDING, "")
    assert (skipped.settled_at, cancelled.settled_at, deferred.settled_at) == (NOON, NOON, None)
    assert (deferred.due_at, deferred.attempts) == (NOON + 3600 * SECOND, 0)


def test_what_waited_past_its_latest_moment_is_dropped() -> None:
    late, in_time = make_row(expires_at=NOON), make_row(expires_at=NOON + SECOND)

    assert outbox.drop_expired(Channel.SMS, at=NOON) == 1

    assert (state_of(late), state_of(in_time)) == ((State.CANCELLED, Cancelled.EXPIRED), (State.PENDING, ""))


def test_a_text_falls_back_to_an_e_mail_once() -> None:
    row = make_row(details={"stops": 3}, version=2, language="fi", priority=0)

    assert outbox.fall_back([row], at=NOON + SECOND) == [row]
    assert outbox.fall_back([row], at=NOON + 2 * SECOND) == [row]

    mail = Notification.objects.get(channel=Channel.EMAIL)
    assert (mail.recipient, mail.trigger, mail.version, mail.language) == (MAIL, Trigger.ON_THE_WAY, 2, "fi")
    assert (mail.details, mail.priority, mail.shipment, mail.brand) == ({"stops": 3}, 0, row.shipment, row.brand)
    assert (mail.state, mail.due_at, mail.expires_at) == (State.PENDING, NOON + SECOND, row.expires_at)
    assert mail.marker != row.marker


def test_who_was_told_by_e_mail_anyway_is_not_told_twice() -> None:
    row = make_row()
    mail = make_row(row.shipment, channel=Channel.EMAIL, state=State.SENT)

    outbox.fall_back([row], at=NOON)

    assert list(Notification.objects.filter(channel=Channel.EMAIL)) == [mail]


@pytest.mark.parametrize(
    "fields",
    [{"trigger": Trigger.REPLY}, {"trigger": Trigger.TEST}, {"expires_at": NOON}, {"channel": Channel.EMAIL}],
)
def test_answers_tests_late_news_and_mails_do_not_fall_back(fields: dict[str, Any]) -> None:
    row = make_row(**fields)

    assert outbox.fall_back([row], at=NOON) == []

    assert Notification.objects.count() == 1


def test_without_an_e_mail_address_nothing_falls_back() -> None:
    row = make_row(make_shipment(recipient=replace(make_recipient(), email="")))

    assert outbox.fall_back([row], at=NOON) == []

    assert Notification.objects.count() == 1


def test_news_falls_back_to_the_latest_address_and_a_code_to_the_one_in_the_order() -> None:
    shipment = make_shipment()
    contacts.change(shipment, Channel.EMAIL, "other@example.org", at=NOON)
    news = make_row(shipment)
    code = make_row(shipment, trigger=Trigger.CODE, sealed="sealed")

    outbox.fall_back([news, code], at=NOON)

    mails = Notification.objects.filter(channel=Channel.EMAIL).order_by("id")
    assert list(mails.values_list("recipient", "sealed")) == [("other@example.org", ""), (MAIL, "sealed")]


def fail(row: Notification, code: str) -> None:
    refusals.answer(row, code, at=NOON)


@pytest.mark.parametrize("code", ["21211", "21614", "30003", "30004", "30005", "30006", "30008"])
def test_a_number_that_takes_no_text_gets_an_e_mail(code: str, caplog: pytest.LogCaptureFixture) -> None:
    fail(make_row(), code)

    assert Notification.objects.filter(channel=Channel.EMAIL, recipient=MAIL).count() == 1
    assert not caplog.records


def test_a_number_that_has_opted_out_gets_nothing_more() -> None:
    waiting = make_row(trigger=Trigger.DELIVERED)
    row = make_row()

    fail(row, "21610")

    assert consent.is_withheld(Channel.SMS, NUMBER, brand=row.brand)
    assert state_of(waiting) == (State.SKIPPED, Skipped.OPTED_OUT)
    assert not Notification.objects.filter(channel=Channel.EMAIL).exists()


def test_texts_that_are_filtered_raise_an_alarm_without_personal_data(caplog: pytest.LogCaptureFixture) -> None:
    row = make_row(provider="twilio", body="Hello Maija")

    fail(row, "30007")

    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", f"twilio fails with error 30007; message {row.id}.")
    assert Notification.objects.filter(channel=Channel.EMAIL).count() == 1


@pytest.mark.parametrize("step", [claim, lambda: outbox.claim_unknown(Channel.SMS, at=NOON, limit=5)])
def test_where_nothing_is_to_be_done_nothing_is_written(step: Callable[[], object]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert step() == []

    assert not [query for query in queries if query["sql"].startswith("UPDATE")]
