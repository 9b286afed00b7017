"""What shoppers write to us: the words that everybody may send, questions and their askers, and what is kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from notifications import askers, segments, signals
from notifications.models import Consent, Contact, Inbound, Meaning, Notification, Policy, Question, State
from notifications.services import consent, letters, replies
from notifications.services.replies import reading
from notifications.triggers import Channel, Trigger
from notifications.wording import composing
from tests.factories import NOON, make_brand, make_recipient, make_route, make_shipment
from tracking.models import Shipment
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.window import Cause, Window

MAIJA = "+358401234567"
STRANGER = "+358409999999"
HOUR = timedelta(hours=1)

_ids = count(1)

pytestmark = pytest.mark.django_db


class Asker:
    """Takes answers, and notes what it was told."""

    def __init__(self, reply: str | None) -> None:
        self.reply = reply
        self.told: list[tuple[int, str, str | None, datetime]] = []

    def answer(self, question: askers.Asked, text: str, choice: str | None, at: datetime) -> str | None:
        self.told.append((question.id, text, choice, at))
        return self.reply


class AskerFails(Exception):
    pass


def fail(question: askers.Asked, text: str, choice: str | None, at: datetime) -> str | None:
    Question.objects.filter(id=question.id).update(asker="half done")
    raise AskerFails


def give_up(question: askers.Asked, text: str, choice: str | None, at: datetime) -> str | None:
    Question.objects.filter(id=question.id).update(asker="half done")
    raise askers.NoAnswer


ASKER, TACITURN = Asker("Thank you!"), Asker(None)
askers.register("test_replies", ASKER.answer)
askers.register("test_replies.taciturn", TACITURN.answer)
askers.register("test_replies.fails", fail)
askers.register("test_replies.gives_up", give_up)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    ASKER.told.clear()
    TACITURN.told.clear()


def write(body: str, *, sender: str = MAIJA, at: datetime = NOON, channel: Channel = Channel.SMS) -> Inbound:
    return replies.receive(provider_id=f"SM{next(_ids)}", channel=channel, sender=sender, body=body, at=at)


def said() -> list[str]:
    rows = Notification.objects.filter(trigger=Trigger.REPLY).order_by("id")
    return [row.details["text"] for row in rows]


def queue(shipment: Shipment, *, recipient: str = MAIJA, channel: Channel = Channel.SMS) -> Notification:
    return Notification.objects.create(
        brand=shipment.brand,
        shipment=shipment,
        trigger=Trigger.ON_THE_WAY,
        channel=channel,
        recipient=recipient,
        language="en",
        created_at=NOON,
        due_at=NOON,
        expires_at=NOON + HOUR,
    )


def ask(
    shipment: Shipment, *, choices: list[str], asker: str = "test_replies", until: datetime = NOON + HOUR
) -> Question:
    return replies.ask(shipment, asker=asker, choices=choices, until=until, at=NOON)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *(
            (word, Meaning.STOP)
            for word in ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
        ),
        *((word, Meaning.START) for word in ("START", "YES", "UNSTOP")),
        *((word, Meaning.HELP) for word in ("HELP", "INFO")),
        *((word, Meaning.STATUS) for word in ("STATUS", "wo?", "Où ?", "¿Dónde?", "tila", "Var", "أين؟", "الحالة")),
        *(
            (text, Meaning.STOP)
            for text in (
                " stop ",
                "Stop!",
                '"sToP".',
                "\nSTOP\r\n",
                "opt-out",
                "Stop all 🙏",
                "\uff33\uff34\uff2f\uff30",
            )
        ),
        *((text, None) for text in ("don't stop", "stop it", "yes please", "", "  ", "🙏", "STOPP", "stop stop", "1")),
    ],
)
def test_a_whole_message_is_a_word_in_any_case_and_whatever_stands_around_it(
    text: str, meaning: Meaning | None
) -> None:
    assert reading.keyword(text) == meaning


@pytest.mark.parametrize("text", ["2", " 2. ", "(2)", "٢", "۲", "\uff12", "२", "2️⃣", "²"])
def test_a_digit_is_a_digit_in_any_script(text: str) -> None:
    assert reading.choice(text, ["1", "2", "12"]) == "2"


@pytest.mark.parametrize("text", ["", "22", "2 or 1", "two", "-", "1 2"])
def test_what_is_not_exactly_a_choice_is_none(text: str) -> None:
    assert reading.choice(text, ["1", "2", "12"]) is None


@given(st.text())
def test_whatever_is_written_can_be_read(text: str) -> None:
    assert reading.choice(text, ["1", "2"]) in {"1", "2", None}
    assert reading.keyword(text) in {None, *Meaning}


@pytest.mark.sqlite
def test_stop_skips_what_is_queued_for_that_number_of_every_brand_and_nothing_else() -> None:
    first, other_brand = queue(make_shipment()), queue(make_shipment())
    by_mail, other_number = (
        queue(first.shipment or make_shipment(), channel=Channel.EMAIL),
        queue(make_shipment(), recipient=STRANGER),
    )

    inbound = write("Stop.")

    states = dict(Notification.objects.values_list("id", "state"))
    assert inbound.meaning == Meaning.STOP
    assert states == {
        first.id: State.SKIPPED,
        other_brand.id: State.SKIPPED,
        by_mail.id: State.PENDING,
        other_number.id: State.PENDING,
    }
    assert consent.is_withheld(Channel.SMS, MAIJA, brand=first.brand)
    assert consent.is_withheld(Channel.WHATSAPP, MAIJA, brand=make_brand())


@pytest.mark.sqlite
def test_start_after_stop_gives_consent_again() -> None:
    write("STOP")

    write("start", at=NOON + HOUR)

    assert not consent.is_withheld(Channel.SMS, MAIJA, brand=make_brand())


@pytest.mark.sqlite
def test_a_second_delivery_of_a_message_changes_nothing() -> None:
    make_shipment()
    for _ in range(2):
        replies.receive(provider_id="SM-one", channel=Channel.SMS, sender=MAIJA, body="HELP", at=NOON)
    write("START", at=NOON + HOUR)

    late = replies.receive(provider_id="SM-one", channel=Channel.SMS, sender=MAIJA, body="STOP", at=NOON + 2 * HOUR)

    assert late.meaning == Meaning.HELP
    assert len(said()) == 1
    assert Inbound.objects.count() == 2
    assert Consent.objects.filter(is_given=False).count() == 0


def test_help_says_who_writes_and_how_to_reach_them() -> None:
    shipment = make_shipment()
    Policy.objects.create(brand=shipment.brand, help_contact="hei@kauppa.example")

    inbound = write("Help!")

    [text] = said()
    assert text.startswith("News of your delivery from Kauppa. Help: hei@kauppa.example.")
    assert text.endswith("Send STATUS to hear where it is, STOP for no more messages.")
    reply = Notification.objects.get()
    assert (reply.recipient, reply.channel, reply.priority, reply.version) == (MAIJA, Channel.SMS, 0, inbound.id)
    assert (reply.due_at, reply.expires_at) == (NOON, NOON + timedelta(minutes=10))


def test_an_answer_goes_out_on_the_channel_on_which_it_was_asked() -> None:
    make_shipment()

    write("HELP", channel=Channel.WHATSAPP)

    assert Notification.objects.get().channel == Channel.WHATSAPP


def test_a_number_that_nobody_knows_is_not_written_to() -> None:
    make_shipment()

    for body in ("HELP", "STATUS", "Hello?"):
        write(body, sender=STRANGER)

    assert said() == []
    assert Inbound.objects.count() == 3


def test_status_says_what_the_page_says() -> None:
    shipment = make_shipment(status=Status.PLANNED)
    window = Window(NOON.date(), NOON + 2 * HOUR, NOON + 3 * HOUR)
    shipments.estimate(shipment, window, cause=Cause.PLANNED, at=NOON)

    inbound = write("Status?")

    page = f"{shipment.reference}: Planned for today. Expected 14:00-15:00. It has its place on a route"
    assert said() == [f"Kauppa {page} and waits to be loaded."]
    assert inbound.shipment == Notification.objects.get().shipment == shipment


def test_status_of_several_shipments_fits_into_two_texts_and_leaves_out_what_is_long_over() -> None:
    route = make_route([(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300), (60.1650, 24.9350)])
    make_shipment(status=Status.DELIVERED, at=NOON - timedelta(days=5))

    write("STATUS")

    [text] = said()
    lines = text.splitlines()
    assert len(lines) == 3
    references = set(Shipment.objects.filter(stop__route=route).values_list("reference", flat=True))
    assert {line.partition(":")[0].split()[-1] for line in lines} < references
    assert segments.count(text) <= 2
    assert "60." not in text
    assert Notification.objects.get().shipment is None


@pytest.mark.parametrize("phone", ["+358 40 1234567", "+358-40-123 4567"])
def test_a_number_is_known_however_the_order_writes_it_once_it_was_written_to(phone: str) -> None:
    shipment = make_shipment()
    Shipment.objects.filter(id=shipment.id).update(phone=phone)
    queue(shipment)

    assert write("STATUS").shipment == shipment


def test_status_is_told_to_the_number_given_later_and_no_longer_to_the_one_in_the_order() -> None:
    shipment = make_shipment()
    queue(shipment)
    Contact.objects.create(shipment=shipment, channel=Channel.SMS, address=STRANGER, added_at=NOON)

    assert write("STATUS", sender=STRANGER).shipment == shipment
    assert write("STATUS").shipment is None
    assert said()[1] == "We have no delivery to this number at the moment."


def test_an_answer_to_a_question_reaches_its_asker_alone_and_closes_it() -> None:
    shipment = make_shipment()
    question = ask(shipment, choices=["1", "2"])

    inbound = write(" ٢ ")

    question.refresh_from_db()
    assert ASKER.told == [(question.id, " ٢ ", "2", NOON)]
    assert TACITURN.told == []
    assert (inbound.meaning, inbound.question, inbound.shipment) == (Meaning.ANSWER, question, shipment)
    assert question.closed_at == NOON
    assert said() == ["Thank you!"]

    again = write("1")

    assert again.meaning == Meaning.KEPT
    assert len(ASKER.told) == 1


def test_what_is_no_choice_is_kept_for_the_desk_and_the_question_stays_open() -> None:
    shipment = make_shipment()
    question = ask(shipment, choices=["1", "2"])

    inbound = write("3")

    question.refresh_from_db()
    assert (inbound.meaning, inbound.shipment, inbound.question) == (Meaning.KEPT, shipment, None)
    assert (ASKER.told, question.closed_at, said()) == ([], None, [])
    assert list(Inbound.objects.unread()) == [inbound]


def test_a_question_without_choices_takes_any_text_but_no_word_that_means_something_to_everybody() -> None:
    question = ask(make_shipment(), asker="test_replies.taciturn", choices=[])

    assert write("STATUS").meaning == Meaning.STATUS
    assert write("  ").meaning == Meaning.KEPT
    assert write("It was late, but lovely.").meaning == Meaning.ANSWER
    assert TACITURN.told == [(question.id, "It was late, but lovely.", None, NOON)]
    assert len(said()) == 1


@pytest.mark.parametrize("word", ["YES", "yes!", "Stop", "END", "info", "status", "", " ", "?"])
def test_a_word_that_means_something_to_everybody_is_never_a_choice(word: str) -> None:
    with pytest.raises(replies.ReservedWord):
        ask(make_shipment(), choices=["1", word])

    assert not Question.objects.exists()


def test_two_choices_that_nobody_could_tell_apart_are_refused() -> None:
    with pytest.raises(replies.ReservedWord):
        ask(make_shipment(), choices=["Monday", "monday."])


@pytest.mark.sqlite
def test_a_number_has_one_open_question_at_a_time() -> None:
    shipment, other = make_shipment(), make_shipment()
    first = ask(shipment, choices=["1"])

    with pytest.raises(replies.Busy):
        ask(other, choices=["1"])
    assert list(Question.objects.all()) == [first]

    later = replies.ask(other, asker="test_replies", choices=["1"], until=NOON + 3 * HOUR, at=NOON + HOUR)

    first.refresh_from_db()
    assert first.closed_at == first.open_until
    assert write("1", at=NOON + 2 * HOUR).question == later


def test_an_answer_that_comes_too_late_is_kept_for_the_desk() -> None:
    ask(make_shipment(), choices=["1"])

    assert write("1", at=NOON + HOUR).meaning == Meaning.KEPT
    assert ASKER.told == []


def test_the_database_refuses_a_second_open_question() -> None:
    question = ask(make_shipment(), choices=["1"])

    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(
            address=question.address, asker="b", shipment=question.shipment, asked_at=NOON, open_until=NOON + HOUR
        )


def test_who_has_no_number_is_not_asked() -> None:
    shipment = make_shipment()
    Shipment.objects.filter(id=shipment.id).update(phone="ring the bell")
    shipment.refresh_from_db()

    with pytest.raises(replies.NoNumber):
        ask(shipment, choices=["1"])


def test_only_who_is_registered_may_ask() -> None:
    with pytest.raises(askers.UnknownAsker):
        ask(make_shipment(), asker="test_replies.nobody", choices=["1"])


def test_a_message_whose_asker_fails_is_with_the_desk_and_its_question_still_open() -> None:
    question = ask(make_shipment(), asker="test_replies.fails", choices=["1"])

    with pytest.raises(AskerFails):
        write("1")

    question.refresh_from_db()
    assert (question.closed_at, question.asker) == (None, "test_replies.fails")
    assert Inbound.objects.get().meaning == Meaning.KEPT


def test_what_its_asker_can_make_nothing_of_is_for_the_desk_and_the_question_stays_open() -> None:
    question = ask(make_shipment(), asker="test_replies.gives_up", choices=[])

    inbound = write("Hm.")

    question.refresh_from_db()
    assert (question.closed_at, question.asker) == (None, "test_replies.gives_up")
    assert (inbound.meaning, inbound.shipment) == (Meaning.KEPT, question.shipment)


def test_whoever_listens_is_told_once_of_what_is_kept(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    told: list[int] = []

    def hear(inbound_id: int, **_: object) -> None:
        told.append(inbound_id)

    ask(make_shipment(), asker="test_replies.fails", choices=["1"])
    signals.message_kept.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            kept = write("Hello?")
            write("STATUS")
            with pytest.raises(AskerFails):
                write("1")
            replies.receive(provider_id=kept.provider_id, channel=Channel.SMS, sender=MAIJA, body="Hello?", at=NOON)
    finally:
        signals.message_kept.disconnect(hear)

    assert told == list(Inbound.objects.filter(meaning=Meaning.KEPT).order_by("id").values_list("id", flat=True))
    assert len(told) == 2


def test_a_later_question_of_the_same_asker_may_take_over() -> None:
    first, other = ask(make_shipment(), choices=["1"]), make_shipment()

    later = replies.ask(
        other, asker="test_replies", choices=["1"], until=NOON + HOUR, at=NOON + HOUR / 2, takes_over=True
    )
    with pytest.raises(replies.Busy):
        replies.ask(
            other, asker="test_replies.taciturn", choices=[], until=NOON + HOUR, at=NOON + HOUR / 2, takes_over=True
        )

    first.refresh_from_db()
    assert first.closed_at == NOON + HOUR / 2
    assert write("1", at=NOON + HOUR / 2).question == later


def test_a_message_whose_asker_is_gone_is_kept_for_the_desk() -> None:
    Question.objects.filter(id=ask(make_shipment(), choices=["1"]).id).update(asker="test_replies.gone")

    assert write("1").meaning == Meaning.KEPT


def test_somebody_who_waits_for_no_shipment_can_be_asked_too_and_is_told_nothing_of_one() -> None:
    question = replies.ask_at(STRANGER, asker="test_replies", choices=["1"], until=NOON + HOUR, at=NOON)

    inbound = write("1", sender=STRANGER)

    assert ASKER.told == [(question.id, "1", "1", NOON)]
    assert (inbound.meaning, inbound.shipment) == (Meaning.ANSWER, None)
    assert said() == []


def test_a_number_has_one_question_open_whoever_is_behind_it() -> None:
    shipment = make_shipment()
    ask(shipment, choices=["2"])

    with pytest.raises(replies.Busy):
        replies.ask_at(MAIJA, asker="test_replies", choices=["1"], until=NOON + HOUR, at=NOON)

    replies.ask_at(MAIJA, asker="test_replies", choices=["1"], until=NOON + HOUR, at=NOON, takes_over=True)
    assert Question.objects.get(closed_at=None).choices == ["1"]


def test_a_text_to_somebody_who_waits_for_nothing_is_whole_and_not_sent_after_stop() -> None:
    brand = make_brand()

    text = letters.text(STRANGER, "Are you free?", brand=brand, language="en", at=NOON, until=NOON + HOUR)

    text.refresh_from_db()
    assert (text.shipment, text.recipient, text.expires_at) == (None, STRANGER, NOON + HOUR)
    wording = composing.compose([text], at=NOON)[text.id]
    assert wording.text == f"Are you free? [{text.marker}]"
    write("STOP", sender=STRANGER)
    text.refresh_from_db()
    assert (text.state, text.reason) == (State.SKIPPED, "opted_out")


def test_two_robots_do_not_talk_for_ever() -> None:
    make_shipment()

    for minute in range(30):
        write("HELP", at=NOON + timedelta(minutes=minute))
    assert len(said()) == 6

    write("HELP", at=NOON + timedelta(minutes=61))
    assert len(said()) == 7


@pytest.mark.parametrize("body", ["\0", "a\0b", "x" * 2000, "<script>", "{brand}", "٢" * 500])
def test_whatever_is_written_is_kept(body: str) -> None:
    inbound = write(body)

    inbound.refresh_from_db()
    assert (inbound.meaning, inbound.body) == (Meaning.KEPT, body.replace("\0", ""))


def test_a_status_costs_no_more_questions_for_three_than_for_two(django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        queue(make_shipment(recipient=make_recipient()))

    with django_assert_max_num_queries(30):
        write("STATUS")


def test_an_answer_is_in_the_language_of_its_reader() -> None:
    shipment = make_shipment()
    Shipment.objects.filter(id=shipment.id).update(language="fi")

    write("INFO")

    assert said() == [
        "Viestejä kaupan Kauppa toimituksesta. Vastaus STATUS kertoo, missä tilaus on, STOP lopettaa viestit."
    ]
