"""Two at once, on a real database: one owner, one message in one case, one open question."""

from functools import partial

import pytest
from django.contrib.auth.models import User

from feedback import asking, services
from feedback.models import Case, CaseKind, CaseMessage
from feedback.services import AlreadyOwned, Answer, Complaint
from notifications.models import Inbound, Meaning, Question, State
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_shipment
from tests.notifications.rows import NUMBER, make_row
from tests.tracking.test_races import at_once
from tracking.shipments.lifecycle import Status

ROUNDS = 5

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_who_take_a_case_at_once_one_has_it() -> None:
    people = [User.objects.create(username=name, is_staff=True) for name in ("sari", "timo")]

    for _ in range(ROUNDS):
        case = services.open_case(make_shipment(), Complaint(CaseKind.OTHER, "Hm."), at=NOON)
        taken = at_once(*[partial(services.take, case, by=user, at=NOON) for user in people])

        assert {type(each) for each in taken} == {Case, AlreadyOwned}


def test_who_answers_a_case_does_not_take_it_from_who_has_just_taken_it() -> None:
    sari, timo = [User.objects.create(username=name, is_staff=True) for name in ("sari", "timo")]

    for _ in range(ROUNDS):
        case = services.open_case(make_shipment(), Complaint(CaseKind.OTHER, "Hm."), at=NOON)
        taken, _answered = at_once(
            partial(services.take, case, by=sari, at=NOON),
            partial(services.reply, case, Answer("Hello."), by=timo, at=NOON),
        )

        case.refresh_from_db()
        assert case.owner == (timo if isinstance(taken, AlreadyOwned) else sari)


def test_a_message_that_is_taken_in_several_times_at_once_is_said_once() -> None:
    for number in range(ROUNDS):
        inbound = Inbound.objects.create(
            provider_id=f"SM{number}",
            channel=Channel.SMS,
            sender=NUMBER,
            body="Where was it left?",
            received_at=NOON,
            meaning=Meaning.KEPT,
            shipment=make_shipment(),
        )
        at_once(*[partial(services.take_in, inbound.id, at=NOON)] * 3)

    assert (Case.objects.count(), CaseMessage.objects.count()) == (ROUNDS, ROUNDS)


def test_whom_two_sweeps_find_at_once_has_one_survey_open() -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    make_row(shipment, trigger=Trigger.SURVEY, state=State.SENT, sent_at=NOON)

    at_once(*[partial(asking.ask_all, at=NOON)] * 3)

    assert Question.objects.get(closed_at=None).shipment == shipment
