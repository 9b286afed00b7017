"""The only writer of API keys and of what was answered to them."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import transaction

from tracking.keys.models import OF_THE_FLEET, Answer, ApiKey, Scope
from tracking.shipments.models import Brand

BEGINS_WITH: Final = "door_"
SHOWN: Final = 9
USE_IS_NOTED_EVERY: Final = timedelta(minutes=1)
ANSWERS_LAST: Final = timedelta(hours=24)


class UnknownKey(Exception):
    """No key with this secret is good now; nobody learns whether one ever was."""


class NotForABrand(Exception):
    """A key of one brand was to see what belongs to all."""


class OtherRequest(Exception):
    """This name was given to another request."""


class Named(NamedTuple):
    """A request that was given a name: what it is by its fingerprint, and the secret that it showed."""

    name: str
    fingerprint: str
    secret: str


def digest(secret: str) -> str:
    """Digest a secret. It has 256 random bits, which no dictionary holds, so that one round is enough."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def issue(
    name: str,
    *,
    scopes: Collection[Scope],
    brand: Brand | None,
    is_for_all: bool,
    at: datetime,
    by: User | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; gives it and its secret, which nobody can be shown again.

    Raises ``NotForABrand`` where a brand's key is to do what belongs to the fleet.
    """
    if not is_for_all and OF_THE_FLEET & set(scopes):
        raise NotForABrand
    secret = BEGINS_WITH + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        brand=brand,
        is_for_all=is_for_all,
        digest=digest(secret),
        begins=secret[:SHOWN],
        scopes=sorted(scopes),
        created_at=at,
        created_by=by,
    )
    return key, secret


def find(secret: str, *, at: datetime) -> ApiKey:
    """Find the key of a secret, and note, not too often, that it was used. One query as a rule.

    Raises ``UnknownKey``.
    """
    try:
        key = ApiKey.objects.live().select_related("brand").get(digest=digest(secret))
    except ApiKey.DoesNotExist as error:
        raise UnknownKey from error
    if key.used_at is None or at - key.used_at >= USE_IS_NOTED_EVERY:
        ApiKey.objects.filter(id=key.id).update(used_at=at)
    return key


def revoke(key: ApiKey, *, at: datetime) -> None:
    """Close a key for good. Twice is harmless."""
    ApiKey.objects.live().filter(id=key.id).update(revoked_at=at)


@transaction.atomic
def answer_once(
    key: ApiKey, request: Named, *, at: datetime, answer: Callable[[], tuple[int, str]]
) -> tuple[int, str, bool]:
    """Answer a request once under the name it was given; gives status, body, and whether they were said before.

    What was said may hold secrets and an address: it is kept sealed under the key's own secret, which is kept nowhere.
    What ``answer`` does and what it says are one transaction: who asks at the same moment waits, who was cut off may
    ask again, and where it raises, nothing has happened and the name is free.

    Raises ``OtherRequest`` where the name was given to another request.
    """
    kept, is_new = Answer.objects.get_or_create(
        key=key, name=request.name, defaults={"fingerprint": request.fingerprint, "asked_at": at}
    )
    if kept.fingerprint != request.fingerprint:
        raise OtherRequest
    seal = Fernet(urlsafe_b64encode(hmac.digest(request.secret.encode(), b"answers", "sha256")))
    if not is_new:
        return kept.status, seal.decrypt(kept.body).decode(), True
    kept.status, body = answer()
    kept.body = seal.encrypt(body.encode()).decode()
    kept.save(update_fields=["status", "body"])
    return kept.status, body, False


def forget_answers(*, at: datetime) -> int:
    """Delete the answers that nobody can ask for again; gives how many."""
    return Answer.objects.filter(asked_at__lt=at - ANSWERS_LAST).delete()[0]
