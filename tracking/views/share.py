"""Letting somebody else know when it comes: links for a neighbour or concierge, listed and revoked by the shopper.

Behind the second factor, since the PIN is on what is shared. What a shared link shows is the window and the PIN; whose
parcel it is, from whom and where to, it does not say.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tracking import facts, looks
from tracking.forms import ShareForm
from tracking.links import limits, sharing
from tracking.links.limits import TooManyMisses
from tracking.links.models import TrackingLink
from tracking.links.services import NoSuchLink
from tracking.links.sharing import TooMany
from tracking.proof import pins
from tracking.views import door, entrance, factor
from tracking.words import options, times


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """List who else may know, and offer to let another one."""
    return _page(request, link)


@require_POST
@entrance.with_link
def share(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Make a link; 422 with the page where it cannot be, 403 without the second factor."""
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    form = ShareForm(request.POST)
    if not form.is_valid():
        return _page(request, link, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    days = timedelta(days=form.cleaned_data["days"])
    try:
        sharing.share(link, name=form.cleaned_data["name"], lasts=days, at=timezone.now())
    except TooMany:
        form.add_error(None, _("Five people know already. Take one of the links back first."))
        return _page(request, link, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("tracking:share", link.token)


@require_POST
@entrance.with_link
def revoke(request: HttpRequest, link: TrackingLink, shared: str) -> HttpResponse:
    """Take a link back; twice is harmless, 403 without the second factor."""
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    sharing.revoke(link.shipment, shared, at=timezone.now())
    return redirect("tracking:share", link.token)


@require_safe
@entrance.private
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show somebody else the window and the PIN; 404 where the link is no longer good, 429 to guessing."""
    at = timezone.now()
    try:
        found = sharing.find(token, at=at)
    except NoSuchLink:
        return _missed(request)
    shipment = found.link.shipment
    told, now = facts.told_window(shipment, at=at), at.astimezone(shipment.zone)
    context = {
        "window": options.expected(told, now=now) if told else "",
        "zone": times.zone(shipment.timezone),
        "pin": pins.shown(shipment, at=at),
    }
    return render(request, "tracking/shared.html", context)


def _missed(request: HttpRequest) -> HttpResponse:
    try:
        limits.count_miss(entrance.address_of(request), at=timezone.now())
    except TooManyMisses as refusal:
        return entrance.too_many(request, refusal)
    return render(request, "404.html", status=HTTPStatus.NOT_FOUND)


def _page(
    request: HttpRequest, link: TrackingLink, *, form: ShareForm | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    at, opened = timezone.now(), door.opened(request, link)
    good = sharing.list_good(link.shipment, at=at) if opened else []
    now = at.astimezone(link.shipment.zone)
    context: dict[str, Any] = {
        "token": link.token,
        "brand": link.shipment.brand.name,
        "look": looks.of(link.shipment.brand),
        "door": opened,
        "asked": factor.ask(link, filled=None, at=at) if opened is None else None,
        "form": form or ShareForm(),
        "shared": [
            {
                "token": each.token,
                "name": each.name,
                "address": settings.BASE_URL + reverse("tracking:shared", args=[each.token]),
                "until": options.until(each.expires_at, now=now),
            }
            for each in good
        ],
    }
    return render(request, "tracking/share.html", context, status=status)
