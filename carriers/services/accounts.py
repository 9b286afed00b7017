"""Accounts with partners: their secrets, which are sealed and told once at most."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from carriers.models import Account
from notifications import sealing

FORMER_LASTS: Final = timedelta(hours=24)
"""For as long as this, what is signed with the secret before is believed too."""

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def make_secret() -> str:
    """Make a signing secret, spelled as Standard Webhooks has it; others take it as any other text."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@transaction.atomic
def set_secret(account: Account, secret: str, *, at: datetime) -> None:
    """Give an account another signing secret; for a day the one before counts too."""
    locked = Account.objects.select_for_update().get(id=account.id)
    if locked.secret:
        locked.former_secret, locked.former_until = locked.secret, at + FORMER_LASTS
    locked.secret = sealing.seal(secret)
    locked.save(update_fields=["secret", "former_secret", "former_until"])


def set_api_key(account: Account, key: str) -> None:
    """Give an account another key to the partner's API."""
    Account.objects.filter(id=account.id).update(api_key=sealing.seal(key))


def secrets_of(account: Account, *, at: datetime) -> list[str]:
    """Give the signing secrets that count, the newest first; one whose seal is broken is none."""
    is_former_live = account.former_until is not None and account.former_until > at
    sealed = [account.secret, account.former_secret if is_former_live else ""]
    return [secret for secret in map(_unseal, sealed) if secret]


def api_key_of(account: Account) -> str:
    """Give the key to the partner's API; empty where there is none, or its seal is broken."""
    return _unseal(account.api_key)


def _unseal(sealed: str) -> str:
    try:
        return sealing.unseal(sealed)
    except sealing.BrokenSeal:
        return ""
