"""Areas that could not be put together from the extract as it is: cut by its edge, or drawn across themselves."""

from collections.abc import Sequence

import shapely

from atlas.building.shapes import borders, chains
from atlas.building.shapes.borders import WrongWay
from atlas.building.shapes.chains import Chain
from atlas.drawing.shapes import Box


class Ambiguous(Exception):
    """An area of whose outline so much is missing that one cannot tell its inside from its outside."""


def mended(ways: Sequence[Chain], box: Box) -> shapely.Geometry:
    """Put together the part of an area that lies in the box, as one geometry.

    Missing nodes are taken to lie outside the box: the outline is closed along the box's border. Outer
    and inner rings need not be told apart: what lies in an even number of rings is outside. Raises
    ``Ambiguous`` where more than one part of the outline is open.
    """
    joined = [borders.bridged(chain, box) for chain in chains.join(ways, may_turn=True)]
    if sum(not chain.is_closed for chain in joined) > 1:
        raise Ambiguous
    area: shapely.Geometry = shapely.Polygon()
    for chain in joined:
        is_whole = chain.is_closed and chain.is_known
        part = borders.polygon(chain.points) if is_whole else _closed_along_border(chain, box)
        area = shapely.symmetric_difference(area, part)
    return shapely.intersection(area, shapely.box(*box))


def _closed_along_border(chain: Chain, box: Box) -> shapely.Geometry:
    """Close an outline on the side whose area is nearer to what the known nodes alone go round."""
    runs = borders.runs(chain, box)
    known = borders.polygon([point for run in runs for point in run])
    try:
        sides = [borders.close(side, box) for side in (runs, [run[::-1] for run in runs])]
    except WrongWay:  # ends that were carried past one another at a corner
        return known
    areas = [shapely.union_all([borders.polygon(ring) for ring in rings]) for rings in sides]
    return min(areas, key=lambda area: abs(area.area - known.area))
