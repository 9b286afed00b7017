"""What shoppers answer by SMS: stars, and messages that become cases."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks

from feedback import asking, services, stars, tasks
from feedback.models import Case, CaseKind, CaseMessage, CaseState, Rating, RatingVersion, Source, Via
from feedback.reasons import Reason
from feedback.services import Answer, Complaint, TooMuch
from feedback.services.cases import MESSAGES_A_DAY
from notifications.models import Inbound, Meaning, Notification, Question, State
from notifications.services import considering, replies
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_shipment
from tests.notifications.rows import NUMBER, make_row
from tracking.models import Shipment
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_numbers = count(1)


@pytest.fixture
def delivered() -> Shipment:
    return make_shipment(status=Status.DELIVERED, at=NOON - 2 * HOUR)


def make_asked(shipment: Shipment, *, at: datetime = NOON, **fields: Any) -> Notification:
    """Make a survey that has gone out by SMS, and let it be answered."""
    row: dict[str, Any] = {"trigger": Trigger.SURVEY, "state": State.SENT, "sent_at": at, **fields}
    survey = make_row(shipment, **row)
    asking.ask_all(at=at)
    return survey


def write(body: str, *, at: datetime = NOON + HOUR) -> Inbound:
    return replies.receive(provider_id=f"SM{next(_numbers)}", channel=Channel.SMS, sender=NUMBER, body=body, at=at)


def said() -> list[str]:
    rows = Notification.objects.filter(trigger=Trigger.REPLY).order_by("id")
    return [row.details["text"] for row in rows]


def pages() -> list[str]:
    return [row.details["page"] for row in Notification.objects.filter(trigger=Trigger.REPLY).order_by("id")]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("5", (5, "")),
        (" 5! ", (5, "")),
        ("4 left in the rain", (4, "left in the rain")),
        ("4, left\nin the rain.", (4, "left\nin the rain.")),
        ("٣", (3, "")),
        ("२ देर से आया", (2, "देर से आया")),
        ("\uff15", (5, "")),
        ("5\ufe0f\u20e3 \U0001f600", (5, "")),
        ("4/5 good", (4, "good")),
        ("(2) broken", (2, "broken")),
        ("2 - it is broken", (2, "it is broken")),
        ("0", None),
        ("6", None),
        ("10", None),
        ("4.5", None),
        ("3-4", None),
        ("2nd floor", None),
        ("5pm", None),
        ("It was a 5", None),
        ("²", (2, "")),
        ("", None),
        ("?", None),
    ],
)
def test_stars_are_read_in_the_digits_of_any_script(text: str, answer: tuple[int, str] | None) -> None:
    assert stars.read_reply(text) == answer


def test_a_number_is_a_rating_and_is_thanked_for(delivered: Shipment) -> None:
    make_asked(delivered)

    inbound = write("5")

    rating = Rating.objects.get()
    assert (rating.shipment, rating.score, rating.words, rating.source) == (delivered, 5, "", Source.SMS)
    assert (inbound.meaning, inbound.shipment) == (Meaning.ANSWER, delivered)
    assert said() == ["Thank you for telling us. Until tomorrow you can change your mind: just send another number."]
    assert pages() == ["feedback:survey"]


def test_few_stars_with_words_open_a_case_that_is_answered_by_sms(delivered: Shipment) -> None:
    make_asked(delivered)

    write("2 left in the rain")

    case = Case.objects.get()
    assert case.kind == CaseKind.LOW_SCORE
    assert list(case.messages.values_list("body", "via")) == [("", Via.SMS), ("left in the rain", Via.SMS)]
    assert said() == ["Thank you for telling us. We are sorry, and look into it. You have our answer here:"]
    assert pages() == ["feedback:case"]
    services.reply(case, Answer("Which bag?"), by=User.objects.create(username="sari"), at=NOON + 2 * HOUR)
    answer = Notification.objects.get(trigger=Trigger.REPLY, details__text="Which bag?")
    assert (answer.channel, answer.details["page"]) == (Channel.SMS, "feedback:case")


def test_thanks_come_in_the_shoppers_language(delivered: Shipment) -> None:
    Shipment.objects.filter(id=delivered.id).update(language="fi")
    make_asked(delivered)

    write("5")

    assert said() == ["Kiitos vastauksesta. Sen voi muuttaa huomiseen asti lähettämällä toisen numeron."]


def test_a_later_answer_replaces_an_earlier_one_and_both_are_kept(delivered: Shipment) -> None:
    make_asked(delivered)

    write("4 left in the rain")
    write("5", at=NOON + 2 * HOUR)

    rating = Rating.objects.get()
    assert (rating.score, rating.words) == (5, "")
    history = list(RatingVersion.objects.order_by("id").values_list("score", "words"))
    assert history == [(4, ""), (4, "left in the rain"), (5, "left in the rain"), (5, "")]


def test_what_was_ticked_on_the_page_stays(delivered: Shipment) -> None:
    services.rate(delivered, score=5, source=Source.PAGE, at=NOON)
    services.elaborate(delivered, given=[Reason.FRIENDLY], words="Nice.", recommends=9, source=Source.PAGE, at=NOON)
    make_asked(delivered)

    write("4 Nice, but late")

    rating = Rating.objects.get()
    assert (rating.score, rating.given_reasons, rating.recommends) == (4, [Reason.FRIENDLY], 9)
    assert rating.words == "Nice, but late"


@pytest.mark.parametrize("text", ["Where was it left?", "7", "2-3"])
def test_what_cannot_be_read_is_for_the_desk_and_the_survey_stays_open(delivered: Shipment, text: str) -> None:
    make_asked(delivered)

    inbound = write(text)

    assert (inbound.meaning, inbound.question, inbound.shipment) == (Meaning.KEPT, None, delivered)
    assert (said(), Rating.objects.exists()) == ([], False)
    write("5")
    assert Rating.objects.get().score == 5


def test_a_rating_that_is_a_day_old_is_not_changed_by_sms(delivered: Shipment) -> None:
    services.rate(delivered, score=5, source=Source.PAGE, at=NOON)
    make_asked(delivered, at=NOON + HOUR)

    inbound = write("1", at=NOON + 25 * HOUR)

    assert inbound.meaning == Meaning.KEPT
    assert Rating.objects.get().score == 5


def test_the_survey_leads_to_its_page(delivered: Shipment) -> None:
    considering.calendar(at=NOON + HOUR)

    survey = Notification.objects.get(trigger=Trigger.SURVEY)
    assert (survey.channel, survey.details) == (Channel.EMAIL, {"page": "feedback:survey"})


def test_nobody_is_asked_twice(delivered: Shipment) -> None:
    make_asked(delivered)

    asking.ask_all(at=NOON + HOUR)

    question = Question.objects.get()
    assert (question.asker, question.shipment, question.choices) == ("survey", delivered, [])
    assert question.open_until == NOON + 2 * DAY


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.PENDING, "sent_at": None},
        {"channel": Channel.EMAIL},
        {"trigger": Trigger.DELIVERED},
        {"sent_at": NOON - DAY},
    ],
    ids=["not yet", "by mail", "something else", "long ago"],
)
def test_only_whom_a_survey_has_reached_by_sms_may_answer_so(delivered: Shipment, fields: dict[str, Any]) -> None:
    make_asked(delivered, **fields)

    assert not Question.objects.exists()


def test_the_latest_survey_is_the_one_that_is_answered(delivered: Shipment) -> None:
    other = make_shipment(status=Status.DELIVERED, at=NOON - HOUR)
    make_asked(delivered)
    make_asked(other, at=NOON + HOUR)

    write("3", at=NOON + 2 * HOUR)

    assert Rating.objects.get().shipment == other
    asking.ask_all(at=NOON + 2 * HOUR)
    assert Question.objects.get(closed_at=None).shipment == other


def test_somebody_elses_question_comes_first(delivered: Shipment) -> None:
    number_taken = replies.ask(make_shipment(), asker="survey", choices=["1"], until=NOON + HOUR, at=NOON)
    Question.objects.update(asker="slots")

    make_asked(delivered)
    assert list(Question.objects.all()) == [number_taken]
    asking.ask_all(at=NOON + HOUR)

    assert Question.objects.get(closed_at=None).shipment == delivered


def test_a_message_of_a_shopper_opens_a_case(
    delivered: Shipment, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as announcements:
        inbound = write("Where was it left?")
    tasks.take_in(inbound_id=inbound.id)
    tasks.take_in(inbound_id=inbound.id)

    case = Case.objects.get()
    assert len(announcements) == 1
    assert (case.shipment, case.kind, case.opened_at) == (delivered, CaseKind.MESSAGE, NOON + HOUR)
    message = case.messages.get()
    assert (message.body, message.via, message.author) == ("Where was it left?", Via.SMS, None)
    assert not Inbound.objects.unread().exists()


def test_a_message_goes_into_the_case_that_waits_for_it(delivered: Shipment) -> None:
    case = services.open_case(delivered, Complaint(CaseKind.DAMAGED, "Broken.", Via.SMS), at=NOON)
    services.reply(case, Answer("Which lid?"), by=User.objects.create(username="sari"), at=NOON)

    inbound = write("The red one.", at=NOON + 3 * DAY)
    assert inbound.shipment is None
    assert services.list_left(at=NOON + 3 * DAY + HOUR) == [inbound.id]
    services.take_in(inbound.id, at=NOON + 3 * DAY)

    case = Case.objects.get()
    assert case.state == CaseState.OPEN
    assert list(case.messages.values_list("body", flat=True)) == ["Broken.", "Which lid?", "The red one."]


def test_a_message_about_nothing_we_know_stays_with_the_desk() -> None:
    inbound = write("Hello?")

    assert services.take_in(inbound.id, at=NOON + HOUR) is None
    assert list(Inbound.objects.unread()) == [inbound]
    assert services.list_left(at=NOON + 2 * HOUR) == []


def test_what_a_sweep_finds_is_what_was_left_for_a_while(delivered: Shipment) -> None:
    inbound = write("Where was it left?")

    assert services.list_left(at=NOON + HOUR) == []
    assert services.list_left(at=NOON + HOUR + timedelta(seconds=10)) == [inbound.id]
    assert services.list_left(at=NOON + 3 * DAY) == []


def test_too_much_stays_with_the_desk(delivered: Shipment) -> None:
    case = services.open_case(delivered, Complaint(CaseKind.DAMAGED, "1"), at=NOON)
    CaseMessage.objects.bulk_create(
        CaseMessage(case=case, via=Via.SMS, body="again", at=NOON) for _ in range(MESSAGES_A_DAY)
    )
    inbound = write("And another thing.")

    with pytest.raises(TooMuch):
        services.take_in(inbound.id, at=NOON + HOUR)

    assert list(Inbound.objects.unread()) == [inbound]
