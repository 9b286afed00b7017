"""Pictures from doors, on their way into the storage: made anew, under a name that nobody can guess.

The storage is Django's default one, which may be on another host: nobody stores within a transaction.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tracking import pictures
from tracking.proof.models import Kind

SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A picture in the storage: its name there, its size in pixels, the digest of its bytes (SHA-256)."""

    name: str
    width: int
    height: int
    digest: str


def store(given: bytes, *, kind: Kind) -> StoredImage:
    """Make a picture anew and put it into the storage: of a photo a JPEG, of a signature a drawing in grey (PNG).

    Raises ``pictures.TooLarge``, ``pictures.NoPicture``; nothing is stored then.
    """
    picture = pictures.redraw(given) if kind is Kind.SIGNATURE else pictures.remake(given)
    name = f"proofs/{secrets.token_urlsafe(16)}.{SUFFIXES[picture.content_type]}"
    kept = default_storage.save(name, ContentFile(picture.content))
    return StoredImage(kept, picture.width, picture.height, sha256(picture.content).hexdigest())


def discard(image: StoredImage) -> None:
    """Take a picture out of the storage that nothing came of. Twice is harmless."""
    default_storage.delete(image.name)
