"""Two at once, on a real database: one question, one answer, one reply."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from notifications import askers
from notifications.models import Inbound, Meaning, Notification, Question
from notifications.services import by_hand, replies
from notifications.services.replies import Busy
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_shipment
from tests.tracking.test_races import at_once

MAIJA = "+358401234567"
ROUNDS = 5

pytestmark = pytest.mark.django_db(transaction=True)


def thank(question: askers.Asked, text: str, choice: str | None, at: datetime) -> str:
    return f"Thank you for {choice}."


askers.register("test_reply_races", thank)


def receive(provider_id: str, body: str) -> Inbound:
    return replies.receive(provider_id=provider_id, channel=Channel.SMS, sender=MAIJA, body=body, at=NOON)


def test_of_two_questions_asked_at_once_one_is_open_and_the_other_is_told_so() -> None:
    for _ in range(ROUNDS):
        Question.objects.all().delete()
        until = NOON + timedelta(hours=1)
        ask = partial(replies.ask, asker="test_reply_races", choices=["1"], until=until, at=NOON)

        asked = at_once(partial(ask, make_shipment()), partial(ask, make_shipment()))

        assert {type(each) for each in asked} == {Question, Busy}
        assert Question.objects.count() == 1


def test_of_two_answers_that_come_at_once_one_counts_and_the_other_is_kept() -> None:
    for number in range(ROUNDS):
        until = NOON + timedelta(hours=1)
        replies.ask(make_shipment(), asker="test_reply_races", choices=["1", "2"], until=until, at=NOON)

        at_once(partial(receive, f"SM{number}a", "1"), partial(receive, f"SM{number}b", "2"))

    assert Inbound.objects.filter(meaning=Meaning.ANSWER).count() == ROUNDS
    assert Inbound.objects.filter(meaning=Meaning.KEPT).count() == ROUNDS
    assert Notification.objects.filter(trigger=Trigger.REPLY).count() == ROUNDS


def test_one_message_that_is_delivered_twice_at_once_is_kept_and_answered_once() -> None:
    make_shipment()

    for number in range(ROUNDS):
        at_once(*[partial(receive, f"SM{number}", "HELP")] * 3)

    assert Inbound.objects.count() == ROUNDS
    assert Notification.objects.count() == ROUNDS


def test_two_who_answer_the_same_message_at_once_do_not_both() -> None:
    brand = make_shipment().brand
    inbound = receive("SM1", "Hello?")

    answered = at_once(*[partial(by_hand.answer, inbound, "Hello.", brand=brand, at=NOON)] * 3)

    assert sorted(type(each).__name__ for each in answered) == ["AlreadyHandled", "AlreadyHandled", "Notification"]
    assert Notification.objects.count() == 1


def test_two_who_send_a_message_again_at_once_make_two_rows() -> None:
    inbound = receive("SM1", "Hello?")
    brand = make_shipment().brand
    by_hand.answer(inbound, "Hello.", brand=brand, at=NOON)
    row = Notification.objects.get()
    Notification.objects.filter(id=row.id).update(trigger=Trigger.DELIVERED, state="sent")

    at_once(*[partial(by_hand.resend, row, at=NOON)] * 2)

    versions = Notification.objects.exclude(id=row.id).order_by("version").values_list("version", flat=True)
    assert list(versions) == [by_hand.RESENT_FROM, by_hand.RESENT_FROM + 1]
