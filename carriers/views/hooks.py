"""What partners send us. Only what is signed is believed, and it is kept before anybody reads it.

An address that is nobody's is answered as a wrong signature is: who guesses learns nothing.
"""

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from carriers.formats import registry
from carriers.formats.said import Forged, Payload
from carriers.models import Account, Via
from carriers.services import accounts, letters

LARGEST_BODY: Final = 1024 * 1024


@csrf_exempt
@require_POST
def receive(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep what a partner says, to be read as soon as it has its answer; the same again is answered in the same way."""
    at = timezone.now()
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return _refuse(f"The body is larger than {LARGEST_BODY // 1024} kB.", status=413)
    account = Account.objects.active().filter(slug=slug).first()
    if account is None or not _is_genuine(account, _payload(request, body), at=at):
        return _refuse("The signature is missing or wrong.", status=403)
    letters.store(account, body, via=Via.WEBHOOK, at=at)
    return HttpResponse(status=200)


def _payload(request: HttpRequest, body: bytes) -> Payload:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Payload(body, headers=headers, query=request.GET.dict())


def _is_genuine(account: Account, payload: Payload, *, at: datetime) -> bool:
    """Say whether an account's partner has signed this; one whose format has no signatures has signed nothing."""
    signed = registry.SIGNED.get(account.format)
    try:
        if signed is not None:
            signed.require_genuine(payload, secrets=accounts.secrets_of(account, at=at), at=at)
    except Forged:
        return False
    return signed is not None


def _refuse(reason: str, *, status: int) -> HttpResponse:
    return JsonResponse({"error": reason}, status=status)
