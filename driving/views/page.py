"""The page itself, and the tap by which a phone becomes the one that drives."""

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from driving import sheet
from driving.forms import HANDOVERS
from driving.models import REASONS, DriveLink
from driving.services import links
from driving.services.links import InUse
from driving.views import entrance
from driving.views.entrance import OtherDevice
from tracking.live import audience
from tracking.shipments.models import Shipment
from tracking.views import downloads


class Keys:
    """Names for what will be done: each form asks for one of its own."""

    def fresh(self) -> UUID:
        return uuid4()


@require_safe
@entrance.with_former_link
def page(request: HttpRequest, link: DriveLink) -> HttpResponse:
    """Show the shift to its device; offer any other to become that, while none is.

    Once it is revoked, its device hands in here what it did before, and sees nothing else.
    """
    if link.revoked_at is not None:
        return render(request, "driving/revoked.html", {"link": link, "phone": settings.DISPATCH_PHONE}, status=404)
    if entrance.is_here(request, link):
        return _show(request, link)
    if link.is_bound:
        return entrance.refuse(request, OtherDevice())
    return render(request, "driving/begin.html", {"link": link, "driver": link.shift.driver})


@require_POST
@entrance.with_link
def begin_here(request: HttpRequest, link: DriveLink) -> HttpResponse:
    """Let this phone be the one that drives; 403 where another was first."""
    if not entrance.is_here(request, link):
        try:
            key = links.bind(link, at=timezone.now())
        except InUse:
            return entrance.refuse(request, OtherDevice())
        response = redirect("driving:page", link.token)
        entrance.keep_here(response, link, key)
        return response
    return redirect("driving:page", link.token)


@require_safe
@entrance.with_device
def place(request: HttpRequest, link: DriveLink, shipment_id: int) -> HttpResponse:
    """Show the picture of a safe place to whose shift the shipment is of; 404 to anybody else."""
    return downloads.hint(get_object_or_404(Shipment, id=shipment_id, stop__route__shift=link.shift_id))


def _show(request: HttpRequest, link: DriveLink) -> HttpResponse:
    shift, at = link.shift, timezone.now()
    context: dict[str, Any] = {
        "link": link,
        "driver": shift.driver,
        "phone": settings.DISPATCH_PHONE,
        "is_shared": shift.is_shared(at=at),
        "watching": audience.count(shift.driver_id) if shift.is_shared(at=at) else 0,
        "sheet": sheet.gather(link),
        "handovers": HANDOVERS,
        "reasons": REASONS,
        "keys": Keys(),
    }
    return render(request, "driving/page.html", context)
