"""Prove or refute a receipt, with nothing but the file and the public key."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.proof.receipts import sealing
from tracking.proof.receipts.sealing import NoKey, Proven, Refuted

REFUTED: Final = 1
UNDECIDED: Final = 2


class Command(BaseCommand):
    """``manage.py verify_receipt FILE``: exits with 0 where the receipt is proven, 1 where it is refuted.

    By ``--key`` (a file, or the key itself), or by this installation's own key. Without either a receipt can only be
    judged by the key that it names itself: then this exits with 2 and says which fingerprint to compare with what its
    issuer publishes. Asks neither the database nor the network.
    """

    help = "Prove or refute a receipt of a delivery (JSON or PDF)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the receipt")
        parser.add_argument("--key", default="", help="the issuer's public key, or a file that holds it")

    def handle(self, *_: Any, file: Path, key: str, **options: Any) -> None:
        known = _read_key(key) if key else _own_key()
        try:
            proven = sealing.check(file.read_bytes(), public_key=known)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=UNDECIDED) from error
        except NoKey as error:
            raise CommandError(f"This is no public key. {error}", returncode=UNDECIDED) from error
        except Refuted as refusal:
            raise CommandError(f"Refuted. {refusal}", returncode=REFUTED) from refusal
        if not known:
            raise CommandError(
                f"Undecided: it agrees with itself, but who signed it is not known. Compare {proven.fingerprint} with"
                " what its issuer publishes at /.well-known/receipts.json, or give --key.",
                returncode=UNDECIDED,
            )
        self._tell(proven)
        self.stdout.write(self.style.SUCCESS(f"Proven, by the key {proven.fingerprint}."))

    def _tell(self, proven: Proven) -> None:
        receipt = proven.receipt
        self.stdout.write(f"{receipt['reference']} of {receipt['brand']}, parcels {', '.join(receipt['parcels'])}")
        self.stdout.write(f"delivered {datetime.fromisoformat(receipt['delivered_at'])} to {receipt['address']}")
        self.stdout.write(f"handover: {receipt['handover'] or 'not known'}; driver: {receipt['driver'] or 'not known'}")
        for proof in receipt["proofs"]:
            told = proof["words"] or proof["flag"] or proof["sha256"]
            self.stdout.write(f"{proof['kind']} at {proof['taken_at']}: {told}")
        self.stdout.write(f"history of {len(receipt['history'])} events, head {receipt['head']}")


def _read_key(given: str) -> str:
    """Read a key that was given as itself, or as the name of a file that holds it."""
    path = Path(given)
    return path.read_text() if path.is_file() else given


def _own_key() -> str:
    if not settings.RECEIPT_SIGNING_KEY:
        return ""
    return sealing.write_public_key(sealing.read_private_key(settings.RECEIPT_SIGNING_KEY))
