"""Make a key for receipts."""

import secrets
from base64 import urlsafe_b64encode
from typing import Any

from django.core.management.base import BaseCommand

from tracking.proof.receipts import sealing


class Command(BaseCommand):
    """``manage.py make_receipt_key``: prints a line for the environment. Receipts signed with another key stay good.

    Keep the public key of a key that is replaced: whoever checks an older receipt needs it.
    """

    help = "Make a private key for receipts, and print it as a line for the environment."
    requires_system_checks = ()

    def handle(self, *_: Any, **options: Any) -> None:
        key = urlsafe_b64encode(secrets.token_bytes(sealing.KEY_BYTES)).decode().rstrip("=")
        self.stdout.write(f"RECEIPT_SIGNING_KEY={key}")
        self.stderr.write(f"Its public key: {sealing.write_public_key(sealing.read_private_key(key))}")
