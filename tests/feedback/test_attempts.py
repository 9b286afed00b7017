"""Attempts that call for a case: by the shopper's word, by bad evidence, and by both."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from desk.models import Role
from feedback import services as feedback
from feedback import tasks
from feedback.models import Case, CaseKind, CaseState, Outcome, Priority, Queue
from feedback.services import Complaint, attempts
from tests.factories import NOON, make_link, make_member
from tests.started import hearing
from tests.tracking import doors
from tracking.proof import services
from tracking.proof.models import Evidence
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import StatusEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_noon")]

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def make_attempt(*, metres: float = 20, seconds: int = 300) -> StatusEvent:
    event = doors.make_event(Status.ATTEMPTED)
    services.note_attempt(event, driver=None, claim=doors.make_claim(metres=metres, seconds=seconds), at=NOON)
    return event


def said(case: Case) -> list[str]:
    return [message.body for message in case.messages.order_by("id")]


@pytest.mark.sqlite
def test_bad_evidence_opens_a_case_by_itself() -> None:
    event = make_attempt(metres=412)

    attempts.follow(event.id)
    attempts.follow(event.id)

    case = Case.objects.get()
    assert (case.kind, case.queue, case.priority) == (CaseKind.DISPUTED_ATTEMPT, Queue.CARRIERS, Priority.HIGH)
    assert (case.opened_at, said(case)) == (NOON, [""])
    assert [message.is_from_shopper for message in case.messages.all()] == [False]


@pytest.mark.sqlite
def test_a_dispute_opens_a_case_with_the_shoppers_word() -> None:
    event = make_attempt()
    services.dispute(event.shipment, at=LATER)

    attempts.follow(event.id)
    attempts.follow(event.id)

    case = Case.objects.get()
    assert (case.opened_at, said(case)) == (LATER, ["Nobody came to my door."])


def test_the_word_goes_into_the_case_that_the_evidence_opened() -> None:
    event = make_attempt(seconds=10)
    attempts.follow(event.id)
    services.dispute(event.shipment, at=LATER)

    attempts.follow(event.id)

    case = Case.objects.get()
    assert (case.opened_at, said(case)) == (NOON, ["", "Nobody came to my door."])


def test_a_good_attempt_that_nobody_disputes_calls_for_nothing() -> None:
    attempts.follow(make_attempt().id)

    assert not Case.objects.exists()
    assert attempts.list_left(at=LATER) == []


def test_what_was_resolved_is_not_opened_again_by_a_second_nudge() -> None:
    event = make_attempt(metres=412)
    attempts.follow(event.id)
    feedback.resolve(Case.objects.get(), Outcome.EXPLAINED, by=make_member(Role.AGENT), at=LATER)

    attempts.follow(event.id)

    assert Case.objects.get().state == CaseState.RESOLVED


def test_a_second_bad_attempt_is_said_in_the_same_case() -> None:
    event = make_attempt(metres=412)
    attempts.follow(event.id)
    for minutes, status in enumerate((Status.OUT_FOR_DELIVERY, Status.ATTEMPTED), start=1):
        shipments.record(event.shipment, status, at=NOON + timedelta(minutes=minutes))
    second = doors.make_event(Status.ATTEMPTED, shipment=event.shipment)
    services.note_attempt(second, driver=None, claim=doors.make_claim(metres=300), at=LATER)

    attempts.follow(second.id)

    assert len(said(Case.objects.get())) == 2


def test_a_nudge_that_was_lost_is_found() -> None:
    bad, disputed = make_attempt(metres=412), make_attempt()
    services.dispute(disputed.shipment, at=NOON)
    assert attempts.list_left(at=NOON) == []
    assert sorted(attempts.list_left(at=LATER)) == sorted([bad.id, disputed.id])

    for event_id in attempts.list_left(at=LATER):
        attempts.follow(event_id)

    assert attempts.list_left(at=LATER) == []
    assert Case.objects.count() == 2


def test_what_is_long_past_is_not_looked_for() -> None:
    make_attempt(metres=412)

    assert attempts.list_left(at=NOON + timedelta(days=2, seconds=1)) == []


def test_a_tap_reaches_the_desk(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    event = make_attempt()

    with hearing(django_capture_on_commit_callbacks, app="feedback", names=frozenset({"follow_attempt"})) as started:
        found = started(lambda: services.dispute(event.shipment, at=LATER))

    assert found == [("follow_attempt", {"event_id": event.id})]
    tasks.follow_attempt(event_id=event.id)
    assert said(Case.objects.get()) == ["Nobody came to my door."]


def test_an_attempt_that_is_gone_calls_for_nothing() -> None:
    event = make_attempt(metres=412)
    Evidence.objects.all().delete()

    attempts.follow(event.id)

    assert not Case.objects.exists()


def test_the_shopper_reads_in_the_case_what_the_attempt_rests_on(client: Client) -> None:
    event = make_attempt(metres=412, seconds=20)
    link = make_link(event.shipment)
    attempts.follow(event.id)

    told = client.get(f"/t/{link.token}/case/").content.decode()

    assert "Attempt disputed" in told
    assert "The driver was 412 m from your door, and had been near it for 20 seconds." in told


def test_a_case_about_something_else_says_nothing_about_attempts(client: Client) -> None:
    event = make_attempt(metres=412)
    feedback.open_case(event.shipment, Complaint(CaseKind.MESSAGE, "Hello"), at=NOON)

    assert "412 m" not in client.get(f"/t/{make_link(event.shipment).token}/case/").content.decode()
