"""What the weather will be at a place: from a file, or from a server, in Doorstep's own words or Open-Meteo's.

``docs/weather.md`` describes both.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings

from dispatch.gateways import fetching
from dispatch.gateways.fetching import Unavailable
from dispatch.models.weather import Sky

Skies = dict[datetime, Sky]

_HOUR: Final = timedelta(hours=1)

# WMO code table 4677, as far as Open-Meteo uses it: the first code of each kind, until the next.
_FROM_CODE: Final = {
    0: Sky.CLEAR,
    45: Sky.FOG,
    51: Sky.RAIN,
    56: Sky.ICE,
    61: Sky.RAIN,
    65: Sky.HEAVY_RAIN,
    66: Sky.ICE,
    71: Sky.SNOW,
    80: Sky.RAIN,
    82: Sky.HEAVY_RAIN,
    85: Sky.SNOW,
    95: Sky.HEAVY_RAIN,
}
_LAST_CODE: Final = 99


def is_configured() -> bool:
    """Say whether anybody can be asked for the weather."""
    return bool(settings.WEATHER_FILE or settings.WEATHER_URL)


def hours(latitude: float, longitude: float, *, zone: ZoneInfo, around: datetime) -> Skies:
    """Ask what the weather is at a place, hour by hour, by the beginning of the hour in UTC.

    ``zone`` and ``around`` say which day's hours are meant where a source says the same of every day: that day's, and
    those of the day before and after. Raises ``Unavailable`` where nobody says, or what they say cannot be read.
    """
    document = _document(latitude, longitude)
    try:
        if "hourly" in document:
            return dict(_open_meteo(document))
        return {**dict(_every_day(document.get("every_day", {}), zone, around)), **dict(_dated(document))}
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as reason:
        raise Unavailable(f"It is no weather that can be read: {reason!r}.") from reason


def _document(latitude: float, longitude: float) -> dict[str, Any]:
    """Read the file, or ask the server; a place is told to 1 km, which is as fine as a forecast is."""
    if settings.WEATHER_FILE:
        return _read(settings.WEATHER_FILE)
    url = settings.WEATHER_URL.replace("{latitude}", f"{latitude:.2f}").replace("{longitude}", f"{longitude:.2f}")
    answer = fetching.get(url)
    if not isinstance(answer, dict):
        raise Unavailable("It is no weather that can be read.")
    return answer


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text()
        found: dict[str, Any] = orjson.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as reason:
        raise Unavailable(f"The file of the weather cannot be read: {reason}") from reason
    return found


def _open_meteo(document: Mapping[str, Any]) -> Iterator[tuple[datetime, Sky]]:
    """Read Open-Meteo's hours, local times of a fixed offset; an hour without a code is not known."""
    offset = timezone(timedelta(seconds=document.get("utc_offset_seconds", 0)))
    hourly = document["hourly"]
    for text, code in zip(hourly["time"], hourly["weather_code"], strict=True):
        if code is not None:
            yield datetime.fromisoformat(text).replace(tzinfo=offset).astimezone(UTC), _sky(code)


def _sky(code: int) -> Sky:
    if not 0 <= code <= _LAST_CODE:
        raise ValueError(code)
    return _FROM_CODE[max(first for first in _FROM_CODE if first <= code)]


def _dated(document: Mapping[str, Any]) -> Iterator[tuple[datetime, Sky]]:
    """Read our own hours, each with its date and offset."""
    for text, word in document.get("hours", {}).items():
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        yield moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0), Sky(word)


def _every_day(begins: Mapping[str, str], zone: ZoneInfo, around: datetime) -> Iterator[tuple[datetime, Sky]]:
    """Read our own hours of any day: local times, at each of which it becomes so until the next one."""
    changes = sorted((time.fromisoformat(text), Sky(word)) for text, word in begins.items())
    if not changes:
        return
    first = datetime.combine(around.astimezone(zone) - timedelta(days=1), time(), zone).astimezone(UTC)
    for hour in range(3 * 24):
        moment = first + hour * _HOUR
        local = moment.astimezone(zone).time()
        past = [sky for begin, sky in changes if begin <= local]
        yield moment.replace(minute=0), past[-1] if past else changes[-1][1]
