"""A driver's phone: where it believes to be, and how it tells Doorstep, by the OsmAnd protocol over HTTP."""

import http.client
import logging
import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from random import Random
from typing import Final
from urllib.parse import urlencode, urlsplit

from atlas.projection import Plane
from atlas.streets.graph import Point

ERROR_M: Final = 2.5
"""The standard deviation of a reading to either side, as of a phone behind a windscreen with an open sky."""

PERSISTENCE: Final = 0.9
"""How much of the error of one second is still there in the next: readings wander, they do not jump."""

STANDING_MPS: Final = 0.5
KNOTS_PER_MPS: Final = 1 / 0.514444
PATIENCE_SECONDS: Final = 2.0
KEPT: Final = 120

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phone reads off its receiver: degrees, the heading (``None`` while it stands) and the speed."""

    latitude: float
    longitude: float
    heading: float | None
    speed_mps: float
    recorded_at: datetime


class Receiver:
    """The receiver in a phone: a few metres off, in a direction that changes slowly."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._error_m = [chance.gauss(0, ERROR_M), chance.gauss(0, ERROR_M)]
        self._last: tuple[Point, datetime] | None = None

    def read(self, point: Point, *, at: datetime) -> Reading:
        """Read where the phone is that truly is at ``point``."""
        before, before_at = self._last or (point, at)
        self._last = (point, at)
        plane = Plane(point[0])
        here_m = plane.to_metres(*point)
        east_m, north_m = (here_m - plane.to_metres(*before)).tolist()
        seconds = (at - before_at).total_seconds()
        speed_mps = math.hypot(east_m, north_m) / seconds if seconds > 0 else 0.0
        latitude, longitude = plane.to_degrees(here_m + self._wander()).tolist()
        heading = math.degrees(math.atan2(east_m, north_m)) % 360 if speed_mps > STANDING_MPS else None
        return Reading(latitude, longitude, heading, speed_mps, at)

    def _wander(self) -> list[float]:
        fresh_m = ERROR_M * math.sqrt(1 - PERSISTENCE**2)
        self._error_m = [PERSISTENCE * error_m + self._chance.gauss(0, fresh_m) for error_m in self._error_m]
        return self._error_m


class Phone:
    """Tells one device's address where it is. What could not be told is kept, and told later, oldest first."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
        self._untold: deque[Reading] = deque(maxlen=KEPT)

    def tell(self, reading: Reading) -> None:
        """Send a reading, after those that are still waiting. Doorstep being away is no failure."""
        self._untold.append(reading)
        try:
            while self._untold and self._send(self._untold[0]):
                self._untold.popleft()
        except (OSError, http.client.HTTPException) as problem:
            self._connection.close()
            logger.info("A position waits: %s.", problem)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _send(self, reading: Reading) -> bool:
        self._connection.request("POST", f"{self._path}?{urlencode(as_osmand(reading))}")
        answer = self._connection.getresponse()
        said = answer.read()
        if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.warning("A position was refused (%s): %s", answer.status, said[:200])
        return answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def as_osmand(reading: Reading) -> dict[str, str]:
    """Put a reading into the words of OsmAnd and Traccar Client: milliseconds, knots."""
    words = {
        "id": "doorstep-demo",
        "timestamp": str(round(reading.recorded_at.timestamp() * 1000)),
        "lat": f"{reading.latitude:.6f}",
        "lon": f"{reading.longitude:.6f}",
        "speed": f"{reading.speed_mps * KNOTS_PER_MPS:.2f}",
        "accuracy": f"{2 * ERROR_M:.0f}",
    }
    return words if reading.heading is None else {**words, "bearing": f"{reading.heading:.0f}"}
