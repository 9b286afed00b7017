"""Pictures that people send us, made anew: no metadata, no second format hidden inside, no more pixels than needed."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 2048
QUALITY: Final = 85
FORMATS: Final = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, and its size in pixels."""

    content: bytes
    width: int
    height: int


class TooLarge(Exception):
    """More bytes or pixels than any camera's picture needs."""


class NoPicture(Exception):
    """These bytes are none of the kinds of pictures that we take."""


def remake(given: bytes) -> Picture:
    """Make a JPEG of a picture, upright and at most 2,048 pixels a side, out of its pixels and of nothing else.

    Raises ``TooLarge``, ``NoPicture``.
    """
    if len(given) > LARGEST_BYTES:
        raise TooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _remake(BytesIO(given))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Warning) as error:
        # Pillow's readers say in these ways that a file is broken.
        raise NoPicture from error


def _remake(given: BytesIO) -> Picture:
    with Image.open(given, formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise TooLarge
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        flat = Image.new("RGB", upright.size, "white")
        flat.paste(upright, mask=upright.getchannel("A"))
    made = BytesIO()
    flat.save(made, "JPEG", quality=QUALITY, optimize=True)
    return Picture(made.getvalue(), *flat.size)
