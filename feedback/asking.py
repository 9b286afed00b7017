"""How was it, by SMS: who was asked there answers there, with a number and as many words as they like."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from feedback import services, stars
from feedback.models import LONGEST_WORDS, Rating, Source
from feedback.services import Closed, NotDelivered
from feedback.stars import Said
from notifications import askers, texts
from notifications import services as notifications
from notifications.askers import Asked, NoAnswer, Reply
from notifications.models import Notification, Question, State
from notifications.services import Busy, NoNumber
from notifications.triggers import PHONE_CHANNELS, Trigger
from tracking.shipments.models import Brand, Shipment

NAME: Final = "survey"
OPEN_FOR: Final = timedelta(days=2)
LOOKED_BACK: Final = timedelta(hours=6)
"""After that long, who could not be asked, because another question was open, has the link alone."""


def ask_all(*, at: datetime) -> None:
    """Let those answer by SMS whom a survey has reached there within the last hours. Twice is harmless.

    The brands are named so that the index by brand, channel and time is used.
    """
    asked = Question.objects.filter(shipment=OuterRef("shipment"), asker=NAME)
    surveys = Notification.objects.filter(
        ~Exists(asked),
        brand__in=list(Brand.objects.values_list("id", flat=True)),
        channel__in=PHONE_CHANNELS,
        trigger=Trigger.SURVEY,
        sent_at__gt=at - LOOKED_BACK,
        state__in=[State.SENT, State.DELIVERED],
    )
    for survey in surveys.select_related("shipment__brand").order_by("sent_at"):
        if survey.shipment is not None:
            ask(survey.shipment, until=at + OPEN_FOR, at=at)


def ask(shipment: Shipment, *, until: datetime, at: datetime) -> None:
    """Let what the recipient of a shipment answers by SMS be their rating, until then.

    It takes the place of an earlier survey at that number: they answer what they were asked last. Where another
    question is open there, nothing happens.
    """
    with suppress(Busy, NoNumber):
        notifications.ask(shipment, asker=NAME, choices=[], until=until, at=at, takes_over=True)


def answer(question: Asked, text: str, choice: str | None, at: datetime) -> Reply:
    """Take a reply as a rating, and stay open for another: who sends one changes the first. Gives the thanks.

    Raises ``NoAnswer`` where no stars can be read from it, or none can be given (any more).
    """
    said = stars.read_reply(text)
    if said is None:
        raise NoAnswer
    shipment = Shipment.objects.select_related("brand").get(id__in=[question.shipment_id])
    try:
        rating = _rate(shipment, said, at=at)
    except (NotDelivered, Closed) as refusal:
        raise NoAnswer from refusal
    ask(shipment, until=rating.open_until, at=at)
    replies = texts.find(shipment.reader_language, shipment.brand.language).replies
    if services.calls_for_a_case(rating):
        return Reply(replies["looked_into"], page="feedback:case")
    return Reply(replies["rated"], page="feedback:survey")


def register() -> None:
    """Let replies to surveys come here."""
    askers.register(NAME, answer)


def _rate(shipment: Shipment, said: Said, *, at: datetime) -> Rating:
    """Write down what a message said: its stars and its words, beside what was ticked on the page."""
    rating = services.rate(shipment, score=said.score, source=Source.SMS, at=at)
    words = said.words[:LONGEST_WORDS]
    if rating.words == words:
        return rating
    return services.elaborate(
        shipment, given=rating.given_reasons, words=words, recommends=rating.recommends, source=Source.SMS, at=at
    )
