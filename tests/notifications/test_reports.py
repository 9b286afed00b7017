import logging
import random
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from notifications.gateways.outcomes import Accepted
from notifications.models import Consent, Notification, Skipped, State
from notifications.sending.answers import Asking
from notifications.sending.calls import FindOutcome
from notifications.services import outbox, reports
from notifications.services.reports import UnknownNotification
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_shipment

pytestmark = pytest.mark.django_db

SID = "SM00000000000000000000000000000001"
OTHER_SID = "SM00000000000000000000000000000002"
PHONE = "+358401234567"


def make_text(**fields: Any) -> Notification:
    shipment = make_shipment()
    known = {
        "brand": shipment.brand,
        "shipment": shipment,
        "trigger": Trigger.ON_THE_WAY,
        "channel": Channel.SMS,
        "recipient": PHONE,
        "language": "en",
        "created_at": NOON,
        "due_at": NOON,
        "expires_at": NOON + timedelta(hours=3),
    }
    return Notification.objects.create(**{**known, **fields})


def report(text: Notification, status: str, *, error_code: str = "", provider_id: str = SID) -> None:
    reports.report(text.id, provider_id=provider_id, status=status, error_code=error_code, at=NOON)
    text.refresh_from_db()


def mails() -> int:
    return Notification.objects.filter(channel=Channel.EMAIL).count()


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", State.SENT),
        ("queued", State.SENT),
        ("sending", State.SENT),
        ("sent", State.SENT),
        ("delivered", State.DELIVERED),
        ("read", State.DELIVERED),
        ("undelivered", State.FAILED),
        ("failed", State.FAILED),
        ("canceled", State.FAILED),
    ],
)
def test_a_report_says_what_became_of_a_message(status: str, state: State) -> None:
    text = make_text(state=State.SENT, provider_id=SID, provider_status="accepted", sent_at=NOON)

    report(text, status)

    assert (text.state, text.provider_status) == (state, status)
    assert text.settled_at == (None if state == State.SENT else NOON)


def test_a_status_that_nobody_knows_yet_says_nothing() -> None:
    text = make_text(state=State.SENT, provider_id=SID, provider_status="sent", sent_at=NOON)

    report(text, "teleported")

    assert (text.state, text.provider_status) == (State.SENT, "sent")


def test_a_report_of_no_message_is_told_so() -> None:
    with pytest.raises(UnknownNotification):
        reports.report(10**18, provider_id=SID, status="sent", at=NOON)


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN, State.DEAD])
def test_a_report_settles_what_was_in_doubt(state: State) -> None:
    text = make_text(state=state, called_at=NOON)

    report(text, "sent")

    assert (text.state, text.provider_id, text.called_at, text.sent_at) == (State.SENT, SID, None, NOON)


@pytest.mark.parametrize("state", [State.SKIPPED, State.CANCELLED])
def test_what_went_out_although_it_should_not_is_told_as_it_was(state: State) -> None:
    text = make_text(state=state, reason=Skipped.OPTED_OUT)

    report(text, "delivered")

    assert (text.state, text.reason) == (State.DELIVERED, "")


@pytest.mark.sqlite
def test_a_report_that_comes_before_the_answer_is_kept() -> None:
    make_text()
    [claimed] = outbox.claim(Channel.SMS, at=NOON, limit=1)
    claimed.provider, claimed.body, claimed.segments = "twilio", "Hi", 1
    outbox.begin([claimed], at=NOON)
    text = Notification.objects.get()

    report(text, "delivered")
    outbox.settle_sent(claimed, Accepted(SID, "queued"), at=NOON + timedelta(seconds=1))

    text.refresh_from_db()
    assert (text.state, text.provider_status, text.provider_id) == (State.DELIVERED, "delivered", SID)
    assert (text.leased_until, text.called_at, text.sent_at) == (None, None, NOON)


def test_a_report_that_comes_before_the_call_has_failed_is_kept() -> None:
    make_text()
    [claimed] = outbox.claim(Channel.SMS, at=NOON, limit=1)
    outbox.begin([claimed], at=NOON)
    text = Notification.objects.get()

    report(text, "sent")
    outbox.settle_uncertain(claimed, at=NOON)

    text.refresh_from_db()
    assert text.state == State.SENT


def test_a_message_that_was_found_delivered_becomes_so_with_its_report() -> None:
    text = make_text(state=State.UNKNOWN, called_at=NOON)
    outbox.settle_sent(text, Accepted(SID, "delivered"), at=NOON)

    report(text, "delivered")

    assert text.state == State.DELIVERED


@pytest.mark.parametrize(
    ("found", "state", "by_mail"),
    [
        (Accepted(SID, "queued"), State.SENT, 0),
        (Accepted(SID, "delivered"), State.DELIVERED, 0),
        (Accepted(SID, "undelivered", error_code="30003"), State.FAILED, 1),
    ],
)
def test_what_the_provider_is_found_to_hold_counts_as_its_report(found: Accepted, state: State, by_mail: int) -> None:
    text = make_text(state=State.UNKNOWN, called_at=NOON)
    call: Future[FindOutcome] = Future()
    call.set_result(found)

    for _ in range(2):
        Asking(text).settle(call, at=NOON)

    text.refresh_from_db()
    assert (text.state, text.provider_id, text.error_code) == (state, SID, found.error_code)
    assert mails() == by_mail


def test_a_text_that_failed_goes_out_by_mail_once() -> None:
    text = make_text(state=State.SENT, provider_id=SID, provider_status="sent", sent_at=NOON)

    for status in ("undelivered", "undelivered", "sent", "failed"):
        report(text, status, error_code="30003")

    assert (text.state, text.error_code) == (State.FAILED, "30003")
    assert mails() == 1


def test_who_has_opted_out_at_the_provider_gets_nothing_more() -> None:
    text = make_text(state=State.SENT, provider_id=SID, provider_status="sent", sent_at=NOON)
    queued = make_text()

    report(text, "failed", error_code="21610")

    queued.refresh_from_db()
    assert (queued.state, queued.reason) == (State.SKIPPED, Skipped.OPTED_OUT)
    assert not Consent.objects.get(channel=Channel.SMS).is_given
    assert mails() == 0


def test_spam_is_an_alarm_that_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    text = make_text(state=State.SENT, provider="twilio", provider_id=SID, provider_status="sent", sent_at=NOON)

    report(text, "undelivered", error_code="30007")

    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, f"twilio fails with error 30007; message {text.id}.")
    ]
    assert mails() == 1


def test_a_second_message_for_one_row_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    text = make_text(state=State.SENT, provider_id=SID, provider_status="sent", sent_at=NOON)

    report(text, "delivered", provider_id=OTHER_SID)

    assert (text.state, text.provider_id, text.provider_status) == (State.SENT, SID, "sent")
    assert caplog.messages == [f"Message {text.id} was taken twice by its provider."]


def where_it_ends(text: Notification, happenings: Sequence[str]) -> tuple[object, ...]:
    """Take a message through reports, and our own answer from the provider, in this order."""
    fresh = {"state": State.SENDING, "leased_until": NOON, "called_at": NOON, "sent_at": None, "settled_at": None}
    blank = dict.fromkeys(["provider_id", "provider_status", "error_code"], "")
    Notification.objects.filter(id=text.id).update(**fresh, **blank)
    text.refresh_from_db()
    for happening in happenings:
        if happening == "answer":
            outbox.settle_sent(text, Accepted(SID, "queued"), at=NOON)
        else:
            reports.report(text.id, provider_id=SID, status=happening, error_code=CODES.get(happening, ""), at=NOON)
    columns = ["state", "provider_id", "provider_status", "error_code", "called_at", "leased_until", "settled_at"]
    ending: tuple[object, ...] = Notification.objects.values_list(*columns).get(id=text.id)
    return ending


CODES = {"undelivered": "30003", "failed": "30008"}

HISTORIES = [
    ["answer", "queued", "sent", "delivered"],
    ["answer", "queued", "sending", "sent", "undelivered"],
    ["answer", "accepted", "queued", "failed"],
    ["answer", "sent", "undelivered", "delivered", "read"],
    ["answer", "sent"],
]


@pytest.mark.parametrize("history", HISTORIES)
def test_shuffled_and_doubled_reports_end_in_the_same_state(history: list[str]) -> None:
    text = make_text(expires_at=NOON)  # too late for a mail instead
    shuffling = random.Random(1)
    expected = where_it_ends(text, history)

    for _ in range(1000 // len(HISTORIES)):
        again = [*history, shuffling.choice(history[1:])]
        shuffling.shuffle(again)
        assert where_it_ends(text, again) == expected, again


def test_a_state_never_moves_back() -> None:
    text = make_text(state=State.SENT, provider_id=SID, provider_status="", sent_at=NOON)
    names = list(reports.ORDER)

    for earlier, later in permutations(["sent", "undelivered", "delivered"], 2):
        Notification.objects.filter(id=text.id).update(state=State.SENT, provider_status="")
        report(text, earlier)
        report(text, later)
        assert text.provider_status == max(earlier, later, key=names.index)
