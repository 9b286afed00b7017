"""The small map in a page: drawn with its first byte, coloured by the page's style sheet, moved by its script.

Nothing in it needs a request, a script or a style attribute. Its classes are those of
``static/css/map.css``, and its numbers say where on it a place is: see ``View``.
"""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from atlas import projection
from atlas.drawing import ATTRIBUTION, ATTRIBUTION_URL, labels, layers, marking, shapes, style
from atlas.drawing.labels import Label
from atlas.drawing.marking import Mark, MarkKind
from atlas.drawing.paths import Frame
from atlas.drawing.shapes import WORLD, Box, Kind
from atlas.drawing.sheet import PIXELS_PER_TILE, Sheet, units_per_pixel

__all__ = ["Mark", "MarkKind", "MiniMap", "View", "draw"]

STEPS_PER_PIXEL = 2
CLOSEST_ZOOM = 16.5
_SMALLEST_SPAN_M = 500.0
_PADDING = 0.16  # of the width and the height, on every side of what is to be seen
_ZOOM_STEP = 0.25  # views are rounded to these two, so that one drawing serves many pages
_SHIFTS_PER_VIEW = 16
_VIEWS_KEPT = 128
_NAMES_AT_MOST = 14
_MARGIN_PX = 10
_FOOT_PX = 20  # no names where the attribution is

_SHOWN = {
    Kind.GREEN: "green", Kind.WOOD: "wood", Kind.SAND: "sand", Kind.WATER: "water", Kind.PIER: "land",
    Kind.SQUARE: "square", Kind.RIVER: "river", Kind.RAIL: "rail", Kind.STREET: "road", Kind.TERTIARY: "road",
    Kind.SECONDARY: "road", Kind.PRIMARY: "road", Kind.MOTORWAY_LINK: "motorway", Kind.MOTORWAY: "motorway",
}  # fmt: skip
_NAMED = {
    Kind.PLACE: "place", Kind.WATER: "water", Kind.GREEN: "green", Kind.WOOD: "green", Kind.SECONDARY: "road",
    Kind.PRIMARY: "road", Kind.MOTORWAY: "road", Kind.TERTIARY: "road",
}  # fmt: skip


class View(NamedTuple):
    """Which part of the world a picture shows, in steps of its view box: the page's script uses these numbers.

    A place is at ``x = (longitude / 360 + 0.5) * world - left`` and
    ``y = (0.5 - atanh(sin(latitude)) / 2π) * world - top``. Pictures of one view share their drawing.
    """

    world: float
    left: float
    top: float
    width: int
    height: int

    @property
    def zoom(self) -> float:
        return round(math.log2(self.world / PIXELS_PER_TILE / STEPS_PER_PIXEL), 3)

    @property
    def box(self) -> Box:
        unit = WORLD / self.world
        left, top = self.left * unit, WORLD - self.top * unit
        return Box(left, top - self.height * unit, left + self.width * unit, top)

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Say where on the picture a place is; it may be outside."""
        x, y = projection.to_mercator(latitude, longitude).tolist()
        return x * self.world - self.left, y * self.world - self.top


class MiniMap(NamedTuple):
    """A small map, ready for a page, and what it shows."""

    markup: SafeString
    view: View


def draw(
    sheet: Sheet | None, marks: Sequence[Mark], *, width: int, height: int, title: str, description: str
) -> MiniMap | None:
    """Draw the part of a sheet where the marks are, so many pixels large, with the marks on it.

    The group ``map-layer-marks`` always holds a van; it is hidden where none of the marks is one. There
    is no map without a sheet, or where none of the marks is on it.
    """
    if sheet is None:
        return None
    seen = [mark.surroundings for mark in marks if mark.surroundings.meets(sheet.box)]
    if not seen:
        return None
    view = _view(sheet.box, seen, width, height)
    markup = format_html(
        '<figure class="map-figure"><svg class="map-picture" role="img" aria-labelledby="map-title map-description"'
        ' viewBox="0 0 {} {}" data-world="{}" data-left="{}" data-top="{}">'
        '<title id="map-title">{}</title><desc id="map-description">{}</desc>{}'
        '<g class="map-layer-marks">{}</g></svg>'
        '<figcaption class="map-attribution"><a href="{}">{}</a></figcaption></figure>',
        view.width,
        view.height,
        *(f"{number:.3f}" for number in view[:3]),
        title,
        description,
        _ground(sheet, view),
        marking.draw(marks, view.project, view.world),
        ATTRIBUTION_URL,
        ATTRIBUTION,
    )
    return MiniMap(markup, view)


def _view(sheet: Box, seen: Sequence[Box], width: int, height: int) -> View:
    """Choose a view of what is to be seen, with some room around it, and as little beyond the sheet as can be."""
    left, bottom, right, top = (
        pick(side) for pick, side in zip((min, min, max, max), zip(*seen, strict=True), strict=True)
    )
    usable = 1 - 2 * _PADDING
    unit = max(
        (right - left) / (width * usable),
        (top - bottom) / (height * usable),
        _SMALLEST_SPAN_M * shapes.units_per_m(sheet) / min(width, height),
    )
    zoom = min(math.floor(math.log2(WORLD / PIXELS_PER_TILE / unit) / _ZOOM_STEP) * _ZOOM_STEP, CLOSEST_ZOOM)
    unit = units_per_pixel(zoom)
    wide, high = width * unit, height * unit
    west = _placed((left + right) / 2, wide, sheet.left, sheet.right)
    south = _placed((bottom + top) / 2, high, sheet.bottom, sheet.top)
    scale = STEPS_PER_PIXEL / unit
    return View(
        round(WORLD * scale, 3),
        round(west * scale, 3),
        round((WORLD - south - high) * scale, 3),
        width * STEPS_PER_PIXEL,
        height * STEPS_PER_PIXEL,
    )


def _placed(middle: float, size: float, lowest: float, highest: float) -> float:
    """Say where a view begins on one axis: around the middle, but within the sheet where that is large enough."""
    step = size / _SHIFTS_PER_VIEW
    begin = round((middle - size / 2) / step) * step
    if highest - lowest <= size:
        return (lowest + highest - size) / 2
    return min(max(begin, lowest), highest - size)


@functools.lru_cache(maxsize=_VIEWS_KEPT)
def _ground(sheet: Sheet, view: View) -> SafeString:
    """Draw what is under the marks."""
    box, zoom = view.box, view.zoom
    frame = Frame(box.left, box.top, view.world / WORLD)
    left, top, right, bottom = frame.edges(sheet.box.common(box))
    land = format_html('<path class="map-land" d="M{} {}H{}V{}H{}z"/>', left, top, right, bottom, left)
    seen = layers.within(sheet, box.grown(_MARGIN_PX * units_per_pixel(zoom)), round(zoom), frame, _SHOWN)
    areas = ((_SHOWN[kind], data) for kind, data in seen.items() if kind not in style.WIDTHS_PX)
    lines = (
        (_SHOWN[kind], f"{style.width_px(kind, zoom) * STEPS_PER_PIXEL:.3g}", data)
        for kind, data in seen.items()
        if kind in style.WIDTHS_PX
    )
    room = box.common(sheet.box)._replace(bottom=max(box.bottom + _FOOT_PX * units_per_pixel(zoom), sheet.box.bottom))
    named = [label for label in labels.placed(sheet, room, zoom) if label.kind in _NAMED][:_NAMES_AT_MOST]
    return format_html(
        '{}{}<g class="map-lines">{}</g><g class="map-names" text-anchor="middle">{}</g>',
        land,
        format_html_join("", '<path class="map-{}" d="{}"/>', areas),
        format_html_join("", '<path class="map-{}" stroke-width="{}" d="{}"/>', lines),
        format_html_join("", "{}", ((_name(label, frame),) for label in named)),
    )


def _name(label: Label, frame: Frame) -> SafeString:
    rows = format_html_join("", '<tspan x="{}" y="{}">{}</tspan>', label.rows(frame, STEPS_PER_PIXEL))
    return format_html(
        '<text class="map-name-{}" font-size="{}"{}>{}</text>',
        _NAMED[label.kind],
        f"{label.size_px * STEPS_PER_PIXEL:.3g}",
        format_html(' transform="{}"', label.turn(frame)) if label.angle else "",
        rows,
    )
