"""The words of our own answers, short enough for one or two texts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from notifications import segments, texts
from notifications.models import Policy
from tracking import facts
from tracking.live import positions
from tracking.models import Brand, Shipment
from tracking.words import answers, languages, lines
from tracking.words.answers.case import Answer

MOST_SEGMENTS: Final = 2
LINK: Final = " https://deliveries.example.com/t/0123456789abcdef0123456789abcdef/#0123456789"
"""As long as the link that ends a message commonly is."""


def who(brand: Brand, language: str) -> str:
    """Say whose messages these are, how to reach a person, and which words do what."""
    policy = Policy.objects.filter(brand=brand).first()
    told = {"brand": brand.name, "contact": policy.help_contact if policy else ""}
    return texts.fill(texts.find(language, brand.language).replies["help"], told)


def where(shipments: Sequence[Shipment], language: str, *, at: datetime) -> str:
    """Say where shipments, fetched ``with_round``, are and when they come: what the top of their pages says."""
    if not shipments:
        return texts.find(language).replies["nothing"]
    with languages.speaking(language):
        told = [(shipment, _answer(shipment, at=at)) for shipment in shipments]
    wordings = list(_wordings(told))
    return next((text for text in wordings if segments.count(text + LINK) <= MOST_SEGMENTS), wordings[-1])


def _answer(shipment: Shipment, *, at: datetime) -> Answer:
    known = facts.gather(shipment, fix=positions.last_fix_for(shipment), at=at)
    return answers.tell(known, brand=shipment.brand.name, now=at.astimezone(shipment.zone))


def _wordings(told: Sequence[tuple[Shipment, Answer]]) -> Iterator[str]:
    """Say it at length, then ever shorter."""
    yield "\n".join(
        _line(f"{shipment.brand.name} {shipment.reference}: {answer.label}. {answer.headline}. {answer.lede}")
        for shipment, answer in told
    )
    for count in range(len(told), 0, -1):
        yield "\n".join(_line(f"{shipment.reference}: {answer.headline}") for shipment, answer in told[:count])


def _line(text: str) -> str:
    return segments.economical(lines.single(text))
