"""The only writer of shared links: made by a shopper, listed and revoked by them."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from tracking.links import services
from tracking.links.models import SharedLink, TrackingLink
from tracking.links.services import LONGEST_TOKEN, NoSuchLink
from tracking.shipments.models import Shipment

MOST: Final = 5


class TooMany(Exception):
    """So many people know already."""


@transaction.atomic
def share(link: TrackingLink, *, name: str, lasts: timedelta, at: datetime) -> SharedLink:
    """Make a link for somebody else that shows the window and the PIN.

    Raises ``TooMany`` where the shipment has five that are good.
    """
    Shipment.objects.select_for_update(of=("self",)).get(id=link.shipment_id)
    if len(list_good(link.shipment, at=at)) >= MOST:
        raise TooMany
    return SharedLink.objects.create(link=link, name=name, created_at=at, expires_at=at + lasts)


def list_good(shipment: Shipment, *, at: datetime) -> list[SharedLink]:
    """List the links of a shipment that somebody else may use now. One query."""
    good = SharedLink.objects.filter(
        link__shipment=shipment, link__revoked_at=None, revoked_at=None, expires_at__gt=at
    ).exclude(link__expires_at__lte=at)
    return list(good)


def find(token: str, *, at: datetime) -> SharedLink:
    """Find the shared link that a token opens, with its shipment. It ends with the delivery. One query.

    Raises ``NoSuchLink``.
    """
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or "\0" in token:
        raise NoSuchLink
    shared = SharedLink.objects.select_related("link__shipment__brand").filter(token=token, revoked_at=None).first()
    if shared is None or shared.expires_at <= at or shared.link.revoked_at or shared.link.shipment.is_finished:
        raise NoSuchLink
    end = services.ends_at(shared.link)
    if end is not None and end <= at:
        raise NoSuchLink
    return shared


def revoke(shipment: Shipment, token: str, *, at: datetime) -> bool:
    """Close a shared link of a shipment for good. Says whether it was open; twice is harmless."""
    return bool(SharedLink.objects.filter(link__shipment=shipment, token=token, revoked_at=None).update(revoked_at=at))
