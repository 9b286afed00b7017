"""The areas of this installation: which packs it has, loaded once, and which of them a point is in.

The system check asks for what is wrong with them, and web processes and workers run the checks when
they start: so packs are loaded then, and not while somebody waits for a page.
"""

import functools
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

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
    bounds: Bounds
    streets: Streets
    addresses: Addresses
    sheet: Sheet

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load a pack. Raises ``BadPack`` with the reason where it cannot be used."""
        packed = Pack(path)
        try:
            bounds = Bounds.parse(packed.meta["bounds"])
            name = packed.meta["name"]
        except (KeyError, ValueError) as problem:
            raise BadPack(f"{path}: its name or bounds are not there ({problem})") from problem
        sheet = Sheet(Shapes.from_arrays(packed.arrays("shapes")))
        return cls(packed, name, bounds, Streets(packed), Addresses(packed), sheet)


class _Loaded(NamedTuple):
    """What came of the packs of the settings."""

    areas: Sequence[Area]
    problems: Sequence[BadPack]


def loaded() -> Sequence[Area]:
    """List the areas of the settings, the smallest first; one with a bad pack is left out.

    The first call loads them, whoever makes it, while others wait.
    """
    return _loaded().areas


def problems() -> Sequence[BadPack]:
    """List what is wrong with the packs of the settings; loads them like ``loaded``."""
    return _loaded().problems


def find(latitude: float, longitude: float) -> Area | None:
    """Find the smallest area that holds the point."""
    return next((area for area in loaded() if area.bounds.contains(latitude, longitude)), None)


def _loaded() -> _Loaded:
    with _loading:
        return _load(tuple(Path(path) for path in settings.MAP_AREAS))


@functools.lru_cache(maxsize=1)
def _load(paths: tuple[Path, ...]) -> _Loaded:
    areas, problems = [], []
    for path in paths:
        try:
            areas.append(Area.load(path))
        except BadPack as problem:
            logger.warning("An area is without a map: %s.", problem)
            problems.append(problem)
    return _Loaded(sorted(areas, key=lambda area: area.bounds.square_degrees), problems)
