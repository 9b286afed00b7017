"""What partners send us. Only what is signed is believed, and it is kept before anybody reads it.

An address that is nobody's is answered as a wrong signature is: who guesses learns nothing. What comes at once is
looked at and kept together (decision 0162).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from carriers.formats import registry
from carriers.formats.said import Forged, Payload
from carriers.models import Account, Via
from carriers.services import accounts, letters
from tracking.batches import Batches

LARGEST_BODY: Final = 1024 * 1024
MOST_AT_ONCE: Final = 64
GATHERS_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Arrived:
    """What somebody sent to the address of the account ``slug``."""

    slug: str
    payload: Payload


@csrf_exempt
@require_POST
async def receive(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep what a partner says, to be read as soon as it has its answer; the same again is answered in the same way."""
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return _refuse(f"The body is larger than {LARGEST_BODY // 1024} kB.", status=413)
    if not await _arrivals.ask(Arrived(slug, _payload(request, body))):
        return _refuse("The signature is missing or wrong.", status=403)
    return HttpResponse(status=200)


def _payload(request: HttpRequest, body: bytes) -> Payload:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Payload(body, headers=headers, query=request.GET.dict())


def _take_in(arrived: Sequence[Arrived]) -> list[bool]:
    """Keep what its partner has signed, and say of each whether it was kept. Two queries, however many these are."""
    at = timezone.now()
    known = {account.slug: account for account in Account.objects.active().filter(slug__in={a.slug for a in arrived})}
    secrets = {slug: accounts.secrets_of(account, at=at) for slug, account in known.items()}
    are_genuine = [
        a.slug in known and _is_genuine(known[a.slug], a.payload, secrets=secrets[a.slug], at=at) for a in arrived
    ]
    genuine = [a for a, is_genuine in zip(arrived, are_genuine, strict=True) if is_genuine]
    letters.store_all([(known[a.slug], a.payload.body) for a in genuine], via=Via.WEBHOOK, at=at)
    return are_genuine


def _is_genuine(account: Account, payload: Payload, *, secrets: Sequence[str], at: datetime) -> bool:
    """Say whether an account's partner has signed this; one whose format has no signatures has signed nothing."""
    signed = registry.SIGNED.get(account.format)
    try:
        if signed is not None:
            signed.require_genuine(payload, secrets=secrets, at=at)
    except Forged:
        return False
    return signed is not None


def _refuse(reason: str, *, status: int) -> HttpResponse:
    return JsonResponse({"error": reason}, status=status)


_arrivals: Final = Batches[Arrived, bool](
    database_sync_to_async(_take_in), most=MOST_AT_ONCE, gathers_seconds=GATHERS_SECONDS
)
