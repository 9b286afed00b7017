"""Pictures that shoppers give with what they ask for: made anew, under a name that nobody can guess.

The storage is Django's default one, which may be on another host: nobody stores within a transaction.
"""

import secrets
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tracking import pictures
from tracking.changes.models import Change

NAME: Final = "photo"
"""Of the detail of a change that names its picture in the storage."""


def store(given: bytes) -> str:
    """Make a picture anew and put it into the storage; gives its name there.

    Raises ``pictures.TooLarge``, ``pictures.NoPicture``; nothing is stored then.
    """
    picture = pictures.remake(given)
    return default_storage.save(f"hints/{secrets.token_urlsafe(16)}.jpg", ContentFile(picture.content))


def discard(name: str) -> None:
    """Take a picture out of the storage that nothing came of. Twice is harmless."""
    default_storage.delete(name)


def read(change: Change) -> bytes:
    """Read the picture of a change, a JPEG.

    Raises ``FileNotFoundError`` where it has none, or no longer.
    """
    name = change.details.get(NAME)
    if not name:
        raise FileNotFoundError
    with default_storage.open(name) as image:
        content: bytes = image.read()
        return content
