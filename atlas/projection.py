"""From degrees to metres and to the map's plane, and back. Everything takes numbers and numpy arrays alike."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
MAXIMUM_LATITUDE = 85.051128779806604  # where the square of Web Mercator ends

Floats = NDArray[np.float64]


class Bounds(NamedTuple):
    """A rectangle in degrees; one that crosses the 180th meridian is not supported."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``west,south,east,north``. Raises ``ValueError`` where that is no rectangle on the earth."""
        west, south, east, north = (float(part) for part in text.split(","))
        bounds = cls(west, south, east, north)
        if not bounds.is_valid:
            raise ValueError("west has to be less than east, south less than north, all of it on the earth")
        return bounds

    @property
    def is_valid(self) -> bool:
        """Whether this is a rectangle on the earth that holds at least something."""
        return -180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90

    @property
    def square_degrees(self) -> float:
        """How large it is, for comparing one rectangle with another."""
        return (self.east - self.west) * (self.north - self.south)

    def contains(self, latitude: float, longitude: float) -> bool:
        """Tell whether the point is inside or on the edge."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


class Plane:
    """A flat map in metres around one latitude: true to 0.1% within some 50 km, which is a city."""

    def __init__(self, latitude: float) -> None:
        self._y_scale = np.radians(1) * EARTH_RADIUS_M
        self._x_scale = self._y_scale * np.cos(np.radians(latitude))

    def to_metres(self, latitude: ArrayLike, longitude: ArrayLike) -> Floats:
        """Turn degrees into (x, y) in metres, one row a point."""
        x = np.asarray(longitude, dtype=np.float64) * self._x_scale
        y = np.asarray(latitude, dtype=np.float64) * self._y_scale
        return np.stack([x, y], axis=-1)

    def to_degrees(self, points: Floats) -> Floats:
        """Turn rows of (x, y) in metres back into rows of (latitude, longitude)."""
        return np.stack([points[..., 1] / self._y_scale, points[..., 0] / self._x_scale], axis=-1)


def distance_m(
    latitude: ArrayLike,
    longitude: ArrayLike,
    to_latitude: ArrayLike,
    to_longitude: ArrayLike,
) -> Floats:
    """Measure the crow's flight in metres (haversine on the mean sphere), element by element."""
    a, b, c, d = (np.radians(x) for x in (latitude, longitude, to_latitude, to_longitude))
    chord = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def to_mercator(latitude: ArrayLike, longitude: ArrayLike) -> Floats:
    """Turn degrees into Web Mercator's unit square: (0, 0) north-west, (1, 1) south-east."""
    clipped = np.clip(np.asarray(latitude, dtype=np.float64), -MAXIMUM_LATITUDE, MAXIMUM_LATITUDE)
    x = np.asarray(longitude, dtype=np.float64) / 360 + 0.5
    y = 0.5 - np.arctanh(np.sin(np.radians(clipped))) / (2 * np.pi)
    return np.stack([x, y], axis=-1)


def from_mercator(points: Floats) -> Floats:
    """Turn rows of Web Mercator's unit square back into rows of (latitude, longitude)."""
    latitude = np.degrees(np.arcsin(np.tanh((0.5 - points[..., 1]) * 2 * np.pi)))
    return np.stack([latitude, (points[..., 0] - 0.5) * 360], axis=-1)
