"""Brands' logos, as ``pictures`` made them anew, kept under names that nobody can guess.

The storage is Django's default one, which may be on another host: nobody stores within a transaction.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tracking.pictures import Picture

FOLDER: Final = "logos"


@dataclass(frozen=True, slots=True)
class StoredLogo:
    """A logo in the storage: its name there, as a brand keeps it, and its size in pixels."""

    name: str
    width: int
    height: int


def store(picture: Picture) -> StoredLogo:
    """Put a logo into the storage that ``pictures.remake_logo`` has made."""
    name = f"{secrets.token_urlsafe(16)}.png"
    default_storage.save(f"{FOLDER}/{name}", ContentFile(picture.content))
    return StoredLogo(name, picture.width, picture.height)


def read(name: str) -> bytes:
    """Fetch a logo from the storage.

    Raises ``FileNotFoundError``.
    """
    with default_storage.open(f"{FOLDER}/{name}") as kept:
        content: bytes = kept.read()
        return content


def discard(name: str) -> None:
    """Take a logo out of the storage that no brand has any more. Twice is harmless."""
    default_storage.delete(f"{FOLDER}/{name}")
