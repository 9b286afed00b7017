"""A brand's one colour made fit for reading: by day and by night, as a surface and as ink. Pure.

Luminance and contrast are those of WCAG 2.2.
"""

from dataclasses import dataclass
from typing import Final

Rgb = tuple[int, int, int]

WHITE: Final[Rgb] = (255, 255, 255)
BLACK: Final[Rgb] = (0, 0, 0)
DAY: Final[Rgb] = (243, 241, 236)
NIGHT: Final[Rgb] = (28, 32, 38)
"""The grounds that ink is read on; ``static/css/doorstep.css`` has no darker one by day and no lighter one by night."""

READABLE: Final = 5.2
"""More than the 4.5 that WCAG asks of text, because ink is read on a tint of itself, too."""

STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Palette:
    """A brand's colour for one time of day, as CSS colours.

    ``surface`` is the colour as the brand knows it, ``on_surface`` what is written on it, ``ink`` the nearest colour
    that can be read on the page's ground.
    """

    surface: str
    on_surface: str
    ink: str


def palette(colour: str, ground: Rgb) -> Palette:
    """Make the palette of a colour like #0b6e5f on one of the two grounds."""
    surface = _parse(colour)
    on_surface = max(WHITE, BLACK, key=lambda text: contrast(text, surface))
    return Palette(colour, _format(on_surface), _format(readable(surface, ground)))


def readable(colour: Rgb, ground: Rgb) -> Rgb:
    """Take a colour towards black or white, as little as will do, until it can be read on a ground."""
    end = BLACK if luminance(ground) > luminance((118, 118, 118)) else WHITE
    mixed = (_mix(colour, end, step / STEPS) for step in range(STEPS + 1))
    return next(each for each in mixed if contrast(each, ground) >= READABLE)


def contrast(one: Rgb, other: Rgb) -> float:
    """Measure the contrast of two colours: 1 is none, 21 is black on white."""
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Rgb) -> float:
    """Measure how light a colour is: 0 is black, 1 is white."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _mix(colour: Rgb, end: Rgb, share: float) -> Rgb:
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(colour, end, strict=True))
    return red, green, blue


def _parse(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _format(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
