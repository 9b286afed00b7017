"""A brand's colours made fit for reading: by day and by night, as a surface and as ink. Pure.

Luminance and contrast are those of WCAG 2.2.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

Rgb = tuple[int, int, int]

WHITE: Final[Rgb] = (255, 255, 255)
BLACK: Final[Rgb] = (0, 0, 0)
DAY: Final[Rgb] = (243, 241, 236)
NIGHT: Final[Rgb] = (28, 32, 38)
"""The grounds that ink is read on; ``static/css/doorstep.css`` has no darker one by day and no lighter one by night."""

READABLE: Final = 5.2
"""More than the 4.5 that WCAG asks of text, because ink is read on a tint of itself, too."""

VISIBLE: Final = 3.0
"""What WCAG asks of a button, a mark or a line."""

STEPS: Final = 50


class Choice(NamedTuple):
    """What a brand has chosen for one time of day: of the surface and of the ink, empty where it leaves that to us."""

    surface: str = ""
    ink: str = ""


@dataclass(frozen=True, slots=True)
class Palette:
    """A brand's colours for one time of day, as CSS colours.

    ``surface`` is the colour as the brand knows it, ``on_surface`` what is written on it, ``ink`` what is read on the
    page's ground.
    """

    surface: str
    on_surface: str
    ink: str


class Shortfall(NamedTuple):
    """A contrast that is too little, and the nearest colour that has enough."""

    measured: float
    nearest: Rgb


@dataclass(frozen=True, slots=True)
class Palettes:
    """A brand's colours by day and by night."""

    day: Palette
    night: Palette


def palettes(day: Choice, night: Choice) -> Palettes:
    """Make the palettes of a brand that has chosen at least its surface by day; the rest follows from that."""
    surface = night.surface or written(nearest(parse(day.surface), NIGHT, VISIBLE))
    return Palettes(palette(day, DAY), palette(Choice(surface, night.ink), NIGHT))


def palette(choice: Choice, ground: Rgb) -> Palette:
    """Make the palette of a choice that names a surface, on one of the two grounds."""
    surface = parse(choice.surface)
    on_surface = max(WHITE, BLACK, key=lambda text: contrast(text, surface))
    ink = parse(choice.ink) if choice.ink else surface
    return Palette(choice.surface, written(on_surface), written(nearest(ink, ground, READABLE)))


def nearest(colour: Rgb, ground: Rgb, wanted: float) -> Rgb:
    """Take a colour towards black or white, as little as will do, until it stands out from a ground."""
    end = BLACK if luminance(ground) > luminance((118, 118, 118)) else WHITE
    mixed = (_mix(colour, end, step / STEPS) for step in range(STEPS + 1))
    return next(each for each in mixed if contrast(each, ground) >= wanted)


def find_shortfall(colour: Rgb, ground: Rgb, wanted: float) -> Shortfall | None:
    """Say by how much a colour stands out too little from a ground; ``None`` where it does well enough."""
    measured = contrast(colour, ground)
    return None if measured >= wanted else Shortfall(measured, nearest(colour, ground, wanted))


def contrast(one: Rgb, other: Rgb) -> float:
    """Measure the contrast of two colours: 1 is none, 21 is black on white."""
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Rgb) -> float:
    """Measure how light a colour is: 0 is black, 1 is white."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def parse(colour: str) -> Rgb:
    """Read a colour like #0b6e5f."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def written(colour: Rgb) -> str:
    """Write a colour as CSS does."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _mix(colour: Rgb, end: Rgb, share: float) -> Rgb:
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(colour, end, strict=True))
    return red, green, blue
