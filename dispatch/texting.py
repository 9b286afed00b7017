"""Another time by text message: who was missed answers with a digit, from the number in the order."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from dispatch.models import TextedOffer
from notifications import askers
from notifications import services as notifications
from notifications.askers import Asked, NoAnswer, Reply
from notifications.services import Busy, Letter, NoNumber
from tracking.changes import services as changes
from tracking.changes.keeping import NoRoom
from tracking.changes.models import Action
from tracking.changes.services import SMS, NotOffered, TooLate
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.words import languages, options

NAME: Final = "options"
PAGE: Final = "tracking:options"
MOST: Final = 3
OPEN_FOR: Final = timedelta(hours=12)


@transaction.atomic
def ask(shipment: Shipment, *, at: datetime) -> bool:
    """Offer who was missed the next times by text. Says whether that was done; for each attempt it is done once.

    Nothing happens without a number, while another question is open there, or where there is nothing to offer.
    """
    attempt = shipment.events.filter(status=Status.ATTEMPTED).order_by("-occurred_at").first()
    if shipment.status != Status.ATTEMPTED or attempt is None:
        return False
    since = attempt.occurred_at
    if TextedOffer.objects.filter(question__shipment=shipment, question__asked_at__gte=since).exists():
        return False
    ways = _ways(shipment, at=at)
    with suppress(Busy, NoNumber):
        digits = [str(number) for number in range(1, len(ways) + 1)]
        until = min([at + OPEN_FOR, *(datetime.fromisoformat(way["until"]) for way in ways)])
        if digits:
            question = notifications.ask(shipment, asker=NAME, choices=digits, until=until, at=at, takes_over=True)
            TextedOffer.objects.create(question=question, ways=ways)
            text = _text(shipment, ways, at=at)
            notifications.tell(
                shipment, text, version=Letter.QUESTION.version(question.id), page=PAGE, at=at, prefers_sms=True
            )
            return True
    return False


def answer(question: Asked, text: str, choice: str | None, at: datetime) -> Reply:
    """Take a digit as the way that it stood for, and say what came of it.

    Raises ``NoAnswer`` where it stood for none.
    """
    offered = TextedOffer.objects.filter(question=question.id).first()
    if offered is None or choice is None:
        raise NoAnswer
    way = offered.ways[int(choice) - 1]
    shipment = Shipment.objects.select_related("brand", "stop__route").get(id__in=[question.shipment_id])
    with languages.speaking(shipment.reader_language):
        try:
            with transaction.atomic():
                changes.ask(shipment, Action(way["action"]), {"key": way["key"]}, by=SMS, at=at)
        except (NotOffered, TooLate, NoRoom):
            return Reply(options.gone(), PAGE)
        return Reply(_("Done: %(when)s.") % {"when": _when(shipment, way, at=at)}, PAGE)


def register() -> None:
    """Let replies to offers come here."""
    askers.register(NAME, answer)


def _ways(shipment: Shipment, *, at: datetime) -> list[dict[str, Any]]:
    """Choose the next times that can be had, the soonest first."""
    rows = [row for row in changes.offered(shipment, at=at) if row.action in {Action.SLOT, Action.RESCHEDULE}]
    ways = [{**choice, "action": row.action} for row in rows for choice in row.choices]
    return sorted((way for way in ways if datetime.fromisoformat(way["until"]) > at), key=lambda way: way["start"])[
        :MOST
    ]


def _text(shipment: Shipment, ways: list[dict[str, Any]], *, at: datetime) -> str:
    with languages.speaking(shipment.reader_language):
        lines = [
            f"{digit}: {_when(shipment, way, at=at)} ({options.price(way)})" for digit, way in enumerate(ways, start=1)
        ]
        return "\n".join([_("We missed you. When shall we come? Answer with a digit."), *lines])


def _when(shipment: Shipment, way: dict[str, Any], *, at: datetime) -> str:
    return options.when(way, now=at.astimezone(shipment.zone))
