"""The areas of this installation: which packs it has, loaded once, and which of them a point is in."""

import functools
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.conf import settings

from atlas.addresses import Addresses
from atlas.drawing.shapes import Shapes
from atlas.drawing.sheet import Sheet
from atlas.pack import BadPack, Pack
from atlas.projection import Bounds
from atlas.streets.routing import Streets

logger = logging.getLogger(__name__)

_loading = threading.Lock()


@dataclass(frozen=True, eq=False, slots=True)
class Area:
    """An area pack in memory. Nothing in it changes, and every thread may read it."""

    pack: Pack
    name: str
    attribution: str
    bounds: Bounds
    streets: Streets
    addresses: Addresses
    sheet: Sheet

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load a pack. Raises ``BadPack`` with the reason where it cannot be used."""
        packed = Pack(path)
        try:
            bounds = Bounds(*(float(degrees) for degrees in packed.meta["bounds"].split(",")))
            name, attribution = packed.meta["name"], packed.meta["attribution"]
        except (KeyError, TypeError, ValueError) as problem:
            raise BadPack(f"{path}: its name, attribution or bounds are missing") from problem
        sheet = Sheet(Shapes.from_arrays(packed.arrays("shapes")))
        return cls(packed, name, attribution, bounds, Streets(packed), Addresses(packed), sheet)


def preload() -> None:
    """Load every area of the settings now, so that no request waits for it. Twice is safe."""
    loaded()


def loaded() -> Sequence[Area]:
    """List the areas of the settings, the smallest first; a broken pack is left out, and logged.

    The first call loads them, whoever makes it, while others wait.
    """
    with _loading:
        return _load(tuple(Path(path) for path in settings.MAP_AREAS))


def find(latitude: float, longitude: float) -> Area | None:
    """Find the smallest area that holds the point."""
    return next((area for area in loaded() if area.bounds.contains(latitude, longitude)), None)


@functools.lru_cache(maxsize=1)
def _load(paths: tuple[Path, ...]) -> tuple[Area, ...]:
    areas = []
    for path in paths:
        try:
            areas.append(Area.load(path))
        except BadPack:
            logger.exception("An area pack cannot be used, and its area is without a map.")
    return tuple(sorted(areas, key=lambda area: area.bounds.square_degrees))
