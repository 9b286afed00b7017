"""The path data of everything in a box, kind by kind: what tiles and the small map have in common."""

import itertools
from collections.abc import Iterable

import numpy as np

from atlas.drawing import paths
from atlas.drawing.paths import Frame
from atlas.drawing.shapes import Box, Kind
from atlas.drawing.sheet import Sheet

Layers = dict[Kind, str]


def within(sheet: Sheet, box: Box, zoom: int, frame: Frame, kinds: Iterable[Kind] | None = None) -> Layers:
    """Write what can be seen in a box at a zoom, in the order of drawing: all kinds, or only these.

    Kinds of which there is nothing are missing.
    """
    level = sheet.level(zoom)
    written: Layers = {}
    for layer, write in ((level.areas, paths.outlines), (level.lines, paths.strokes)):
        found, geometries = layer.within(box, kinds)
        sorts = layer.kinds[found]
        borders = [0, *(np.flatnonzero(np.diff(sorts)) + 1).tolist(), len(sorts)]
        for start, stop in itertools.pairwise(borders):
            if start < stop and (data := write(geometries[start:stop], frame)):
                written[Kind(sorts[start])] = data
    return written
