"""Taking an offer by text message: whoever is asked answers "1", from the number at which they were asked."""

from datetime import datetime

from carriers.models.crowd import Invitation
from carriers.services.crowd import answering, refusing, telling
from carriers.services.crowd.refusing import NotForYou
from notifications import askers
from notifications.askers import Asked, NoAnswer
from tracking.words import languages


def answer(question: Asked, text: str, choice: str | None, at: datetime) -> None:
    """Take a yes. What comes of it is said in a text of its own, which names no shipment.

    Raises ``NoAnswer`` where the question is of no offer.
    """
    invitation = Invitation.objects.select_related("offer__brand", "courier").filter(question=question.id).first()
    if invitation is None:
        raise NoAnswer
    try:
        answering.accept(invitation, at=at)
    except NotForYou as refusal:
        with languages.speaking(invitation.courier.language):
            words = refusing.say(refusal.why)
        telling.not_yours(invitation.offer, invitation.courier, words, at=at)


def register() -> None:
    """Let replies to offers come here."""
    askers.register(telling.ASKER, answer)
