"""The installation's key for receipts."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from tracking.proof.receipts import sealing


class NoReceipts(Exception):
    """This installation has no key, and so signs nothing."""


def private() -> Ed25519PrivateKey:
    """Read the key to sign with.

    Raises ``NoReceipts``.
    """
    if not settings.RECEIPT_SIGNING_KEY:
        raise NoReceipts
    return sealing.read_private_key(settings.RECEIPT_SIGNING_KEY)


def public() -> str:
    """Give the key that anybody may check with; empty where there is none."""
    return sealing.write_public_key(private()) if settings.RECEIPT_SIGNING_KEY else ""
