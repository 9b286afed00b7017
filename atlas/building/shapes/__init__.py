"""The shapes to draw, read from an OpenStreetMap extract: ``read`` is all that the neighbours need."""

import logging
from collections.abc import Iterator
from pathlib import Path

from atlas.building.shapes import coastline, cut, extract, fitting
from atlas.building.shapes.coastline import BadCoastline
from atlas.building.shapes.extract import Feature, Sketch
from atlas.drawing import shapes
from atlas.drawing.shapes import Box, Kind, Shapes
from atlas.projection import Bounds

__all__ = ["BadCoastline", "read"]

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
    sea = coastline.sea(sketch.coastline, box)
    roads = fitting.on_world(sketch.lines, box)
    return Shapes(
        box,
        fitting.areas([*found, Feature(Kind.WATER, "", sea)], box),
        fitting.lines(roads, box),
        fitting.labels(sketch.places, found, box),
    )


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
