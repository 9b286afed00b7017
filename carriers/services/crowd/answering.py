"""What couriers answer: yes, no, or yes and then no after all. Of all who say yes the first gets it."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from carriers.models.crowd import Answer, Courier, Invitation, Offer, OfferState, Terms
from carriers.services.crowd import ending, laying, telling
from carriers.services.crowd.refusing import NotForYou, Why
from tracking.shipments.services.stops import EXPECTED


class Late(Exception):
    """An offer cannot be given back any more: something of it is on board."""


@transaction.atomic
def accept(invitation: Invitation, *, at: datetime) -> Offer:
    """Give an offer to a courier who is asked, if nobody was faster, and lay the errand for them.

    Of many at once one gets it. Twice is harmless: whoever has it has it.

    Raises ``NotForYou``; nothing has changed then.
    """
    courier = Courier.objects.select_related("driver", "vehicle_type").get(id=invitation.courier_id)
    if courier.is_suspended:
        raise NotForYou(Why.SUSPENDED)
    if not _take(invitation, courier, at=at):
        return _refuse(invitation)
    offer = ending.lock(invitation.offer_id)
    offer.invitations.filter(answer=Answer.ASKED).update(answer=Answer.OVERTAKEN, answered_at=at)
    route = laying.lay(offer, courier, at=at)
    if not laying.carried(offer).filter(stop__route=route, status__in=EXPECTED).exists():
        raise NotForYou(Why.GONE)
    terms = Terms.objects.get(carrier=offer.carrier_id)
    offer.shift, offer.load_by = route.shift, route.departs_at + timedelta(seconds=terms.start_seconds)
    offer.save(update_fields=["shift", "load_by"])
    telling.yours(offer, courier, at=at)
    return offer


@transaction.atomic
def decline(invitation: Invitation, *, at: datetime) -> bool:
    """Note that a courier does not want an offer; the next are asked at once where nobody else is left to wait for.

    Says whether they were still asked; twice is harmless.
    """
    offer = ending.lock(invitation.offer_id)
    if not Invitation.objects.waiting(at=at).filter(id=invitation.id).update(answer=Answer.DECLINED, answered_at=at):
        return False
    if offer.state == OfferState.OPEN and not offer.invitations.waiting(at=at).exists():
        Offer.objects.filter(id=offer.id).update(widens_at=at)
    return True


@transaction.atomic
def give_back(invitation: Invitation, *, at: datetime) -> Offer:
    """Let a courier who has loaded nothing give an offer back; it goes out again, to others. Twice is harmless.

    Raises ``Late`` where something of it is on board, or they do not have it.
    """
    offer = ending.lock(invitation.offer_id)
    answer = Invitation.objects.values_list("answer", flat=True).get(id=invitation.id)
    if answer == Answer.GIVEN_BACK:
        return offer
    if answer != Answer.ACCEPTED or not release(offer, Answer.GIVEN_BACK, at=at):
        raise Late
    return offer


def release(offer: Offer, answer: Answer, *, at: datetime) -> bool:
    """Let a locked offer that was accepted, and of which nothing is loaded, go out again. Says whether it does."""
    if offer.state != OfferState.ACCEPTED or not laying.undo(offer, at=at):
        return False
    offer.invitations.filter(answer=Answer.ACCEPTED).update(answer=answer, answered_at=at)
    offer.state, offer.ring, offer.widens_at, offer.times_out = OfferState.OPEN, None, at, offer.times_out + 1
    offer.courier = offer.accepted_at = offer.load_by = offer.shift = None
    offer.save()
    return True


def _take(invitation: Invitation, courier: Courier, *, at: datetime) -> bool:
    """Be the first, by one conditional update of the offer. Says whether this courier is.

    Raises ``NotForYou`` where they have another to bring.
    """
    taken = {"state": OfferState.ACCEPTED, "courier": courier, "accepted_at": at, "load_by": at}
    is_open = Offer.objects.filter(id=invitation.offer_id, state=OfferState.OPEN, open_until__gt=at)
    try:
        with transaction.atomic():
            if not is_open.update(**taken):
                return False
    except IntegrityError as error:
        raise NotForYou(Why.BUSY) from error
    mine = Invitation.objects.waiting(at=at).filter(id=invitation.id)
    if not mine.update(answer=Answer.ACCEPTED, answered_at=at):
        raise NotForYou(Why.LATE)
    return True


def _refuse(invitation: Invitation) -> Offer:
    """Say why a courier was not the first, unless they were, some time before.

    Raises ``NotForYou``.
    """
    now = Invitation.objects.select_related("offer").get(id=invitation.id)
    if now.answer == Answer.ACCEPTED:
        return now.offer
    if now.offer.state in {OfferState.ACCEPTED, OfferState.DONE}:
        raise NotForYou(Why.FASTER)
    raise NotForYou(Why.GONE if now.offer.state == OfferState.WITHDRAWN else Why.LATE)
