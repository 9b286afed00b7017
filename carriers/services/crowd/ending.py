"""How offers end, and their shipments leave them. For who holds the lock of the offer."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from carriers import signals
from carriers.models.crowd import Answer, Offer, OfferState


def lock(offer_id: int) -> Offer:
    """Lock an offer until the end of the transaction, before its shipments."""
    return Offer.objects.select_for_update(of=("self",)).select_related("courier__driver").get(id=offer_id)


def drop(offer: Offer, shipment_ids: Collection[int], *, at: datetime) -> None:
    """Take shipments out of a locked offer, which is withdrawn with the last of them."""
    offer.offered.filter(shipment__in=shipment_ids, until=None).update(until=at)
    if not offer.offered.filter(until=None).exists():
        close(offer, OfferState.WITHDRAWN, at=at)


def close(offer: Offer, to: OfferState, *, at: datetime) -> None:
    """End a locked offer, with its invitations; whoever listens hears where nobody took it."""
    ids = list(offer.offered.filter(until=None).values_list("shipment", flat=True))
    answer = Answer.EXPIRED if to == OfferState.ENDED else Answer.WITHDRAWN
    open_ones = offer.invitations.filter(answer__in=[Answer.ASKED, Answer.ACCEPTED])
    if to != OfferState.DONE:
        open_ones.update(answer=answer, answered_at=at)
        offer.courier = offer.accepted_at = offer.load_by = None
    offer.state, offer.ended_at = to, at
    offer.save(update_fields=["state", "ended_at", "courier", "accepted_at", "load_by", "ring"])
    offer.offered.filter(until=None).update(until=at)
    if to == OfferState.ENDED:
        offer_id = offer.id
        transaction.on_commit(lambda: signals.offer_ended.send_robust(Offer, offer_id=offer_id, shipment_ids=ids))
