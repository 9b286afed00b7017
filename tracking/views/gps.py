"""Positions in: one address a device, whatever it speaks, answered in the way it understands."""

from datetime import datetime
from typing import Any, Final

import orjson
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tracking.links import limits
from tracking.links.limits import TooManyMisses
from tracking.live import devices, positions
from tracking.live.devices import UnknownDevice
from tracking.live.positions import TooFast
from tracking.rounds import protocols
from tracking.rounds.fixes import RawFix, Verdict
from tracking.rounds.protocols import Protocol, Upload
from tracking.rounds.spelling import Unreadable
from tracking.views import entrance

LARGEST_BODY: Final = 256 * 1024
FUTURE: Final = "It was recorded more than 5 minutes in the future."


class TooLarge(Exception):
    """The body is larger than any device needs."""


@csrf_exempt
@require_http_methods(["GET", "POST"])
async def receive(request: HttpRequest, key: str) -> HttpResponse:
    """Take in what a device reports; its key is its secret, and a GET is how some of them post."""
    at = timezone.now()
    try:
        driver_id = await devices.driver_of(key)
        upload = protocols.read(request.method or "", request.META["QUERY_STRING"], _body(request), at=at)
        verdicts = await positions.accept(driver_id, upload.fixes, at=at)
    except UnknownDevice:
        return await _turn_away(request, at=at)
    except (Unreadable, TooLarge, TooFast) as reason:
        return _refuse(reason)
    return _answer(upload, verdicts)


def _body(request: HttpRequest) -> bytes:
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise TooLarge(f"The body is larger than {LARGEST_BODY // 1024} kB.")
    return body


async def _turn_away(request: HttpRequest, *, at: datetime) -> HttpResponse:
    """Answer a key that is not good, in the same way whether it never was or has been revoked."""
    try:
        await sync_to_async(limits.count_miss)(entrance.address_of(request), at=at)
    except TooManyMisses as haste:
        return _refuse(haste)
    return _json({"error": "There is no such address for positions."}, status=404)


def _refuse(reason: Exception) -> HttpResponse:
    """Say why nothing was kept, and when to try again where that would help."""
    if isinstance(reason, TooFast | TooManyMisses):
        response = _json({"error": f"Too many requests. {reason}"}, status=429)
        response["Retry-After"] = str(reason.retry_after_seconds)
        return response
    return _json({"error": str(reason)}, status=413 if isinstance(reason, TooLarge) else 400)


def _answer(upload: Upload, verdicts: list[Verdict]) -> HttpResponse:
    """Answer as the protocol has it: nothing, a list of nothing, or what is wrong with which item."""
    if upload.protocol is Protocol.OWN:
        return _answer_batch(upload, verdicts)
    if Verdict.REFUSED in verdicts:
        return _refuse(Unreadable(FUTURE))
    return HttpResponse(b"[]" if upload.protocol is Protocol.OWNTRACKS else b"", content_type="application/json")


def _answer_batch(upload: Upload, verdicts: list[Verdict]) -> HttpResponse:
    judged = iter(verdicts)
    mistakes = [
        {"index": index, "error": FUTURE if isinstance(item, RawFix) else str(item)}
        for index, item in enumerate(upload.items)
        if not isinstance(item, RawFix) or next(judged) is Verdict.REFUSED
    ]
    kept = len(upload.items) - len(mistakes)
    return _json({"kept": kept, "errors": mistakes}, status=400 if mistakes and not kept else 200)


def _json(told: dict[str, Any], *, status: int) -> HttpResponse:
    return HttpResponse(orjson.dumps(told), content_type="application/json", status=status)
