"""How a brand's pages look: its name, its logo, and the address of the style sheet with its colours and its letters.

The address says all there is in the sheet, so that making it needs no database and keeping it does no harm
(docs/decisions/0031, 0144).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.urls import reverse

from tracking import colours
from tracking.colours import Choice, Palettes
from tracking.shipments.brands import COLOUR, Brand, Font

MAP: Final = "css/map.css"

STACKS: Final[Mapping[str, str]] = {
    Font.PLAIN: "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    Font.HUMANIST: "Seravek, 'Gill Sans Nova', Ubuntu, Calibri, 'DejaVu Sans', sans-serif",
    Font.GEOMETRIC: "Avenir, Montserrat, Corbel, 'URW Gothic', sans-serif",
    Font.ROUNDED: "ui-rounded, 'Hiragino Maru Gothic ProN', Quicksand, 'Arial Rounded MT Bold', Calibri, sans-serif",
    Font.BOOKISH: "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif",
}
"""What devices call the letters of each family, the best first; no name of it is fetched."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture of a brand's name, with its size in pixels, which is twice what it is shown at."""

    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Look:
    """What the templates need to know of a brand; ``style_with_map`` is the sheet of a page that draws one."""

    name: str
    style: str
    style_with_map: str
    logo: Logo | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a style sheet says."""

    palettes: Palettes
    letters: str
    map: str


class NoSuchLook(Exception):
    """An address that names no colours, letters or version of ours."""


def of(brand: Brand) -> Look:
    """Say how a brand looks, saved or not."""
    logo = None
    if brand.logo:
        logo = Logo(reverse("tracking:logo", args=[brand.logo]), brand.logo_width, brand.logo_height)
    chosen = {"ink": brand.ink, "night": brand.night_colour, "night-ink": brand.night_ink}
    named = {name: colour.removeprefix("#") for name, colour in chosen.items() if colour}
    if brand.font != Font.PLAIN:
        named["font"] = brand.font
    address = reverse("tracking:colours", args=[brand.colour.removeprefix("#")])
    return Look(brand.name, _address(address, named), _address(address, {**named, "map": _version()}), logo)


def palettes(brand: Brand) -> Palettes:
    """Give a brand's colours by day and by night."""
    return colours.palettes(Choice(brand.colour, brand.ink), Choice(brand.night_colour, brand.night_ink))


def read(colour: str, named: Mapping[str, str]) -> Sheet:
    """Read the address of a style sheet: the colour in it, and what is named behind it.

    Raises ``NoSuchLook``.
    """
    day = Choice(f"#{colour}", _colour(named.get("ink")))
    night = Choice(_colour(named.get("night")), _colour(named.get("night-ink")))
    font = named.get("font", Font.PLAIN)
    if font not in STACKS:
        raise NoSuchLook
    return Sheet(colours.palettes(day, night), STACKS[font], _map_rules() if "map" in named else "")


def _colour(digits: str | None) -> str:
    if digits is None:
        return ""
    try:
        COLOUR(f"#{digits}")
    except ValidationError as error:
        raise NoSuchLook from error
    return f"#{digits}"


def _address(path: str, named: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(named)}" if named else path


@cache
def _version() -> str:
    """Name the rules of the map as they are now: who has kept older ones asks for these anew."""
    return blake2b(_map_rules().encode(), digest_size=6).hexdigest()


@cache
def _map_rules() -> str:
    path = finders.find(MAP)
    if path is None:
        raise FileNotFoundError(MAP)
    return Path(path).read_text(encoding="utf-8")
