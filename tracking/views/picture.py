"""The map of a page: the door, or its surroundings until the second factor is given, and the van."""

from typing import Final, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from atlas import areas
from atlas.drawing import minimap
from atlas.drawing.minimap import Mark, MarkKind, MiniMap
from atlas.drawing.style import Theme
from tracking.facts import Facts, PositionFact
from tracking.shipments.lifecycle import Status
from tracking.surroundings import Goal

WIDTH_PX: Final = 360
HEIGHT_PX: Final = 300
OWN_TILES: Final = "/tiles/{z}/{x}/{y}.svg"
SHOWN: Final = frozenset({Status.PLANNED, Status.OUT_FOR_DELIVERY})
"""Statuses in which a map answers a question."""


class Tiles(NamedTuple):
    """Where the large map gets its tiles: templates with ``{z}``, ``{x}`` and ``{y}``."""

    by_day: str
    by_night: str


def tiles() -> Tiles:
    """Give the tiles of this installation: a provider's where one is set, otherwise those of the area packs."""
    if settings.MAP_TILE_URL:
        return Tiles(settings.MAP_TILE_URL, settings.MAP_TILE_URL)
    return Tiles(OWN_TILES, f"{OWN_TILES}?theme={Theme.DARK}")


def draw(known: Facts, goal: Goal | None, *, description: str) -> MiniMap | None:
    """Draw where it goes and where the driver is; ``None`` where that says nothing or there is no map of the place."""
    if goal is None or known.status not in SHOWN:
        return None
    area = areas.find(goal.latitude, goal.longitude)
    position = known.driver.position if known.driver else None
    marks = [_end(goal), *([_van(position)] if position else [])]
    return minimap.draw(
        area.sheet if area else None,
        marks,
        width=WIDTH_PX,
        height=HEIGHT_PX,
        title=_("Map"),
        description=description,
    )


def _end(goal: Goal) -> Mark:
    kind = MarkKind.PLACE if goal.is_exact else MarkKind.AROUND
    return Mark(kind, goal.latitude, goal.longitude, goal.radius_m)


def _van(position: PositionFact) -> Mark:
    return Mark(MarkKind.VAN, position.lat, position.lon, heading=position.heading)
