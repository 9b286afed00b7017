"""What was done, told by a phone: one thing as a form, one or many as JSON; each is answered by itself."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from driving import words
from driving.forms import ActionForm
from driving.models import DriveLink, DriverAction, Outcome
from driving.services import actions
from driving.services.actions import KeyTaken, Revoked
from driving.services.carrying_out import NotYours
from driving.views import entrance
from tracking import pictures

LARGEST_BODY: Final = 2 * pictures.LARGEST_BYTES + 1024 * 1024
"""Two pictures, each as large as one may be, and what is said beside them."""

MOST_AT_ONCE: Final = 100

Answer = tuple[dict[str, Any], HTTPStatus]


class Unreadable(Exception):
    """What was sent is nothing that this address understands."""


# The token in the address is a secret that another site's page does not have, and the cookie stays at home (SameSite).
@csrf_exempt
@require_POST
@entrance.with_former_device
def receive(request: HttpRequest, link: DriveLink) -> HttpResponse:
    """Take in what the driver did; 413 for more than a phone has to say, 422 for what cannot be read."""
    if _length(request) > LARGEST_BODY:
        return entrance.refuse_in_words(_("This is more than we take at once. Please send a smaller photo."), 413)
    at = timezone.now()
    try:
        if request.content_type == "application/json":
            return _receive_json(request, link, at=at)
        answer, status = _take(link, ActionForm(request.POST, request.FILES), at=at)
    except RequestDataTooBig:
        return entrance.refuse_in_words(_("This is more than we take at once. Please send a smaller photo."), 413)
    except (Unreadable, MultiPartParserError, TooManyFieldsSent):
        return entrance.refuse_in_words(_("This cannot be read."), 422)
    if entrance.wants_page(request):
        level = messages.SUCCESS if answer.get("outcome") == Outcome.DONE else messages.WARNING
        messages.add_message(request, level, answer.get("told") or answer["error"])
        return redirect("driving:page", link.token)
    return _json(answer, status)


def _length(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isdecimal() else 0


def _receive_json(request: HttpRequest, link: DriveLink, *, at: datetime) -> HttpResponse:
    try:
        sent = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Unreadable from error
    if not isinstance(sent, dict):
        raise Unreadable
    if "actions" not in sent:
        return _json(*_take(link, ActionForm(sent), at=at))
    items = sent["actions"]
    if not isinstance(items, list) or len(items) > MOST_AT_ONCE or not all(isinstance(item, dict) for item in items):
        raise Unreadable
    shared = {"sent_at": sent.get("sent_at")}
    answers = [_take(link, ActionForm({**shared, **item}), at=at)[0] for item in items]
    return _json({"actions": answers}, HTTPStatus.OK)


def _take(link: DriveLink, form: ActionForm, *, at: datetime) -> Answer:
    """Take one action in, and answer it."""
    key = {"key": str(form.data.get("key", ""))[:36]}
    if not form.is_valid():
        return {**key, "error": _first_mistake(form)}, HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        action = actions.take(link, form.said(at=at), at=at)
    except KeyTaken:
        return {**key, "error": _("This was sent before and said something else.")}, HTTPStatus.CONFLICT
    except Revoked:
        told = _("Your link was revoked before that. Please tell your dispatcher what you did.")
        return {**key, "error": told}, HTTPStatus.CONFLICT
    except NotYours:
        return {**key, "error": _("This delivery is not on your route.")}, HTTPStatus.NOT_FOUND
    return _tell(action), HTTPStatus.OK


def _tell(action: DriverAction) -> dict[str, Any]:
    return {
        "key": str(action.key),
        "outcome": action.outcome,
        "flags": action.flags,
        "told": words.tell(action),
        "occurred_at": action.occurred_at.isoformat(),
    }


def _first_mistake(form: ActionForm) -> str:
    field, mistakes = next(iter(form.errors.items()))
    return f"{field}: {mistakes[0]}"


def _json(told: Mapping[str, Any], status: int) -> JsonResponse:
    return JsonResponse(dict(told), status=status, json_dumps_params={"ensure_ascii": False})
