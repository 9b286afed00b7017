"""Where the phone is, told by the page itself while the driver works; and how many may see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from driving.models import DriveLink, Kind, Outcome
from driving.services.links import NoSuchLink
from driving.views import entrance
from driving.views.entrance import OtherDevice
from tracking.links.limits import TooManyMisses
from tracking.live import audience, positions
from tracking.live.positions import TooFast
from tracking.rounds import protocols
from tracking.rounds.fixes import RawFix, Verdict
from tracking.rounds.spelling import Unreadable
from tracking.views.gps import FUTURE, LARGEST_BODY


# As for actions: another site's page has neither the token nor the cookie.
@csrf_exempt
@require_POST
async def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Take in where the phone was; 409 once sharing has ended, which the page is told and nobody else."""
    at = timezone.now()
    try:
        link, since = await sync_to_async(_find)(request, token, at=at)
    except (NoSuchLink, OtherDevice, TooManyMisses) as refusal:
        return entrance.refuse(request, refusal)
    if not link.shift.is_shared(at=at):
        return entrance.refuse_in_words(_why_not_shared(link), 409, is_shared=False)
    try:
        fixes = [fix for fix in _read(request, at=at) if fix.recorded_at >= since]
        verdicts = await positions.accept(link.shift.driver_id, fixes, at=at)
    except TooFast as haste:
        response = entrance.refuse_in_words(str(haste), 429)
        response["Retry-After"] = str(haste.retry_after_seconds)
        return response
    except Unreadable as mistake:
        return entrance.refuse_in_words(str(mistake), 422)
    watching = await sync_to_async(audience.count)(link.shift.driver_id)
    return JsonResponse({"is_shared": True, "watching": watching, **_judged(verdicts)})


def _find(request: HttpRequest, token: str, *, at: datetime) -> tuple[DriveLink, datetime]:
    """Find the link of a token, and since when its driver has been at work without a break: what was before is theirs.

    Raises ``NoSuchLink``, ``TooManyMisses``, and ``OtherDevice``.
    """
    link = entrance.find_here(request, token, at=at)
    resumed = link.actions.filter(kind=Kind.RESUME, outcome=Outcome.DONE)
    resumed_at = resumed.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    return link, resumed_at or link.shift.started_at or at


def _read(request: HttpRequest, *, at: datetime) -> list[RawFix]:
    """Read the fixes of a batch.

    Raises ``Unreadable`` where any of them cannot be read.
    """
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise Unreadable(_("This is more than a phone has to say."))
    fixes: list[RawFix] = []
    for item in protocols.read("POST", "", body, at=at).items:
        if not isinstance(item, RawFix):
            raise item
        fixes.append(item)
    return fixes


def _why_not_shared(link: DriveLink) -> str:
    if link.shift.is_working:
        return _("Sharing has ended for today. Nobody sees where you are.")
    return _("You are not at work. Nobody sees where you are.")


def _judged(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    refused = [index for index, verdict in enumerate(verdicts) if verdict is Verdict.REFUSED]
    return {"kept": len(verdicts) - len(refused), "errors": [{"index": index, "error": FUTURE} for index in refused]}
