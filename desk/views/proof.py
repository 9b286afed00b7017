"""What drivers kept at the door, and the receipt of it, for our own people; each look is kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk import access, audit
from desk.models import Deed
from desk.roles import May
from tracking.proof.models import Proof
from tracking.shipments.models import Shipment
from tracking.views import downloads


@require_safe
@access.page(May.ACT)
def picture(request: HttpRequest, shipment_id: int, proof_key: str) -> HttpResponse:
    """Hand out a picture from a shipment's door."""
    shipment = _find(request, shipment_id)
    proof = get_object_or_404(Proof.objects.of(shipment).pictures(), key=proof_key)
    audit.note(request, Deed.SAW, "proof", shipment=shipment, details={"proof": proof.id})
    return downloads.picture(proof)


@require_safe
@access.page(May.ACT)
def receipt(request: HttpRequest, shipment_id: int, form: str) -> HttpResponse:
    """Hand out the signed receipt of a shipment; 404 where there is none to sign."""
    shipment = _find(request, shipment_id)
    response = downloads.receipt(shipment, form, at=timezone.now())
    audit.note(request, Deed.SAW, "receipt", shipment=shipment)
    return response


def _find(request: HttpRequest, shipment_id: int) -> Shipment:
    return get_object_or_404(access.shipments_of(access.user_of(request)).select_related("brand"), id=shipment_id)
