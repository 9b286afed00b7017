"""Addresses that hear of news: registered, paused, resumed, given another secret, disabled."""

import base64
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from notifications import destinations, sealing
from notifications.models import Delivery, News, Webhook, WebhookState
from notifications.services.webhooks import news
from tracking.models import Brand

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
FORMER_LASTS: Final = timedelta(hours=24)
"""For as long as this, news is signed with the secret before too."""


def register(url: str, *, brand: Brand | None, kinds: Collection[News], at: datetime) -> tuple[Webhook, str]:
    """Have an address hear of news from now on; gives it, and the secret to check the signatures with.

    Raises ``destinations.BadDestination``.
    """
    secret = _make_secret()
    webhook = Webhook.objects.create(
        url=destinations.require_readable(url),
        brand=brand,
        kinds=sorted(kinds),
        secret=sealing.seal(secret),
        created_at=at,
    )
    return webhook, secret


def pause(webhook: Webhook) -> bool:
    """Let news wait. Says whether anything changed."""
    return _move(webhook, WebhookState.ACTIVE, WebhookState.PAUSED)


def resume(webhook: Webhook) -> bool:
    """Let news go on, what has waited first; a disabled address comes back too. Says whether anything changed."""
    is_back = _move(webhook, WebhookState.PAUSED, WebhookState.ACTIVE)
    return is_back or _move(webhook, WebhookState.DISABLED, WebhookState.ACTIVE)


def disable(webhook: Webhook, *, why: str) -> bool:
    """Tell an address nothing any more. Says whether anything changed."""
    return _move(webhook, WebhookState.ACTIVE, WebhookState.DISABLED, why=why) or _move(
        webhook, WebhookState.PAUSED, WebhookState.DISABLED, why=why
    )


@transaction.atomic
def rotate(webhook: Webhook, *, at: datetime) -> str:
    """Give an address another secret; for a day news is signed with the one before too."""
    webhook = Webhook.objects.select_for_update().get(id=webhook.id)
    secret = _make_secret()
    webhook.former_secret, webhook.former_until = webhook.secret, at + FORMER_LASTS
    webhook.secret = sealing.seal(secret)
    webhook.save(update_fields=["secret", "former_secret", "former_until"])
    return secret


def secrets_of(webhook: Webhook, *, at: datetime) -> list[str]:
    """Give the secrets to sign with, the newest first; the one before only where its seal can be opened.

    Raises ``sealing.BrokenSeal`` where that of the newest cannot.
    """
    found = [sealing.unseal(webhook.secret)]
    if webhook.former_until and webhook.former_until > at:
        with suppress(sealing.BrokenSeal):
            found.append(sealing.unseal(webhook.former_secret))
    return found


def test(webhook: Webhook, *, at: datetime) -> Delivery:
    """Send an address something that it can try itself out with."""
    return news.write_test(webhook, at=at)


def _move(webhook: Webhook, before: WebhookState, after: WebhookState, *, why: str = "") -> bool:
    return bool(Webhook.objects.filter(id=webhook.id, state=before).update(state=after, why=why))


def _make_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
