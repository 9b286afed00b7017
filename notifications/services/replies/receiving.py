"""Taking in what shoppers write: once each, the words that everybody may send first, then the open question."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from django.db import transaction

from notifications import askers, signals
from notifications.models import ConsentSource, Inbound, Meaning
from notifications.services import consent
from notifications.services.replies import answering, numbers, questions, reading
from notifications.triggers import Channel

logger = logging.getLogger(__name__)


def receive(*, provider_id: str, channel: Channel, sender: str, body: str, at: datetime) -> Inbound:
    """Take in a message, do what it says, and keep what nobody else takes for the support desk.

    A second delivery of the same ``provider_id`` changes nothing. STOP, START, HELP and STATUS are done in the
    transaction that writes the message down. An answer reaches its asker after that: where the asker fails, the
    message is with the desk already, the question is still open, and what went wrong is raised. Whoever listens is
    told of what was kept.
    """
    inbound, is_new = _take_in(provider_id, channel, sender, body, at=at)
    if is_new and inbound.meaning == Meaning.KEPT:
        try:
            with suppress(askers.NoAnswer):
                _hand_over(inbound, at=at)
        finally:
            if inbound.meaning == Meaning.KEPT:
                transaction.on_commit(lambda: signals.message_kept.send_robust(Inbound, inbound_id=inbound.id))
    return inbound


@transaction.atomic
def _take_in(provider_id: str, channel: Channel, sender: str, body: str, *, at: datetime) -> tuple[Inbound, bool]:
    readable = body.replace("\0", "")
    message = {
        "channel": channel,
        "sender": sender,
        "body": readable,
        "received_at": at,
        "meaning": reading.keyword(readable) or Meaning.KEPT,
    }
    inbound, is_new = Inbound.objects.get_or_create(provider_id=provider_id, defaults=message)
    if is_new:
        _AT_ONCE[Meaning(inbound.meaning)](inbound, at)
    return inbound, is_new


@transaction.atomic
def _hand_over(inbound: Inbound, at: datetime) -> None:
    """Let the asker of the open question have a message that answers it, and nobody else."""
    question = questions.find_open(inbound.sender, at=at)
    if question is None or not questions.is_answered(question, inbound.body):
        return
    try:
        answer = askers.find(question.asker)
    except askers.UnknownAsker:
        logger.warning("Nobody takes the answer to question %d of %s.", question.id, question.asker)
        return
    if not questions.close(question, at=at):
        return
    said = answer(question, inbound.body, reading.choice(inbound.body, question.choices), at)
    inbound.meaning, inbound.question, inbound.shipment = Meaning.ANSWER, question, question.shipment
    inbound.save(update_fields=["meaning", "question", "shipment"])
    if said and question.shipment:
        answering.reply_unless_often(inbound, said, brand=question.shipment.brand, at=at)


def _stop(inbound: Inbound, at: datetime) -> None:
    consent.withhold(Channel(inbound.channel), inbound.sender, source=ConsentSource.WORD, at=at)


def _start(inbound: Inbound, at: datetime) -> None:
    consent.give(Channel(inbound.channel), inbound.sender, source=ConsentSource.WORD, at=at)


def _note_shipment(inbound: Inbound, at: datetime) -> None:
    """Note which shipment a message is probably about: the one that its sender was asked about, or their next one."""
    question = questions.find_open(inbound.sender, at=at)
    current = numbers.current_shipments(inbound.sender, at=at)
    inbound.shipment = question.shipment if question else next(iter(current), None)
    inbound.save(update_fields=["shipment"])


_AT_ONCE: Final[dict[Meaning, Callable[[Inbound, datetime], None]]] = {
    Meaning.STOP: _stop,
    Meaning.START: _start,
    Meaning.HELP: answering.who_we_are,
    Meaning.STATUS: answering.status,
    Meaning.KEPT: _note_shipment,
}
