"""How a protocol spells one fix: what it calls the parts, and in which units. Pure.

A part that a device leaves out is unknown, as is one it says is negative; one that is no number, or no possible one,
makes the fix unreadable.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

from tracking.rounds.fixes import RawFix

KNOT_MPS: Final = 1852 / 3600
KMH_MPS: Final = 1 / 3.6
MOST_SPEED: Final = 10_000.0
MOST_ACCURACY_M: Final = 1_000_000.0
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2999
MILLISECONDS_FROM: Final = 1e11
"""As seconds this would be a day after the year 5000; as milliseconds it is one in 1973."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class Unreadable(Exception):
    """A request, or one item of it, holds no fix; the message says what is wrong, and never repeats what was sent."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The names of the parts of a fix; of several, the first one that was sent counts."""

    latitude: tuple[str, ...]
    longitude: tuple[str, ...]
    recorded_at: tuple[str, ...]
    heading: tuple[str, ...]
    accuracy: tuple[str, ...]
    speed: Mapping[str, float]
    """The names of the speed, each with what one of its units is in m/s."""

    is_text: bool = False
    """Numbers come as text, and a fix without a time was recorded when it came in."""

    def read(self, sent: Mapping[str, Any], *, at: datetime) -> RawFix:
        """Read a fix that came in ``at``.

        Raises ``Unreadable`` where it is none.
        """
        latitude = self._degrees(sent, self.latitude, most=90.0)
        longitude = self._degrees(sent, self.longitude, most=180.0)
        if latitude == longitude == 0:
            raise Unreadable("lat and lon are both 0, which is what devices say when they do not know.")
        heading = self._measure(sent, _find(sent, self.heading), most=360.0)
        speed_name = _find(sent, self.speed)
        speed = self._measure(sent, speed_name, most=MOST_SPEED)
        return RawFix(
            latitude=latitude,
            longitude=longitude,
            recorded_at=self._recorded_at(sent, at=at),
            heading=None if heading is None else heading % 360,
            speed_mps=None if speed is None else speed * self.speed[speed_name],
            accuracy_m=self._measure(sent, _find(sent, self.accuracy), most=MOST_ACCURACY_M),
        )

    def _degrees(self, sent: Mapping[str, Any], names: tuple[str, ...], *, most: float) -> float:
        name = _find(sent, names)
        number = self._number(sent, name)
        if number is None:
            raise Unreadable(f"{name} is missing.")
        if abs(number) > most:
            raise Unreadable(f"{name} lies outside -{most:.0f} to {most:.0f}.")
        return number

    def _measure(self, sent: Mapping[str, Any], name: str, *, most: float) -> float | None:
        number = self._number(sent, name)
        if number is None or number < 0:
            return None
        if number > most:
            raise Unreadable(f"{name} is above {most:.0f}.")
        return number

    def _number(self, sent: Mapping[str, Any], name: str) -> float | None:
        value = sent.get(name)
        if value is None or value == "":
            return None
        is_number = _is_digits(value) if self.is_text else _is_json_number(value)
        number = float(value) if is_number else math.nan
        if not math.isfinite(number):
            raise Unreadable(f"{name} is not a number.")
        return number

    def _recorded_at(self, sent: Mapping[str, Any], *, at: datetime) -> datetime:
        name = _find(sent, self.recorded_at)
        value = sent.get(name)
        if value is None or value == "":
            if self.is_text:
                return at
            raise Unreadable(f"{name} is missing.")
        try:
            moment = _moment(value)
        except (ValueError, OverflowError) as error:
            raise Unreadable(f"{name} is neither seconds or milliseconds since 1970 nor ISO 8601.") from error
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise Unreadable(f"{name} lies outside the years {FIRST_YEAR} to {LAST_YEAR}.")
        return moment.astimezone(UTC)


def _find(sent: Mapping[str, Any], names: Mapping[str, float] | tuple[str, ...]) -> str:
    """Choose the name under which a part was sent; the first one where it was not."""
    return next((name for name in names if sent.get(name) not in (None, "")), next(iter(names)))


def _is_digits(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _is_json_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moment(value: object) -> datetime:
    """Read seconds or milliseconds since 1970, or ISO 8601, which is UTC where it names no zone.

    Raises ``ValueError`` or ``OverflowError`` where it is neither.
    """
    if _is_json_number(value) or _is_digits(value):
        number = float(value)
        unit = "milliseconds" if abs(number) >= MILLISECONDS_FROM else "seconds"
        return EPOCH + timedelta(**{unit: number})
    text = value if isinstance(value, str) else ""
    # A plus that was not escaped in a query arrives as a space.
    moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
