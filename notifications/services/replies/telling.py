"""The words of our own answers, short enough for one or two texts; in the language that is active."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from notifications import segments
from notifications.models import Policy
from tracking import facts
from tracking.live import positions
from tracking.models import Brand, Shipment
from tracking.words import answers, lines
from tracking.words.answers.case import Answer

MOST_SEGMENTS: Final = 2
LINK: Final = " https://deliveries.example.com/t/0123456789abcdef0123456789abcdef/#0123456789"
"""As long as the link that ends a message commonly is."""


def who(brand: Brand) -> str:
    """Say whose messages these are, how to reach a person, and which words do what."""
    policy = Policy.objects.filter(brand=brand).first()
    told = [_("News of your delivery from %(brand)s.") % {"brand": brand.name}]
    if policy and policy.help_contact:
        told.append(_("Help: %(contact)s.") % {"contact": policy.help_contact})
    told.append(_("Send STATUS to hear where it is, STOP for no more messages."))
    return " ".join(told)


def where(shipments: Sequence[Shipment], *, at: datetime) -> str:
    """Say where shipments, fetched ``with_round``, are and when they come: what the top of their pages says."""
    if not shipments:
        return _("We have no delivery to this number at the moment.")
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
