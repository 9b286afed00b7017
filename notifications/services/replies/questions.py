"""Questions that numbers have open: at most one each, so that "2" means one thing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from notifications import askers
from notifications.models import Question
from notifications.services.replies import numbers, reading
from tracking.models import Shipment


class Busy(Exception):
    """Another question is open at this number; ask again when it is answered or has run out."""


class NoNumber(Exception):
    """Nobody knows a number that this shipment's recipient can answer from."""


class ReservedWord(ValueError):
    """A choice means something else to everybody who sends it, like YES, or is nothing that can be told apart."""


def ask(
    shipment: Shipment,
    *,
    asker: str,
    choices: Sequence[str],
    until: datetime,
    at: datetime,
    takes_over: bool = False,
) -> Question:
    """Open a question at the number on file; the first answer closes it. The asking itself is a message of its own.

    ``choices`` are the texts that count as an answer; where there are none, any text does. What arrives by ``until``
    goes to ``asker`` alone. The words that everybody may send, like STOP or YES, are never choices. One that
    ``takes_over`` ends what the same asker has open at that number.

    Raises ``Busy`` where another question is open at that number, ``NoNumber``, ``ReservedWord``, and
    ``askers.UnknownAsker``.
    """
    address = numbers.on_file(shipment)
    if not address:
        raise NoNumber
    question = Question(
        address=address, asker=asker, shipment=shipment, choices=list(choices), asked_at=at, open_until=until
    )
    return _open(question, takes_over=takes_over)


def ask_at(
    address: str, *, asker: str, choices: Sequence[str], until: datetime, at: datetime, takes_over: bool = False
) -> Question:
    """Open a question at the number, in E.164, of somebody who waits for no shipment, as ``ask`` does.

    The asker says itself what it has to say: nobody is replied to of a shipment that is not theirs.

    Raises ``Busy``, ``ReservedWord`` and ``askers.UnknownAsker``.
    """
    question = Question(address=address, asker=asker, choices=list(choices), asked_at=at, open_until=until)
    return _open(question, takes_over=takes_over)


@transaction.atomic
def _open(question: Question, *, takes_over: bool) -> Question:
    askers.find(question.asker)
    _require_tellable(question.choices)
    at = question.asked_at
    still_open = Question.objects.filter(address=question.address, closed_at=None)
    still_open.filter(open_until__lte=at).update(closed_at=F("open_until"))
    if takes_over:
        still_open.filter(asker=question.asker).update(closed_at=at)
    try:
        with transaction.atomic():
            question.save(force_insert=True)
    except IntegrityError as error:
        raise Busy from error
    return question


def find_open(address: str, *, at: datetime) -> Question | None:
    """Find the question that a number has open."""
    return Question.objects.filter(address=address, closed_at=None, open_until__gt=at).first()


def is_answered(question: Question, text: str) -> bool:
    """Say whether a text is an answer: one of the choices, or anything at all where there are none."""
    if question.choices:
        return reading.choice(text, question.choices) is not None
    return not reading.is_empty(text)


def close(question: Question, *, at: datetime) -> bool:
    """Close a question. Says whether it was still open: of two answers that come at once, one is the answer."""
    return bool(Question.objects.filter(id=question.id, closed_at=None).update(closed_at=at))


def _require_tellable(choices: Sequence[str]) -> None:
    for offered in choices:
        if reading.is_empty(offered) or reading.keyword(offered):
            raise ReservedWord(offered)
        if reading.choice(offered, choices) != offered:
            raise ReservedWord(offered)
