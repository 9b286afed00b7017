"""Whether something was signed with a secret that we share: on the bytes as they came, in constant time. Pure."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from carriers.formats.said import Forged, Payload

TOLERANCE: Final = timedelta(minutes=5)
"""So far a partner's clock may be from ours (RELIABILITY.md, THREAT-4)."""


def require_signed(signatures: Sequence[bytes], secrets: Sequence[str], sign: Callable[[str], bytes]) -> None:
    """Let a payload pass one of whose signatures is what ``sign`` makes with one of the secrets.

    Raises ``Forged``; always where there is no secret.
    """
    expected = [sign(secret) for secret in secrets if secret]
    if not any(hmac.compare_digest(good, given) for good in expected for given in signatures):
        raise Forged("No signature is one of ours.")


def require_fresh(sent_at: datetime, *, at: datetime) -> None:
    """Let a payload pass that was signed just now.

    Raises ``Forged``.
    """
    if abs(at - sent_at) > TOLERANCE:
        raise Forged("The signature is from another time.")


def require_header(payload: Payload, name: str) -> str:
    """Give a header, named in lower case.

    Raises ``Forged`` where there is none.
    """
    value = payload.headers.get(name, "").strip()
    if not value:
        raise Forged(f"There is no header {name}.")
    return value


def unix_moment(seconds: str) -> datetime:
    """Read the seconds since 1970 of a signature.

    Raises ``Forged``.
    """
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Forged("The time of the signature cannot be read.") from error


def sha256_mac(key: bytes, parts: Iterable[bytes]) -> bytes:
    """Give the HMAC-SHA256 of some bytes, one after the other."""
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()
