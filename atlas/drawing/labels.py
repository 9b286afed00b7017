"""Names on the map, each where there is room for it: larger things first, and none over another.

The names of an area are placed block by block, where a block is a square of tiles and no name crosses
its edge. So every tile of a block shows the same names, and no neighbour need be asked.
"""

import functools
import math
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from atlas.drawing import lettering, shapes
from atlas.drawing.paths import Frame
from atlas.drawing.shapes import Box, Kind
from atlas.drawing.sheet import PIXELS_PER_TILE, Sheet, units_per_pixel
from atlas.projection import Floats

TILES_PER_BLOCK = 4
_BLOCKS_KEPT = 256

# From which zoom on the names of a kind of road are shown.
_ROADS_FROM = {
    Kind.MOTORWAY: 13, Kind.PRIMARY: 13, Kind.SECONDARY: 14, Kind.TERTIARY: 15, Kind.STREET: 15, Kind.SERVICE: 17,
    Kind.PATH: 18, Kind.TUNNEL: 16, Kind.RIVER: 15,
}  # fmt: skip
_POINTS_FROM = {Kind.WATER: 12, Kind.GREEN: 14, Kind.WOOD: 14, Kind.SQUARE: 16, Kind.PLACE: 9}
_HOUSES_FROM = 18
_HOUSE_SIZE_PX = 9.5
_POINT_RANKS = (Kind.PLACE, Kind.WATER, Kind.GREEN, Kind.WOOD, Kind.SQUARE)
_PLACE_RADIUS_PX = (22.0, 640.0)  # a place that looks smaller is nothing yet, a larger one is all around
_AREA_RADIUS_PX = 9.0
_APART_PX = 260.0  # between two labels of one name
_EVERY_PX = 420.0  # along a road
_PADDING_PX = 3.0
_LINE_EM = 1.15
_DESCENT_EM = 0.35  # from the middle of a line of text down to its baseline
_BEND = 0.16  # how far a road may leave the straight line under its name, in ems


Point = tuple[float, float]
_Disc = tuple[float, float, float]  # x, y, radius


class Label(NamedTuple):
    """A name in its place: its middle on the world, its angle in degrees clockwise, its size in pixels."""

    kind: Kind
    lines: list[str]
    x: float
    y: float
    angle: float
    size_px: float
    reach_px: float

    def meets(self, box: Box, unit: float) -> bool:
        """Tell whether any of it may lie in the box."""
        around = box.grown(self.reach_px * unit)
        return around.left < self.x < around.right and around.bottom < self.y < around.top

    def rows(self, frame: Frame, steps_per_pixel: int) -> list[tuple[int, int, str]]:
        """Say where on paper its lines begin; with an angle, as seen from its middle."""
        x, y = (0, 0) if self.angle else self._middle(frame)
        size = self.size_px * steps_per_pixel
        first = y + size * (_DESCENT_EM - (len(self.lines) - 1) * _LINE_EM / 2)
        rows = map(lettering.printable, self.lines)
        return [(x, round(first + place * size * _LINE_EM), row) for place, row in enumerate(rows)]

    def turn(self, frame: Frame) -> str:
        """Give the transformation that takes its rows to where they belong, if it has an angle."""
        x, y = self._middle(frame)
        return f"translate({x} {y})rotate({self.angle:.1f})"

    def _middle(self, frame: Frame) -> tuple[int, int]:
        x, y = frame.to_paper(np.array([self.x, self.y])).tolist()
        return x, y


class Spot(NamedTuple):
    """Where a name may stand: its middle in pixels from the middle of the box, y upwards, and its angle."""

    x: float
    y: float
    angle: float


class _Board:
    """What has been placed so far, as discs in pixels from the middle of the box."""

    def __init__(self, box: Box, unit: float) -> None:
        self.unit = unit
        self.middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        self._half = (box.width / 2 / unit, box.height / 2 / unit)
        self._discs: defaultdict[tuple[int, int], list[_Disc]] = defaultdict(list)
        self._names: defaultdict[str, list[Point]] = defaultdict(list)

    def from_world(self, point: NDArray[np.int32]) -> Point:
        x, y = ((point - self.middle) / self.unit).tolist()
        return x, y

    def to_world(self, point: Point) -> Point:
        return self.middle[0] + point[0] * self.unit, self.middle[1] + point[1] * self.unit

    def put(self, name: str | None, middle: Point, discs: list[_Disc]) -> bool:
        """Place a name if it is far from its like, in the box, and clear of all others; ``None`` has no like."""
        if name is not None and any(math.dist(middle, other) < _APART_PX for other in self._names[name]):
            return False
        if not all(self._is_free(disc) for disc in discs):
            return False
        if name is not None:
            self._names[name].append(middle)
        for disc in discs:
            for cell in _cells(disc):
                self._discs[cell].append(disc)
        return True

    def _is_free(self, disc: _Disc) -> bool:
        x, y, radius = disc
        if abs(x) + radius > self._half[0] or abs(y) + radius > self._half[1]:
            return False
        return not any(
            (x - other_x) ** 2 + (y - other_y) ** 2 < (radius + other_radius) ** 2
            for cell in _cells(disc)
            for other_x, other_y, other_radius in self._discs.get(cell, ())
        )


@functools.lru_cache(maxsize=_BLOCKS_KEPT)
def of_block(sheet: Sheet, zoom: int, column: int, row: int) -> list[Label]:
    """Place the names of one block; blocks are counted like tiles, from the north-west."""
    side = units_per_pixel(zoom) * PIXELS_PER_TILE * TILES_PER_BLOCK
    left, top = column * side, shapes.WORLD - row * side
    box = Box(left, top - side, left + side, top)
    return placed(sheet, box.common(sheet.box), zoom) if box.meets(sheet.box) else []


def placed(sheet: Sheet, box: Box, zoom: float) -> list[Label]:
    """Place the names of what is in a box, the most important first; in a box without height there are none."""
    if box.width <= 0 or box.height <= 0:
        return []
    board = _Board(box, units_per_pixel(zoom))
    return [*_points(sheet, box, zoom, board), *_roads(sheet, box, zoom, board), *_houses(sheet, box, zoom, board)]


def _points(sheet: Sheet, box: Box, zoom: float, board: _Board) -> Iterator[Label]:
    labels = sheet.shapes.labels
    shown = [kind for kind, since in _POINTS_FROM.items() if zoom >= since]
    found = sorted(
        (_POINT_RANKS.index(Kind(labels.kinds[place])), -int(labels.radii[place]), labels.names[place], place)
        for place in labels.within(box, shown)
    )
    for rank, radius, name, place in found:
        kind, radius_px = _POINT_RANKS[rank], -radius / board.unit
        size = _point_size_px(kind, radius_px, zoom)
        lines = lettering.wrapped(name.upper() if kind == Kind.PLACE else name)
        width = max(map(lettering.width_em, lines), default=0.0) * size
        if not _has_room(kind, radius_px, width):
            continue
        middle = board.from_world(labels.points[place])
        if board.put(name, middle, _discs(*middle, 0.0, width, size * len(lines) * _LINE_EM / 2)):
            yield Label(kind, lines, *board.to_world(middle), 0.0, size, width / 2 + size * len(lines))


def _has_room(kind: Kind, radius_px: float, width_px: float) -> bool:
    if kind == Kind.PLACE:
        smallest, largest = _PLACE_RADIUS_PX
        return width_px > 0 and smallest <= radius_px <= largest
    return radius_px >= _AREA_RADIUS_PX and 0 < width_px <= 4.5 * radius_px


def _point_size_px(kind: Kind, radius_px: float, zoom: float) -> float:
    if kind == Kind.PLACE:
        return 10.5 if radius_px < 60 else 11.5
    if kind == Kind.WATER:
        return 13.0 if radius_px > 60 else 11.0
    return 10.0 if zoom < 17 else 11.0


def _roads(sheet: Sheet, box: Box, zoom: float, board: _Board) -> Iterator[Label]:
    shown = [kind for kind, since in _ROADS_FROM.items() if zoom >= since]
    if not shown:
        return
    lines = sheet.level(int(zoom)).lines
    found, geometries = lines.within(box, shown)
    parts, owners = shapely.get_parts(geometries, return_index=True)
    lengths = shapely.length(parts) / board.unit
    order = sorted(
        (-int(lines.kinds[found[owner]]), -float(length), str(lines.names[found[owner]]), place)
        for place, (owner, length) in enumerate(zip(owners.tolist(), lengths, strict=True))
    )
    for kind, length, name, place in order:
        size = _road_size_px(Kind(-kind), zoom)
        width = lettering.width_em(name) * size
        if not name or width + 2 * _PADDING_PX > -length:
            continue
        line = (shapely.get_coordinates(parts[place]) - board.middle) / board.unit
        for spots in _straight_spots(line, width, size):
            spot = next((spot for spot in spots if board.put(name, spot[:2], _discs(*spot, width, size * 0.6))), None)
            if spot is not None:
                yield Label(Kind(-kind), [name], *board.to_world(spot[:2]), spot[2], size, width / 2 + size)


def _houses(sheet: Sheet, box: Box, zoom: float, board: _Board) -> Iterator[Label]:
    labels = sheet.shapes.labels
    for place in labels.within(box, [Kind.HOUSE] if zoom >= _HOUSES_FROM else []):
        number = labels.names[place]
        width = lettering.width_em(number) * _HOUSE_SIZE_PX
        middle = board.from_world(labels.points[place])
        if number and board.put(None, middle, _discs(*middle, 0.0, width, _HOUSE_SIZE_PX / 2)):
            yield Label(Kind.HOUSE, [number], *board.to_world(middle), 0.0, _HOUSE_SIZE_PX, width)


def _road_size_px(kind: Kind, zoom: float) -> float:
    larger = 0.5 if kind >= Kind.SECONDARY else 0.0
    return float(np.interp(zoom, (14, 16, 17, 18, 19), (10, 10.5, 11.5, 12.5, 14))) + larger


def _straight_spots(line: Floats, width: float, size: float) -> Iterator[list[Spot]]:
    """Yield, stretch by stretch, where along a line a text of that width can stand nearly straight, best first."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    length = float(along[-1])
    half = width / 2 + _PADDING_PX
    stretches = max(1, round(length / _EVERY_PX))
    for stretch in range(stretches):
        middle, room = (stretch + 0.5) * length / stretches, length / stretches / 2 - half
        tries = middle + np.array([0.0, 0.4, -0.4, 0.8, -0.8]) * max(room, 0.0)
        at = tries[:, None] + np.array([-half, -half / 2, 0.0, half / 2, half])
        x, y = np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])
        across, upwards = x[:, -1] - x[:, 0], y[:, -1] - y[:, 0]
        reach = np.hypot(across, upwards) + 1e-9
        bend = np.abs((x - x[:, :1]) * upwards[:, None] - (y - y[:, :1]) * across[:, None]).max(axis=1) / reach
        straight = np.flatnonzero((bend < _BEND * size) & (reach > 1.9 * half)).tolist()
        yield [Spot(float(x[i, 2]), float(y[i, 2]), _upright(float(across[i]), float(upwards[i]))) for i in straight]


def _upright(across: float, upwards: float) -> float:
    """Turn a direction into the angle of a text that is never upside down: between -90 and 90 degrees, clockwise."""
    angle = math.degrees(math.atan2(-upwards, across))
    return angle - 180 * round(angle / 180)


def _discs(x: float, y: float, angle: float, width: float, half_height: float) -> list[_Disc]:
    """Cover a text with discs in a row, each reaching the middle of the next."""
    radius = half_height + _PADDING_PX
    count = max(1, math.ceil(width / radius))
    dx, dy = math.cos(math.radians(angle)) * width / count, -math.sin(math.radians(angle)) * width / count
    steps = [place - (count - 1) / 2 for place in range(count)]
    return [(x + step * dx, y + step * dy, radius) for step in steps]


def _cells(disc: _Disc) -> list[tuple[int, int]]:
    """List the cells of 64 pixels that a disc may touch."""
    x, y, radius = disc
    columns = range(int((x - radius) // 64), int((x + radius) // 64) + 1)
    rows = range(int((y - radius) // 64), int((y + radius) // 64) + 1)
    return [(column, row) for column in columns for row in rows]
