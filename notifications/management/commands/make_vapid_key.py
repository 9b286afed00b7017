"""Make a key for web push."""

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management.base import BaseCommand

KEY_BYTES = 32


class Command(BaseCommand):
    """``manage.py make_vapid_key``: prints a line for the environment. Another key, and every browser must ask anew."""

    help = "Make a private key for web push, and print it as a line for the environment."
    requires_system_checks = ()

    def handle(self, *_: Any, **options: Any) -> None:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        key = urlsafe_b64encode(number.to_bytes(KEY_BYTES)).decode().rstrip("=")
        self.stdout.write(f"VAPID_PRIVATE_KEY={key}")
