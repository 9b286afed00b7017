"""The shipments that a key may know: found, and said with the link that was sent of each."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from tracking.api import problems
from tracking.api.access import Keyed
from tracking.api.shapes import ShipmentSaid
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments.models import Shipment


def known_to(request: Keyed) -> QuerySet[Shipment]:
    """Give the shipments that a request may know: those of its key's brand, or all of them."""
    known = Shipment.objects.select_related("brand", "carrier").prefetch_related("parcels")
    return known if request.auth.is_for_all else known.filter(brand=request.auth.brand)


def find(request: Keyed, uid: UUID) -> Shipment:
    """Find one of them.

    Raises ``Problem`` where there is none of this id.
    """
    try:
        return known_to(request).get(uid=uid)
    except Shipment.DoesNotExist as error:
        raise problems.missing("shipment") from error


def say(shipments: Iterable[Shipment]) -> list[ShipmentSaid]:
    """Say what there is to say of shipments that were found here. One query for all their links."""
    known = list(shipments)
    sent = links.sent_of(known, at=timezone.now())
    return [ShipmentSaid.of(shipment, _address(sent.get(shipment.id))) for shipment in known]


def _address(link: TrackingLink | None) -> str | None:
    return settings.BASE_URL + reverse("tracking:page", args=[link.token]) if link else None
