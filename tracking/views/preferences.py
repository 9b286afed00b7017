"""Wishes for all deliveries of a brand to one recipient, proved by a code to the address in the order."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tracking import looks
from tracking.changes import preferences, rules
from tracking.changes.models import Action, Preference
from tracking.changes.preferences import Nobody
from tracking.forms import CodeRequestForm, WishForm
from tracking.links import services as links
from tracking.links.codes import TooManyCodes
from tracking.links.models import TrackingLink
from tracking.links.services import TooManyTries
from tracking.views import door, entrance, factor
from tracking.words import codes, options


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Show what is wished for, to who has shown the second factor, and how to wish."""
    return _page(request, link)


@require_POST
@entrance.with_link
def request_code(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Send a code to the address in the order; 429 after too many, 403 without the second factor."""
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    form = CodeRequestForm(request.POST)
    try:
        links.request_code(link, at=timezone.now())
    except TooManyCodes as refusal:
        form.add_error(None, codes.too_many(refusal.retry_after_seconds))
        response = _page(request, link, requested=form, status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(refusal.retry_after_seconds)
        return response
    return redirect("tracking:preferences", link.token)


@require_POST
@entrance.with_link
def wish(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Keep a wish; 422 with the page where it or the code is wrong, 429 after too many tries."""
    form = WishForm(request.POST)
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    if not form.is_valid():
        return _page(request, link, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    at = timezone.now()
    try:
        is_right = links.unlock_by_code(link, code=form.cleaned_data["code"], at=at)
        if is_right:
            for action, details in form.wishes().items():
                preferences.wish(link.shipment, action, details, at=at)
    except TooManyTries:
        form.add_error("code", _("Too many tries. Please wait an hour and try again."))
        return _page(request, link, form=form, status=HTTPStatus.TOO_MANY_REQUESTS)
    except Nobody:
        is_right = False
    if not is_right:
        form.add_error("code", codes.wrong())
        return _page(request, link, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    preferences.apply(link.shipment, at=at)
    messages.success(request, _("We will do so with all your deliveries."))
    return redirect("tracking:preferences", link.token)


@require_POST
@entrance.with_link
def forget(request: HttpRequest, link: TrackingLink, action: str) -> HttpResponse:
    """Delete a wish; twice is harmless, 403 without the second factor."""
    if action not in rules.STANDING:
        raise Http404
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    preferences.forget(link.shipment, Action(action))
    return redirect("tracking:preferences", link.token)


def _page(
    request: HttpRequest,
    link: TrackingLink,
    *,
    form: WishForm | None = None,
    requested: CodeRequestForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    at, shipment, opened = timezone.now(), link.shipment, door.opened(request, link)
    now = at.astimezone(shipment.zone)
    awaited = links.awaited_code(link, at=at) if opened else None
    context: dict[str, Any] = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "door": opened,
        "asked": factor.ask(link, filled=None, at=at) if opened is None else None,
        "wishes": [_told(wish, now=now) for wish in preferences.of(shipment)] if opened else [],
        "form": form or (WishForm() if awaited else None),
        "requested": requested or CodeRequestForm(),
        "told": codes.sent(shipment, awaited) if awaited else codes.offer(),
    }
    return render(request, "tracking/preferences.html", context, status=status)


def _told(wish: Preference, *, now: datetime) -> dict[str, str]:
    title, text = options.title(Action(wish.action)), options.answer(wish.details, now=now)
    return {"action": wish.action, "title": title, "text": text}
