"""The page's facts in three plainer forms (CONTRACT, Addresses): JSON for programs, text for curl and a calendar.

Each is made from the same facts as the page, carries an ``ETag`` of what it says, and answers a wrong or an expired
token with the same 404 as the page does, in its own form. No cache may keep it; whoever asks again and again keeps the
``ETag`` and sends it along.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from tracking import facts
from tracking.facts import Facts
from tracking.links.limits import TooManyMisses
from tracking.links.models import TrackingLink
from tracking.links.services import NoSuchLink
from tracking.live import positions
from tracking.views import entrance
from tracking.words import calendar, plain_text


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write facts down, and to say that there are none."""

    content_type: str
    tell: Callable[[TrackingLink, Facts, datetime], str | bytes]
    refusal_content_type: str
    refuse: Callable[[int, str, str], str]


@require_safe
@entrance.private
def page_json(request: HttpRequest, token: str) -> HttpResponse:
    """Say it to a program."""
    return _answer(request, token, JSON)


@require_safe
@entrance.private
def page_text(request: HttpRequest, token: str) -> HttpResponse:
    """Say it in plain lines, to a terminal or a screen reader."""
    return _answer(request, token, TEXT)


@require_safe
@entrance.private
def page_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Say it to a calendar."""
    response = _answer(request, token, CALENDAR)
    response["Content-Disposition"] = 'inline; filename="delivery.ics"'
    return response


def _answer(request: HttpRequest, token: str, form: Form) -> HttpResponse:
    at = timezone.now()
    try:
        link = entrance.find(request, token, at=at)
    except NoSuchLink:
        return _refuse(form, 404, _("No such delivery"), _("This link opens no delivery. It may be old or mistyped."))
    except TooManyMisses as refusal:
        return _ask_to_wait(form, refusal.retry_after_seconds)
    known = facts.gather(link.shipment, fix=positions.last_fix_for(link.shipment), at=at)
    told = form.tell(link, known, at)
    response = HttpResponse(told, content_type=form.content_type)
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _ask_to_wait(form: Form, seconds: int) -> HttpResponse:
    detail = ngettext(
        "Too many wrong links came from your address. Try again in %(seconds)d second.",
        "Too many wrong links came from your address. Try again in %(seconds)d seconds.",
        seconds,
    )
    response = _refuse(form, 429, _("Too many wrong links"), detail % {"seconds": seconds})
    response["Retry-After"] = str(seconds)
    return response


def _refuse(form: Form, status: int, title: str, detail: str) -> HttpResponse:
    body = form.refuse(status, title, detail)
    return HttpResponse(body, status=status, content_type=form.refusal_content_type)


def _tell_json(link: TrackingLink, known: Facts, at: datetime) -> str:
    return json.dumps(facts.as_json(known), ensure_ascii=False, allow_nan=False)


def _tell_text(link: TrackingLink, known: Facts, at: datetime) -> str:
    return plain_text.write(known, brand=link.shipment.brand.name, now=at.astimezone(link.shipment.zone))


def _tell_calendar(link: TrackingLink, known: Facts, at: datetime) -> bytes:
    address = settings.BASE_URL + reverse("tracking:page", args=[link.token])
    return calendar.write(known, brand=link.shipment.brand.name, address=address, zone=link.shipment.zone)


def _problem(status: int, title: str, detail: str) -> str:
    """Write an RFC 9457 problem."""
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return json.dumps(problem, ensure_ascii=False)


def _line(status: int, title: str, detail: str) -> str:
    return f"{title}. {detail}\n"


PLAIN: Final = "text/plain; charset=utf-8"
JSON: Final = Form("application/json", _tell_json, "application/problem+json", _problem)
TEXT: Final = Form(PLAIN, _tell_text, PLAIN, _line)
CALENDAR: Final = Form("text/calendar; charset=utf-8", _tell_calendar, PLAIN, _line)
