"""The seal of a receipt, made and checked: Ed25519, over every byte of either form.

As JSON a receipt is an object whose ``signature`` is over all its other fields, written without spaces in the order of
their names. The paper (PDF) holds that object as an attachment, and its last line is a comment that signs every byte
before it: what the page shows can be changed as little as what the attachment says. Knows nothing but the bytes and the
public key, and so proves a receipt anywhere.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracking.shipments import chain
from tracking.shipments.chain import Happening

FORMAT: Final = "doorstep-receipt-1"
KEY_BYTES: Final = 32
LARGEST_BYTES: Final = 10 * 1024 * 1024
_MARK: Final = b"%Doorstep-Receipt-Signature: "
_SIGNED_PAPER: Final = re.compile(rb"(.*\n)" + _MARK + rb"([A-Za-z0-9_-]{86})\n", re.DOTALL)
_ATTACHMENT: Final = re.compile(rb"/EmbeddedFile\b.*?\bstream\r?\n(.*?)\r?\nendstream", re.DOTALL)


class NoKey(Exception):
    """This text is no key for Ed25519."""


class Refuted(Exception):
    """The receipt is not what was signed, or not by this key; the message says which."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt says that is as it was signed, and the public key that it was signed with."""

    receipt: Mapping[str, Any]
    public_key: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)


def read_private_key(text: str) -> Ed25519PrivateKey:
    """Read a private key: 32 bytes, in the letters of URL-safe base64.

    Raises ``NoKey``.
    """
    return Ed25519PrivateKey.from_private_bytes(_key_bytes(text))


def write_public_key(key: Ed25519PrivateKey) -> str:
    """Write down the public half of a key, in the letters of URL-safe base64."""
    return _written(key.public_key().public_bytes_raw())


def fingerprint(public_key: str) -> str:
    """Shorten a public key to what people compare."""
    return f"SHA256:{_written(sha256(_key_bytes(public_key)).digest())}"


def sign(receipt: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """Write a receipt as JSON, with its format, the public key and the signature."""
    told = {**receipt, "format": FORMAT, "public_key": write_public_key(key)}
    signature = _written(key.sign(_canonical(told)))
    return json.dumps({**told, "signature": signature}, ensure_ascii=False, indent=2).encode()


def sign_paper(paper: bytes, key: Ed25519PrivateKey) -> bytes:
    """Add the line that signs every byte of a PDF before it."""
    drawn = paper.rstrip(b"\n") + b"\n"
    return drawn + _MARK + _written(key.sign(drawn)).encode() + b"\n"


def check(given: bytes, *, public_key: str = "") -> Proven:
    """Prove a receipt in either form, by this public key or, where none is given, by the one that it names itself.

    By its own key alone a receipt is only as good as that key's fingerprint: somebody has to compare it.

    Raises ``Refuted``, and ``NoKey`` where ``public_key`` is none.
    """
    if len(given) > LARGEST_BYTES:
        raise Refuted("It is larger than any receipt.")
    told = _read(_attachment(given) if given.startswith(b"%PDF-") else given)
    named = str(told.get("public_key", ""))
    if public_key and _key_bytes(public_key) != _claimed_key(named):
        raise Refuted(f"It was signed with another key: {fingerprint(named)}.")
    verifier = Ed25519PublicKey.from_public_bytes(_claimed_key(named))
    if given.startswith(b"%PDF-"):
        _check_paper(given, verifier)
    _check_json(told, verifier)
    _check_history(told)
    return Proven(told, named)


def _check_paper(given: bytes, verifier: Ed25519PublicKey) -> None:
    signed = _SIGNED_PAPER.fullmatch(given)
    if signed is None:
        raise Refuted("The paper has no signature at its end.")
    _verify(verifier, signed[2].decode(), signed[1], "The paper was changed after it was signed.")


def _check_json(told: dict[str, Any], verifier: Ed25519PublicKey) -> None:
    unsigned = {name: value for name, value in told.items() if name != "signature"}
    _verify(verifier, told.get("signature"), _canonical(unsigned), "It was changed after it was signed.")


def _check_history(told: dict[str, Any]) -> None:
    """Let the head follow from the history; nothing but a faulty issuer makes them differ."""
    try:
        found = chain.head(Happening(**happening) for happening in told["history"])
    except (KeyError, TypeError) as error:
        raise Refuted("Its history cannot be read.") from error
    if found != told.get("head"):
        raise Refuted("Its history does not lead to its head.")


def _verify(verifier: Ed25519PublicKey, signature: object, signed: bytes, otherwise: str) -> None:
    try:
        verifier.verify(_unwritten(str(signature)), signed)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Refuted(otherwise) from error


def _read(given: bytes) -> dict[str, Any]:
    try:
        told = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise Refuted("It is no receipt: it cannot be read.") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Refuted("It is no receipt of a kind that is known here.")
    return told


def _attachment(paper: bytes) -> bytes:
    found = _ATTACHMENT.search(paper)
    if found is None:
        raise Refuted("The paper holds no receipt.")
    return found[1]


def _claimed_key(text: str) -> bytes:
    try:
        return _key_bytes(text)
    except NoKey as error:
        raise Refuted("It names no key.") from error


def _key_bytes(text: str) -> bytes:
    try:
        key = _unwritten(text.strip())
    except (binascii.Error, ValueError) as error:
        raise NoKey("A key has 43 characters of URL-safe base64.") from error
    if len(key) != KEY_BYTES:
        raise NoKey(f"A key has {KEY_BYTES} bytes, this has {len(key)}.")
    return key


def _canonical(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _unwritten(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
