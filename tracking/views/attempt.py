"""The last attempt at a door: what speaks for it, and the shopper's word against it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tracking import looks
from tracking.links.models import TrackingLink
from tracking.proof import services, showing
from tracking.proof.models import Evidence
from tracking.proof.services import NothingToDispute
from tracking.views import door, entrance, factor
from tracking.words import evidence


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Show how near somebody came and for how long, the photo after the second factor; 404 where nobody tried."""
    shipment, at = link.shipment, timezone.now()
    event = showing.last_attempt(shipment, shipment.events.all())
    if event is None:
        raise Http404
    known, opened = Evidence.objects.filter(event=event).first(), door.opened(request, link)
    photos = list(event.proofs.pictures())
    context: dict[str, Any] = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "event": event,
        "evidence": known,
        "told": evidence.tell(known),
        "photos": photos,
        "door": opened,
        "asked": factor.ask(link, filled=None, at=at) if photos and opened is None else None,
        "is_disputed": known is not None and known.disputed_at is not None,
    }
    with timezone.override(shipment.zone):
        return render(request, "tracking/attempt.html", context)


@require_POST
@entrance.with_link
def dispute(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Take the shopper's word that nobody was there; twice is as good as once."""
    try:
        services.dispute(link.shipment, at=timezone.now())
    except NothingToDispute:
        return redirect("tracking:page", link.token)
    messages.success(request, _("Thank you for telling us. We look into it."))
    return redirect("tracking:attempt", link.token)
