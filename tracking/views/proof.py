"""What was proved at the door: photos, signatures and names after the second factor, and a receipt to keep."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tracking import looks
from tracking.links.models import TrackingLink
from tracking.proof import showing
from tracking.proof.models import Proof
from tracking.proof.receipts import keys, sealing
from tracking.views import door, downloads, entrance, factor


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Show what there is to show of a delivery, or ask for the second factor; 404 where nothing was delivered."""
    shipment, opened = link.shipment, door.opened(request, link)
    delivered = showing.last_delivery(shipment.events.all())
    if delivered is None:
        raise Http404
    context: dict[str, Any] = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "shipment": shipment,
        "door": opened,
        "asked": factor.ask(link, filled=None, at=timezone.now()) if opened is None else None,
        "delivered": delivered,
        "proofs": delivered.proofs.all() if opened else [],
        "has_receipts": bool(keys.public()),
    }
    with timezone.override(shipment.zone):
        return render(request, "tracking/proof.html", context)


@require_safe
@entrance.with_link
def picture(request: HttpRequest, link: TrackingLink, key: str) -> HttpResponse:
    """Hand out a picture from this shipment's door, of its delivery or of an attempt."""
    if door.opened(request, link) is None:
        raise Http404
    return downloads.picture(get_object_or_404(Proof.objects.of(link.shipment).pictures(), key=key))


@require_safe
@entrance.with_link
def receipt(request: HttpRequest, link: TrackingLink, form: str) -> HttpResponse:
    """Hand out the signed receipt, as a paper (``pdf``) or as ``json``."""
    if door.opened(request, link) is None:
        raise Http404
    return downloads.receipt(link.shipment, form, at=timezone.now())


@require_safe
@cache_control(public=True, max_age=60 * 60)
def published(request: HttpRequest) -> HttpResponse:
    """Publish the key that receipts are checked with."""
    key = keys.public()
    known = [{"algorithm": "Ed25519", "public_key": key, "fingerprint": sealing.fingerprint(key)}] if key else []
    return JsonResponse({"format": sealing.FORMAT, "keys": known})
