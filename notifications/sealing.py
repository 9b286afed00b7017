"""Sealing of what a message says and nobody else may read: a code stays unreadable in the database and its copies.

The key follows from ``SECRET_KEY``; what was sealed under one of ``SECRET_KEY_FALLBACKS`` can still be opened.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class BrokenSeal(Exception):
    """This was not sealed here, or under a key that is no longer known."""


def seal(secret: str) -> str:
    """Seal a secret: plain ASCII, another one each time."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Open what was sealed.

    Raises ``BrokenSeal`` where it cannot be opened.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise BrokenSeal from error


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _key(secret: str | bytes) -> bytes:
    return urlsafe_b64encode(salted_hmac("notifications.sealing", "", secret=secret, algorithm="sha256").digest())
