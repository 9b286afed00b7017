"""Taking in what a program orders: a shipment with its parcels, its promise and the link to send to the shopper."""

from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.utils import timezone

from tracking.api import access
from tracking.api.access import Keyed
from tracking.api.problems import Mistake, Problem
from tracking.api.shapes import ShipmentTaken
from tracking.links import services as links
from tracking.rounds.models import Carrier
from tracking.shipments import services
from tracking.shipments.models import Shipment
from tracking.shipments.services import UnknownZone


def take_in(request: Keyed, taken: ShipmentTaken) -> Shipment:
    """Take an order in.

    Raises ``Problem`` where its brand or carrier is none of this key's, its reference is taken, or nothing says which
    time zone it goes to.
    """
    at = timezone.now()
    brand, carrier = access.brand_of(request, taken.brand), _carrier(taken.carrier)
    try:
        with transaction.atomic():
            shipment = services.create(
                brand,
                reference=taken.reference,
                recipient=taken.recipient.recipient(),
                parcel_numbers=taken.parcels,
                carrier=carrier,
                at=at,
            )
            if taken.promise:
                services.promise(shipment, start=taken.promise.start, end=taken.promise.end, at=at)
            links.issue(shipment, at=at)
    except UnknownZone as error:
        told = "Name the time zone, or the point: this brand has no time zone of its own."
        mistakes = [Mistake(where=["body", "recipient", "timezone"], what=told)]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, mistakes=mistakes) from error
    except IntegrityError as error:
        detail = f"There is a shipment {taken.reference} of this brand already."
        raise Problem(HTTPStatus.CONFLICT, detail) from error
    return shipment


def _carrier(slug: str) -> Carrier | None:
    if not slug:
        return None
    try:
        return Carrier.objects.get(slug=slug)
    except Carrier.DoesNotExist as error:
        mistakes = [Mistake(where=["body", "carrier"], what="There is no such carrier.")]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "There is no such carrier.", mistakes=mistakes) from error
