"""Twilio's callbacks: what became of our messages, and what shoppers write. Only what is signed is believed.

Twilio signs the address that it was told to call, so that is what we check: ``BASE_URL`` and the path, never the name
by which a proxy asked for us.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from notifications import gateways
from notifications.services import replies, reports
from notifications.services.reports import UnknownNotification
from notifications.triggers import Channel

LARGEST_BODY: Final = 64 * 1024
NOTHING_TO_SAY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Answers go out as messages of their own, from the outbox."""

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_SID: Final = re.compile(r"[A-Za-z0-9]{2,64}")
_SENDER: Final = re.compile(r"(whatsapp:)?(\+?[\w .&-]{1,19})")
_CODE: Final = re.compile(r"[0-9]{0,10}")

Hook = Callable[[HttpRequest, QueryDict], HttpResponse]


def _signed(hook: Hook) -> Callable[[HttpRequest], HttpResponse]:
    """Let a hook have the form that was posted, if it is one of Twilio's."""

    @csrf_exempt
    @require_POST
    @wraps(hook)
    def guarded(request: HttpRequest) -> HttpResponse:
        body = request.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            return _refuse(f"The body is larger than {LARGEST_BODY // 1024} kB.", status=413)
        form = QueryDict(body, encoding="utf-8")
        if not _is_signed(request, form):
            return _refuse("The signature is missing or wrong.", status=403)
        return hook(request, form)

    return guarded


@_signed
def status(request: HttpRequest, form: QueryDict) -> HttpResponse:
    """Take in what became of a message; which one it is stands in the address that we gave with it."""
    notification, sid = request.GET.get("notification", ""), form.get("MessageSid", "")
    code = form.get("ErrorCode", "")
    if not (_NUMBER.fullmatch(notification) and _SID.fullmatch(sid) and _CODE.fullmatch(code)):
        return _refuse("This takes ?notification= and a form with MessageSid, MessageStatus and ErrorCode.", status=400)
    told = form.get("MessageStatus", "")
    try:
        reports.report(int(notification), provider_id=sid, status=told, error_code=code, at=timezone.now())
    except UnknownNotification:
        return _refuse("There is no such message.", status=404)
    return HttpResponse(status=204)


@_signed
def inbound(request: HttpRequest, form: QueryDict) -> HttpResponse:
    """Take in what somebody writes to us."""
    sid, sender = form.get("MessageSid", ""), _SENDER.fullmatch(form.get("From", ""))
    if not (_SID.fullmatch(sid) and sender):
        return _refuse("This takes a form with MessageSid, From and Body.", status=400)
    channel = Channel.WHATSAPP if sender[1] else Channel.SMS
    replies.receive(provider_id=sid, channel=channel, sender=sender[2], body=form.get("Body", ""), at=timezone.now())
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")


def _is_signed(request: HttpRequest, form: QueryDict) -> bool:
    """Say whether any of our accounts has signed this form for this address; without a token none has."""
    signature = request.headers.get("X-Twilio-Signature", "")
    query = request.META["QUERY_STRING"]
    address = f"{settings.BASE_URL}{request.path}" + (f"?{query}" if query else "")
    tokens = [account.token for account in gateways.accounts()]
    return any(RequestValidator(token).validate(address, form, signature) for token in tokens)


def _refuse(reason: str, *, status: int) -> HttpResponse:
    return JsonResponse({"error": reason}, status=status)
