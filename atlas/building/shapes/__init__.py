"""The shapes to draw, read from an OpenStreetMap extract: ``read`` is all that the neighbours need."""

import logging
from collections.abc import Iterator
from pathlib import Path

import shapely

from atlas.building.shapes import borders, coastline, cut, extract, fitting
from atlas.building.shapes.coastline import BadCoastline
from atlas.building.shapes.extract import Feature, Sketch
from atlas.drawing import shapes
from atlas.drawing.shapes import Box, Kind, Shapes
from atlas.projection import Bounds

__all__ = ["BadCoastline", "read"]

ROAD_REACH_M = 120.0  # a block: so far a road that the extract's edge has cut is drawn on

logger = logging.getLogger(__name__)


def read(path: Path, bounds: Bounds) -> Shapes:
    """Read what there is to draw within the bounds.

    The same extract and bounds give the same shapes. Areas that the extract's edge has cut are closed
    along the bounds; one of which too much is missing is left out, with a warning in the log. Raises
    ``BadCoastline`` where land and sea cannot be told apart.
    """
    box = shapes.box_of(bounds)
    sketch = extract.read(path)
    found = [*fitting.on_world(sketch.areas, box), *_mended(sketch, box)]
    sea = Feature(Kind.WATER, "", coastline.sea(sketch.coastline, box))
    roads = fitting.on_world(sketch.lines, box)
    return Shapes(
        box,
        fitting.areas([*found, sea], box),
        fitting.lines([*roads, *_prolonged(sketch, box)], box),
        fitting.labels(sketch, found, box),
    )


def _prolonged(sketch: Sketch, box: Box) -> Iterator[Feature]:
    reach = ROAD_REACH_M * shapes.units_per_m(box)
    for kind, name, chain in sketch.cut_lines:
        for line in borders.prolonged(chain, box, reach=reach):
            yield from fitting.cut([Feature(kind, name, shapely.LineString(line))], box)


def _mended(sketch: Sketch, box: Box) -> Iterator[Feature]:
    for outline, ways in sketch.unfinished:
        try:
            geometry = cut.mended(ways, box)
        except cut.Ambiguous:
            logger.warning(
                "Left out %s %s of %d ways: too much of it is missing.",
                outline.kind.name.lower(),
                f"“{outline.name}”" if outline.name else "without a name",
                len(outline.ways),
            )
            continue
        if not geometry.is_empty:
            yield Feature(outline.kind, outline.name, geometry)
