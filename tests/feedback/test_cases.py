from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from feedback import services
from feedback.models import Case, CaseKind, CaseMessage, CasePolicy, CaseState, Outcome, Priority, Queue, Source, Via
from feedback.reasons import Reason
from feedback.services import AlreadyResolved, Answer, Complaint, NotResolved
from notifications.models import Notification
from tests.factories import NOON, make_shipment
from tracking.models import Shipment
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = timedelta(hours=1)


@pytest.fixture
def delivered() -> Shipment:
    return make_shipment(status=Status.DELIVERED)


@pytest.fixture
def sari() -> User:
    return User.objects.create(username="sari", is_staff=True)


def complain(shipment: Shipment, kind: CaseKind = CaseKind.DAMAGED, words: str = "The lid is broken.") -> Case:
    return services.open_case(shipment, Complaint(kind, words), at=NOON)


def thread(case: Case) -> list[tuple[str, bool]]:
    return [(message.body, message.is_from_shopper) for message in case.messages.all()]


def test_a_case_is_due_as_the_brand_promises_by_how_grave_it_is(delivered: Shipment) -> None:
    CasePolicy.objects.create(brand=delivered.brand, high_hours=3, normal_hours=30)

    missing, broken = complain(delivered, CaseKind.NOT_RECEIVED), complain(delivered)

    assert (missing.queue, missing.priority, missing.due_at) == (Queue.CARRIERS, Priority.HIGH, NOON + 3 * HOUR)
    assert (broken.queue, broken.priority, broken.due_at) == (Queue.CLAIMS, Priority.NORMAL, NOON + 30 * HOUR)


def test_who_complains_twice_is_heard_once(delivered: Shipment) -> None:
    first = complain(delivered)

    again = complain(delivered, words="And the handle.")

    assert again == first
    assert thread(first) == [("The lid is broken.", True), ("And the handle.", True)]


def test_an_answer_reaches_the_shopper_and_waits_for_them(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)

    services.reply(case, Answer("We send you a new one."), by=sari, at=NOON + HOUR)

    case.refresh_from_db()
    letter = Notification.objects.get(trigger="reply")
    assert (case.state, case.owner) == (CaseState.WAITING, sari)
    assert (letter.channel, letter.recipient) == ("email", delivered.email)
    assert letter.details == {"text": "We send you a new one.", "page": "feedback:case"}


def test_whoever_came_by_sms_is_answered_so_and_briefly(delivered: Shipment, sari: User) -> None:
    case = services.open_case(delivered, Complaint(CaseKind.MESSAGE, "Where?", Via.SMS), at=NOON)

    services.reply(case, Answer("x" * 1000), by=sari, at=NOON)

    letter = Notification.objects.get(trigger="reply")
    assert (letter.channel, letter.details["text"]) == ("sms", "x" * 240 + " …")


def test_a_case_is_ours_again_when_the_shopper_writes_and_due_from_then(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)
    services.reply(case, Answer("Which lid?"), by=sari, at=NOON + HOUR)

    services.say(case, Complaint(CaseKind.DAMAGED, "The red one."), at=NOON + 50 * HOUR)

    case.refresh_from_db()
    assert (case.state, case.due_at) == (CaseState.OPEN, NOON + 74 * HOUR)


def test_only_what_waits_for_us_is_overdue(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)
    late = NOON + 25 * HOUR

    assert list(Case.objects.overdue(at=late)) == [case]
    assert case.is_overdue(late)
    assert not case.is_overdue(NOON)

    services.reply(case, Answer("Which lid?"), by=sari, at=late)

    assert not Case.objects.overdue(at=late + 100 * HOUR).exists()


def test_a_case_ends_with_an_outcome_and_may_begin_again(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)

    services.resolve(case, Outcome.RESENT, by=sari, at=NOON + HOUR)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.resolved_at, case.owner) == ("resolved", "resent", NOON + HOUR, sari)

    services.say(case, Complaint(CaseKind.DAMAGED, "The new one is broken too."), at=NOON + 60 * HOUR)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.resolved_at, case.reopened) == ("open", "", None, 1)
    assert case.due_at == NOON + 84 * HOUR


def test_what_is_resolved_is_not_answered_and_what_is_open_is_not_reopened(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)
    with pytest.raises(NotResolved):
        services.reopen(case, at=NOON)
    services.resolve(case, Outcome.FOUND, by=sari, at=NOON)

    with pytest.raises(AlreadyResolved):
        services.reply(case, Answer("Hello?"), by=sari, at=NOON)
    with pytest.raises(AlreadyResolved):
        services.resolve(case, Outcome.REFUNDED, by=sari, at=NOON)

    assert not Notification.objects.exists()
    services.reopen(case, at=NOON)
    assert Case.objects.get().state == CaseState.OPEN


def test_a_note_is_for_staff_alone(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)

    services.note(case, "Third time this week.", by=sari, at=NOON)

    assert CaseMessage.objects.get(is_internal=True).body == "Third time this week."
    assert not Notification.objects.exists()


def test_a_graver_case_is_due_sooner(delivered: Shipment, sari: User) -> None:
    case = complain(delivered)

    services.hand_over(case, owner=sari, queue=Queue.SUPPORT, priority=Priority.HIGH, at=NOON + HOUR)

    case.refresh_from_db()
    assert (case.owner, case.queue, case.due_at) == (sari, Queue.SUPPORT, NOON + 4 * HOUR)


@pytest.mark.parametrize(("score", "opens"), [(1, True), (2, True), (3, False), (5, False)])
def test_few_stars_open_a_case(delivered: Shipment, score: int, opens: bool) -> None:
    services.rate(delivered, score=score, source=Source.PAGE, at=NOON)

    assert Case.objects.filter(kind=CaseKind.LOW_SCORE).exists() is opens


def test_a_reason_says_what_the_case_of_the_stars_is_about(delivered: Shipment) -> None:
    services.rate(delivered, score=1, source=Source.PAGE, at=NOON)

    for _ in range(2):
        services.elaborate(
            delivered,
            given=[Reason.DAMAGED, Reason.NOT_RECEIVED],
            words="Nothing came.",
            recommends=0,
            source=Source.PAGE,
            at=NOON,
        )

    case = Case.objects.get()
    assert (case.kind, case.queue, case.priority) == ("not_received", "carriers", Priority.HIGH)
    assert [body for body, _ in thread(case)] == ["", "Nothing came."]


def test_a_brand_may_look_into_three_stars_too(delivered: Shipment) -> None:
    CasePolicy.objects.create(brand=delivered.brand, low_score_up_to=3)

    services.rate(delivered, score=3, source=Source.PAGE, at=NOON)

    assert Case.objects.get().kind == CaseKind.LOW_SCORE


def test_the_database_holds_no_second_case_of_a_kind_and_no_end_without_an_outcome(delivered: Shipment) -> None:
    case = complain(delivered)

    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(
            shipment=delivered, kind=case.kind, queue="support", opened_at=NOON, due_at=NOON, changed_at=NOON
        )
    with pytest.raises(IntegrityError, match="case_resolved_means_outcome"), transaction.atomic():
        Case.objects.update(state="resolved")
    with pytest.raises(IntegrityError, match="case_message_internal_means_author"), transaction.atomic():
        CaseMessage.objects.update(is_internal=True)
