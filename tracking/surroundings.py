"""Where a parcel goes, as far as anybody with the link may know it: a circle that many doors are in. Pure.

The middle of the circle is the middle of a square of a fixed grid, so that every door in the square gives the same
circle, and neither the circle nor the map around it says more than which square it is.
"""

from math import cos, floor, radians
from typing import Final, NamedTuple

GRID_DEGREES: Final = 0.0009
"""The side of a square, northwards: 100 m."""

RADIUS_M: Final = 85.0
"""The circle holds the whole square."""


class Goal(NamedTuple):
    """Where a parcel goes, in degrees, as exactly as its reader may know."""

    latitude: float
    longitude: float
    is_exact: bool

    @property
    def radius_m(self) -> float:
        """The circle in which it is; none around an exact place."""
        return 0 if self.is_exact else RADIUS_M


def goal(latitude: float | None, longitude: float | None, *, is_exact: bool) -> Goal | None:
    """Say where a parcel to this point goes; ``None`` where nobody knows the point of its address."""
    if latitude is None or longitude is None:
        return None
    if is_exact:
        return Goal(latitude, longitude, is_exact)
    return Goal(*of(latitude, longitude), is_exact)


def of(latitude: float, longitude: float) -> tuple[float, float]:
    """Give the middle of the square that a point is in, in degrees."""
    middle_latitude = (floor(latitude / GRID_DEGREES) + 0.5) * GRID_DEGREES
    width = width_degrees(middle_latitude)
    return middle_latitude, (floor(longitude / width) + 0.5) * width


def width_degrees(latitude: float) -> float:
    """Say how many degrees of longitude the side of a square is, eastwards."""
    return GRID_DEGREES / max(cos(radians(latitude)), GRID_DEGREES)
