"""Map tiles: squares of SVG, addressed by zoom, column and row like everybody's (Web Mercator, XYZ)."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from atlas.drawing import ATTRIBUTION, labels, layers, style
from atlas.drawing.labels import TILES_PER_BLOCK, Label
from atlas.drawing.layers import Layers
from atlas.drawing.paths import Frame
from atlas.drawing.shapes import WORLD, Box, Kind
from atlas.drawing.sheet import PIXELS_PER_TILE, Sheet, units_per_pixel
from atlas.drawing.style import INKS, Ink, Theme

FINEST_ZOOM = 19
STEPS_PER_PIXEL = 4
_SIZE = PIXELS_PER_TILE * STEPS_PER_PIXEL
_MARGIN_PX = 24  # so that the edge of what is cut off, and half a wide road, lie outside the picture
_EDGES_FROM = 16  # the zoom from which buildings have an outline
_CASED_FROM = 13  # the zoom from which roads have two edges
_HALO_PX = 2.5


def is_address(zoom: int, column: int, row: int) -> bool:
    """Tell whether there is such a tile on the world."""
    return 0 <= zoom <= FINEST_ZOOM and 0 <= column < 2**zoom and 0 <= row < 2**zoom


def box_of(zoom: int, column: int, row: int) -> Box:
    """Give the place of a tile on the world."""
    side = units_per_pixel(zoom) * PIXELS_PER_TILE
    left, top = column * side, WORLD - row * side
    return Box(left, top - side, left + side, top)


def draw(sheets: Sequence[Sheet], zoom: int, column: int, row: int, theme: Theme) -> str:
    """Draw a tile from the sheets that reach into it; where none does, it is plain ground.

    The same sheets give the same text. What lies beyond the sheets is tinted, so that nobody takes
    it for land.
    """
    box, ink = box_of(zoom, column, row), INKS[theme]
    unit = units_per_pixel(zoom)
    frame = Frame(box.left, box.top, STEPS_PER_PIXEL / unit)
    parts = [f'<path fill="{ink.beyond}" d="M0 0H{_SIZE}V{_SIZE}H0z"/>']
    names: list[Label] = []
    for number, sheet in enumerate(sheets):
        if not sheet.box.meets(box):
            continue
        seen = layers.within(sheet, box.grown(_MARGIN_PX * unit), zoom, frame)
        parts += [_window(sheet.box.common(box), frame, ink), *_ground(seen, zoom, ink, f"s{number}k"), "</svg>"]
        block = labels.of_block(sheet, zoom, column // TILES_PER_BLOCK, row // TILES_PER_BLOCK)
        names += [label for label in block if label.meets(box, unit)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{PIXELS_PER_TILE}" height="{PIXELS_PER_TILE}"'
        f' viewBox="0 0 {_SIZE} {_SIZE}"><!-- {ATTRIBUTION}, ODbL 1.0 -->'
        f"{''.join(parts)}{''.join(_lettering(names, frame, ink))}</svg>"
    )


def _window(box: Box, frame: Frame, ink: Ink) -> str:
    """Open a picture within the picture, on land, outside of which nothing shows."""
    left, top, right, bottom = frame.edges(box)
    place = f'x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'
    view = f"{left} {top} {right - left} {bottom - top}"
    return f'<svg {place} viewBox="{view}"><path fill="{ink.land}" d="M{left} {top}H{right}V{bottom}H{left}z"/>'


def _ground(seen: Layers, zoom: int, ink: Ink, prefix: str) -> Iterator[str]:
    """Yield what is under the names, from the bottom up."""
    yield from (f'<path fill="{ink.fills[kind]}" d="{seen[kind]}"/>' for kind in seen if kind < Kind.BUILDING)
    if Kind.BUILDING in seen:
        edge = f' stroke="{ink.building_edge}" stroke-width="2"' if zoom >= _EDGES_FROM else ""
        yield f'<path fill="{ink.fills[Kind.BUILDING]}"{edge} d="{seen[Kind.BUILDING]}"/>'
    yield '<g fill="none" stroke-linejoin="round" stroke-linecap="round">'
    for kind, colour, dashes in _thin_lines(ink):
        if kind in seen:
            yield f'<path stroke="{colour}"{_width(style.width_px(kind, zoom))}{dashes} d="{seen[kind]}"/>'
    roads = [kind for kind in style.ROADS if kind in seen]
    yield "<defs>"
    yield from (f'<path id="{prefix}{kind}" d="{seen[kind]}"/>' for kind in roads)
    yield "</defs>"
    for group in ([k for k in roads if k < Kind.MOTORWAY_LINK], [k for k in roads if k >= Kind.MOTORWAY_LINK]):
        yield from _cased(group, zoom, ink, prefix)
    yield "</g>"


def _thin_lines(ink: Ink) -> Iterator[tuple[Kind, str, str]]:
    """Yield the lines without a casing, each with its colour and its dashes."""
    yield Kind.STREAM, ink.fills[Kind.WATER], ""
    yield Kind.RIVER, ink.fills[Kind.WATER], ""
    yield Kind.TUNNEL, ink.tunnel, ""
    yield Kind.RAIL, ink.rail, ""
    yield Kind.PATH, ink.path, ' stroke-dasharray="1 12"'


def _cased(kinds: Sequence[Kind], zoom: int, ink: Ink, prefix: str) -> Iterator[str]:
    """Yield roads that meet on one level: first the edges of all, then their surfaces, so that crossings are open.

    From afar there are only the edges, which then are lines.
    """
    casing = 2 * style.casing_px(zoom) if zoom >= _CASED_FROM else 0.0
    for kind in kinds:
        colour = ink.motorway_casing if kind >= Kind.MOTORWAY_LINK else ink.road_casing
        yield f'<use href="#{prefix}{kind}" stroke="{colour}"{_width(style.width_px(kind, zoom) + casing)}/>'
    for kind in kinds if casing else ():
        colour = ink.motorway if kind >= Kind.MOTORWAY_LINK else ink.road
        yield f'<use href="#{prefix}{kind}" stroke="{colour}"{_width(style.width_px(kind, zoom))}/>'


def _width(pixels: float) -> str:
    return f' stroke-width="{pixels * STEPS_PER_PIXEL:.3g}"'


def _lettering(names: Iterable[Label], frame: Frame, ink: Ink) -> Iterator[str]:
    """Yield the names, grouped by colour."""
    halo = f'stroke="{ink.halo}"{_width(_HALO_PX)} stroke-linejoin="round" paint-order="stroke"'
    yield f'<g font-family="system-ui,sans-serif" text-anchor="middle" {halo}>'
    coloured = sorted(names, key=lambda label: (ink.texts.get(label.kind, ink.text), label.size_px))
    for (colour, size), group in itertools.groupby(
        coloured, key=lambda label: (ink.texts.get(label.kind, ink.text), label.size_px)
    ):
        yield f'<g fill="{colour}" font-size="{size * STEPS_PER_PIXEL:.3g}">'
        yield from (_text(label, frame) for label in group)
        yield "</g>"
    yield "</g>"


def _text(label: Label, frame: Frame) -> str:
    turn = f' transform="{label.turn(frame)}"' if label.angle else ""
    rows = (f'<tspan x="{x}" y="{y}">{escape(line)}</tspan>' for x, y, line in label.rows(frame, STEPS_PER_PIXEL))
    return f"<text{turn}>{''.join(rows)}</text>"
