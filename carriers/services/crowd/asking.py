"""Asking couriers: ring after ring around the hub, until somebody takes it or nobody is left to ask."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from carriers.models.crowd import Courier, Invitation, Offer, OfferState, Terms
from carriers.services.crowd import ending, fitting, telling


@transaction.atomic
def widen(offer_id: int, *, at: datetime) -> Collection[Invitation]:
    """Ask the next couriers about an offer whose turn has come, farther out where nobody near is left; gives who.

    One that has nobody left to ask or to wait for, or whose time is over, ends. Twice is harmless.
    """
    offer = Offer.objects.select_for_update(of=("self",)).due(at=at).filter(id=offer_id).first()
    if offer is None:
        return []
    if offer.open_until <= at:
        ending.close(offer, OfferState.ENDED, at=at)
        return []
    terms = Terms.objects.get(carrier=offer.carrier_id)
    next_ring = 0 if offer.ring is None else min(offer.ring + 1, terms.last_ring)
    found: Sequence[Courier] = []
    for offer.ring in range(next_ring, terms.last_ring + 1):
        found = fitting.find(offer, terms, ring=offer.ring, at=at)
        if found:
            break
    invited = [_invite(offer, courier, terms, at=at) for courier in found]
    still_asked = offer.invitations.waiting(at=at)
    if not still_asked.exists():
        ending.close(offer, OfferState.ENDED, at=at)
        return []
    offer.state, offer.widens_at = OfferState.OPEN, at + timedelta(seconds=terms.widens_seconds)
    offer.save(update_fields=["state", "ring", "widens_at"])
    return invited


def _invite(offer: Offer, courier: Courier, terms: Terms, *, at: datetime) -> Invitation:
    """Ask a courier: their link, and a text that they may answer as far as their number is free for that."""
    invitation = Invitation.objects.create(
        offer=offer,
        courier=courier,
        ring=offer.ring or 0,
        time_out=offer.times_out,
        asked_at=at,
        expires_at=min(at + timedelta(seconds=terms.answer_seconds), offer.open_until),
    )
    telling.ask(invitation, at=at)
    return invitation
