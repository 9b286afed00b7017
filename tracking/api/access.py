"""Who asks: a key in the header ``Authorization: Bearer …``, what it may do, and how often."""

from http import HTTPStatus
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from tracking.api.problems import Problem
from tracking.keys import lately, pace
from tracking.keys import services as keys
from tracking.keys.models import ApiKey, Scope
from tracking.keys.services import UnknownKey
from tracking.links import limits
from tracking.links.limits import TooManyMisses
from tracking.shipments.models import Brand
from tracking.views import entrance

UNKNOWN: Final = "This takes an API key, in the header Authorization: Bearer <key>."


class _Bearer(HttpBearer):
    """Reads the key off a request; one that shows none is asked for it too. ``scope`` is what it must be good for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        return self.authenticate(request, secret_of(request))


class Bearer(_Bearer):
    """Lets a request in whose key may do a thing; the request then has the key as ``auth``."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        at = timezone.now()
        try:
            key = keys.find(_required(token), at=at)
        except UnknownKey as error:
            raise _turn_away(request) from error
        return _admit(key, self.scope, wait=pace.spend(key.id, most=settings.API_REQUESTS_A_MINUTE, at=at))


class AsyncBearer(_Bearer):
    """The same, for what is answered on the event loop: a key that was shown a moment ago is not read again."""

    async def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        at = timezone.now()
        try:
            key = await lately.find(_required(token), at=at)
        except UnknownKey as error:
            raise await sync_to_async(_turn_away, thread_sensitive=False)(request) from error
        wait = await pace.spend_on_a_loop(key.id, most=settings.API_REQUESTS_A_MINUTE, at=at)
        return _admit(key, self.scope, wait=wait)


class Keyed(HttpRequest):
    """A request that was let in by a key."""

    auth: ApiKey


def secret_of(request: HttpRequest) -> str:
    """Read the secret that a request shows; empty where it shows none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def brand_of(request: Keyed, slug: str) -> Brand:
    """Give the brand that a request is about: that of its key, or the one it names where the key is for all.

    Raises ``Problem`` where it names another's, one that is not there, or none where the key has none either.
    """
    key = request.auth
    if key.brand is not None and slug in {"", key.brand.slug}:
        return key.brand
    if not key.is_for_all:
        raise Problem(HTTPStatus.FORBIDDEN, "This key is for another brand.")
    try:
        return Brand.objects.get(slug=slug)
    except Brand.DoesNotExist as error:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "There is no such brand; this key is for all of them, so name one."
        ) from error


def _required(secret: str) -> str:
    """Give the secret that was shown.

    Raises ``Problem`` where none was.
    """
    if not secret:
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN)
    return secret


def _admit(key: ApiKey, scope: Scope, *, wait: int) -> ApiKey:
    """Let a key in that may do a thing, and need not wait.

    Raises ``Problem`` where it may not.
    """
    if wait:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "This key asks too often.", retry_after=wait)
    if not key.may(scope):
        raise Problem(HTTPStatus.FORBIDDEN, f"This key may not do that; it takes the scope {scope}.")
    return key


def _turn_away(request: HttpRequest) -> Problem:
    """Refuse whoever shows a key that is not good; guessing too often from one address has an end."""
    try:
        limits.count_miss(entrance.address_of(request), at=timezone.now(), limit=limits.BY_KEY)
    except TooManyMisses as haste:
        detail = "Too many requests without a good key came from your address."
        return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, retry_after=haste.retry_after_seconds)
    return Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN)
