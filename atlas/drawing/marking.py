"""What is put on top of the small map: the door or its surroundings, and the van."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from atlas.drawing import shapes
from atlas.drawing.shapes import WORLD, Box

# Drawn around the origin in steps of half a pixel; the tip of the pin is the place.
_PIN = "M0 0C-7 -15 -25 -28 -25 -48A25 25 0 1 1 25 -48C25 -28 7 -15 0 0z"
_VAN = "M-17 -10H3V7H-17zM5 -5H11L17 1V7H5z"
_HEADING = "M0 -42L10 -28H-10z"


class MarkKind(StrEnum):
    """What a mark stands for, from the lowest to the highest: about where, exactly where, and the van."""

    AROUND = "around"
    PLACE = "place"
    VAN = "van"


class Mark(NamedTuple):
    """Something to show on the map, in degrees; the radius is for surroundings, the heading for a van."""

    kind: MarkKind
    latitude: float
    longitude: float
    radius_m: float = 0.0
    heading: float | None = None

    @property
    def surroundings(self) -> Box:
        """The box on the world around the mark, its radius included."""
        x, y = shapes.to_world(self.latitude, self.longitude).tolist()
        point = Box(x, y, x, y).grown(1)
        return point.grown(self.radius_m * shapes.units_per_m(point))


def draw(marks: Sequence[Mark], project: Callable[[float, float], tuple[float, float]], world: float) -> SafeString:
    """Draw marks where ``project`` puts them on a world of that many steps.

    The van comes last. Where no mark is one it is there but hidden, so that a script has something to move.
    """
    drawn = []
    for mark in sorted(marks, key=lambda mark: tuple(MarkKind).index(mark.kind)):
        x, y = project(mark.latitude, mark.longitude)
        turn = f"translate({x:.1f} {y:.1f})"
        if mark.kind == MarkKind.VAN:
            drawn.append(_van(turn, mark.heading, "visible"))
        elif mark.kind == MarkKind.PLACE:
            drawn.append(_place(turn))
        else:
            radius = mark.radius_m * shapes.units_per_m(mark.surroundings) * world / WORLD
            drawn.append(format_html('<circle class="map-around" transform="{}" r="{}"/>', turn, f"{radius:.1f}"))
    if all(mark.kind != MarkKind.VAN for mark in marks):
        drawn.append(_van("translate(0 0)", None, "hidden"))
    return format_html_join("", "{}", ((mark,) for mark in drawn))


def _place(turn: str) -> SafeString:
    return format_html(
        '<g class="map-place" transform="{}">'
        '<path class="map-pin" d="{}"/><circle class="map-hole" cy="-48" r="9"/></g>',
        turn,
        _PIN,
    )


def _van(turn: str, heading: float | None, visibility: str) -> SafeString:
    return format_html(
        '<g class="map-van" data-mark="van" visibility="{}" transform="{}">'
        '<path class="map-heading" data-mark="heading" visibility="{}" transform="rotate({})" d="{}"/>'
        '<circle class="map-disc" r="27"/><path class="map-glyph" d="{}"/>'
        '<circle class="map-wheel" cx="-10" cy="8" r="4"/><circle class="map-wheel" cx="10" cy="8" r="4"/></g>',
        visibility,
        turn,
        "hidden" if heading is None else "inherit",
        f"{heading or 0:.0f}",
        _HEADING,
        _VAN,
    )
