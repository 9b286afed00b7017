"""Pictures that people send us, made anew: no metadata, no second format hidden inside, no more pixels than needed."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from tracking import colours

LARGEST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 2048
LONGEST_STROKE: Final = 1024
"""A side of a drawing: what a finger draws on a phone is no finer."""

LOGO_SIZE: Final = (400, 96)
LOGO_COLOURS: Final = (256, 64, 16)
MOST_LOGO_BYTES: Final = 8_000
"""A logo is on every page of its brand, and in every mail: it is as light as its colours let it be."""

LEAST_SEEN: Final = 0.1
"""The share of a logo that must stand out from a light page."""

HALF: Final = 127
"""Of what covers the ground: a pixel with more of it counts as drawn."""

QUALITY: Final = 85
FORMATS: Final = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that we made, its size in pixels, and what it is."""

    content: bytes
    width: int
    height: int
    content_type: str = "image/jpeg"


class TooLarge(Exception):
    """More bytes or pixels than any camera's picture needs."""


class NoPicture(Exception):
    """These bytes are none of the kinds of pictures that we take."""


class TooDetailed(Exception):
    """A logo that no few colours can show: a photo, most likely."""


class TooPale(Exception):
    """A logo that nobody would see on a light page."""


def remake(given: bytes) -> Picture:
    """Make a JPEG of a picture, upright and at most 2,048 pixels a side, out of its pixels and of nothing else.

    Raises ``TooLarge``, ``NoPicture``.
    """
    flat, made = _flatten(given, LONGEST_SIDE), BytesIO()
    flat.save(made, "JPEG", quality=QUALITY, optimize=True)
    return Picture(made.getvalue(), *flat.size)


def redraw(given: bytes) -> Picture:
    """Make a PNG in shades of grey of a drawing, at most 1,024 pixels a side, out of its pixels and of nothing else.

    Raises ``TooLarge``, ``NoPicture``.
    """
    drawing, made = _flatten(given, LONGEST_STROKE).convert("L"), BytesIO()
    drawing.save(made, "PNG", optimize=True)
    return Picture(made.getvalue(), *drawing.size, content_type="image/png")


def remake_logo(given: bytes) -> Picture:
    """Make a PNG of few colours of a logo, without the empty room around it, out of its pixels and of nothing else.

    Raises ``TooLarge``, ``NoPicture``, ``TooDetailed``, ``TooPale``.
    """
    logo = _open(given, LONGEST_STROKE)
    logo = logo.crop(logo.getchannel("A").getbbox())
    logo.thumbnail(LOGO_SIZE)
    for number in LOGO_COLOURS:
        drawn, made = logo.quantize(number, Image.Quantize.FASTOCTREE), BytesIO()
        drawn.save(made, "PNG", optimize=True)
        if len(made.getvalue()) <= MOST_LOGO_BYTES:
            _require_seen(drawn.convert("RGBA"))
            return Picture(made.getvalue(), *drawn.size, content_type="image/png")
    raise TooDetailed


def _require_seen(logo: Image.Image) -> None:
    """Judge a logo on a light page; by night it has a light ground of its own.

    Raises ``TooPale``.
    """
    red, green, blue, cover = (logo.getchannel(band).tobytes() for band in "RGBA")
    drawn = [pixel for pixel, solid in zip(zip(red, green, blue, strict=True), cover, strict=True) if solid > HALF]
    is_seen = {colour: colours.contrast(colour, colours.DAY) >= colours.VISIBLE for colour in set(drawn)}
    if not drawn or sum(is_seen[colour] for colour in drawn) < LEAST_SEEN * len(drawn):
        raise TooPale


def _flatten(given: bytes, longest_side: int) -> Image.Image:
    """Read a picture's pixels, upright, on white and at most so many a side.

    Raises ``TooLarge``, ``NoPicture``.
    """
    upright = _open(given, longest_side)
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A"))
    return flat


def _open(given: bytes, longest_side: int) -> Image.Image:
    """Read a picture's pixels, upright and at most so many a side, with what is see-through of it.

    Raises ``TooLarge``, ``NoPicture``.
    """
    if len(given) > LARGEST_BYTES:
        raise TooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _read(BytesIO(given), longest_side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Warning) as error:
        # Pillow's readers say in these ways that a file is broken.
        raise NoPicture from error


def _read(given: BytesIO, longest_side: int) -> Image.Image:
    with Image.open(given, formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise TooLarge
        picture.draft("RGB", (longest_side, longest_side))
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
        upright.thumbnail((longest_side, longest_side))
    return upright
