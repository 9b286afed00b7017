"""What couriers are sent by text, in their own language; each in the transaction of what it tells of."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from carriers.models.crowd import Courier, Invitation, Offer
from carriers.services.crowd import laying, wording
from notifications import services as notifications
from notifications.services import Busy
from tracking.words import languages

ASKER: Final = "crowd"
YES: Final = "1"
LATE_WORDS: Final = timedelta(hours=1)
"""For so long after its time an answer by text is told that it came too late."""

GOOD_FOR: Final = timedelta(hours=1)


def ask(invitation: Invitation, *, at: datetime) -> None:
    """Text a courier what there is to bring; they may answer by text where their number has no other question open."""
    offer, courier = invitation.offer, invitation.courier
    told = {
        "crowd": offer.carrier.name,
        "load": wording.load(offer),
        "hub": offer.hub.name,
        "address": offer.hub.address,
        "link": f"{settings.BASE_URL}{reverse('crowd_offer', args=[invitation.token])}",
    }
    can_answer = _open_question(invitation, at=at)
    with languages.speaking(courier.language):
        told |= {"area": wording.area(offer), "when": wording.when(offer, at=at), "pay": wording.pay(offer)}
        told |= {"until": wording.clock(offer, invitation.expires_at), "yes": YES}
        words = _("%(crowd)s: %(load)s from %(hub)s, %(address)s, %(area)s, %(when)s, for %(pay)s.") % told
        answer = _("Answer %(yes)s by %(until)s to take it, or look:") if can_answer else _("Take it by %(until)s:")
        words = f"{words} {answer % told} {told['link']}"
    _text(courier, offer, words, at=at, until=invitation.expires_at)


def yours(offer: Offer, courier: Courier, *, at: datetime) -> None:
    """Text a courier who was first where the address and everything else is."""
    if offer.shift is None or offer.load_by is None:
        return
    with languages.speaking(courier.language):
        told = {"hub": offer.hub.name, "by": wording.clock(offer, offer.load_by), "link": laying.page_of(offer.shift)}
        words = _("It is yours. Please load it at %(hub)s by %(by)s. The address and everything else: %(link)s") % told
    _text(courier, offer, words, at=at, until=at + GOOD_FOR)


def not_yours(offer: Offer, courier: Courier, words: str, *, at: datetime) -> None:
    """Text a courier, in words of their own language, why they do not get an offer that they said yes to."""
    _text(courier, offer, words, at=at, until=at + GOOD_FOR)


def taken_back(offer: Offer, courier: Courier, *, at: datetime) -> None:
    """Text a courier that they need not come after all."""
    with languages.speaking(courier.language):
        words = _("%(crowd)s: you need not come to %(hub)s any more, the errand was called off. Sorry!") % {
            "crowd": offer.carrier.name,
            "hub": offer.hub.name,
        }
    _text(courier, offer, words, at=at, until=at + GOOD_FOR)


def _open_question(invitation: Invitation, *, at: datetime) -> bool:
    """Let a text answer this invitation, in the place of one that cannot be accepted any more."""
    number, until = invitation.courier.phone, invitation.expires_at + LATE_WORDS
    others = Invitation.objects.filter(courier=invitation.courier_id, question__closed_at=None, question__isnull=False)
    is_waiting = others.waiting(at=at).exists()
    try:
        invitation.question = notifications.ask_at(
            number, asker=ASKER, choices=[YES], until=until, at=at, takes_over=not is_waiting
        )
    except Busy:
        return False
    invitation.save(update_fields=["question"])
    return True


def _text(courier: Courier, offer: Offer, words: str, *, at: datetime, until: datetime) -> None:
    notifications.text(courier.phone, words, brand=offer.brand, language=courier.language, at=at, until=until)
