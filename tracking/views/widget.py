"""A delivery on a page of its shop: the script that the shop names, and the frame that the script makes.

The frame says what the page says first and no more: no address, no PIN, no position. It takes no cookie and gives none,
so that nothing in it depends on who looks. Only the origins that its brand has named may frame it; every other page of
ours stays out of frames (docs/decisions/0145).
"""

from http import HTTPStatus
from typing import Final

from csp.constants import HEADER
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from tracking import facts, looks
from tracking.links.models import TrackingLink
from tracking.views import entrance, page, workers
from tracking.words import whereabouts

SCRIPT: Final = "js/widget.js"


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Answer with the script that shops name; it may be kept for an hour, so that a mended one gets round."""
    response = workers.serve(SCRIPT)
    response["Cache-Control"] = "public, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Say where the parcel is and when it comes, in a frame; 404 where the brand has named nobody who may frame it."""
    if not link.shipment.brand.widget_origins:
        told = _("This shop shows no deliveries on its own pages.")
        return HttpResponse(f"{told}\n", status=HTTPStatus.NOT_FOUND, content_type="text/plain; charset=utf-8")
    return _framed(request, link)


@xframe_options_exempt
def _framed(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    shipment, at = link.shipment, timezone.now()
    known = facts.gather(shipment, fix=None, at=at)
    context = {
        "token": link.token,
        "look": looks.of(shipment.brand),
        "shops": shipment.brand.widget_origins,
        "phrases": whereabouts.phrases(None),
        **page.sentences(shipment, known, [], now=at.astimezone(shipment.zone)),
    }
    response = render(request, "tracking/widget.html", context)
    response[HEADER] = build_policy(replace={"frame-ancestors": shipment.brand.widget_origins})
    return response
