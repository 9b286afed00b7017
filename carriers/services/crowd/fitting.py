"""Who is asked: couriers of the crowd who are near enough, can carry it, are rated well, and have nothing to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import F

from carriers.models.crowd import LET_DOWN, Courier, Offer, Terms
from carriers.services import places

MOST_AT_ONCE: Final = 20


def find(offer: Offer, terms: Terms, *, ring: int, at: datetime) -> Sequence[Courier]:
    """Find whom to ask next within so many rings around the hub, the best rated first.

    Nobody twice each time that it goes out, and nobody again who had it and let it down. One query.
    """
    asked = offer.invitations.filter(time_out=offer.times_out).values("courier")
    let_down = offer.invitations.filter(answer__in=LET_DOWN).values("courier")
    fitting = (
        Courier.objects.filter(driver__carrier=offer.carrier_id)
        .ready(clock=at.astimezone(offer.zone).time())
        .within(places.rings(offer.hub, up_to=ring), at=at)
        .able(mass_g=offer.mass_g, volume_ml=offer.volume_ml)
        .well_rated(terms)
        .free()
        .exclude(id__in=asked)
        .exclude(id__in=let_down)
    )
    return list(fitting.order_by(F("driver__score__stars").desc(nulls_last=True), "id")[:MOST_AT_ONCE])
