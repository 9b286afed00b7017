"""The environment of this installation, read once; the only reader of ``os.environ``.

Values are parsed here and judged in ``config.checks``: a value that cannot be read at all stops the
start with the variable's name, one that is half done becomes a system check.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"

_BOOLEANS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What an installation may be told from outside; ``.env.example`` has a row for each."""

    secret_key: str
    debug: bool
    allowed_hosts: list[str]
    base_url: str
    database_url: str
    redis_url: str
    map_areas: list[Path]
    map_tile_url: str
    speed: float

    @classmethod
    def read(cls, source: Mapping[str, str] = os.environ) -> Self:
        """Read every variable, an empty one counting as absent.

        Raises ``ImproperlyConfigured`` naming the variable where a value cannot be read.
        """
        given = {name: value.strip() for name, value in source.items() if value.strip()}
        debug = _boolean(given, "DEBUG", default=False)
        return cls(
            secret_key=given.get("SECRET_KEY", "only-for-debug" if debug else ""),
            debug=debug,
            allowed_hosts=_words(given.get("ALLOWED_HOSTS", "127.0.0.1,localhost")),
            base_url=given.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
            database_url=given.get("DATABASE_URL", f"sqlite:///{VAR / 'doorstep.sqlite3'}"),
            redis_url=given.get("REDIS_URL", f"unix://{VAR / 'redis.sock'}?db=0"),
            map_areas=[ROOT / area for area in _words(given.get("MAP_AREA", "atlas/data/helsinki.area"))],
            map_tile_url=given.get("MAP_TILE_URL", ""),
            speed=_number(given, "SPEED", default=1.0),
        )


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _boolean(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = given.get(name, str(default)).lower()
    if value not in _BOOLEANS:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(_BOOLEANS)}.")
    return _BOOLEANS[value]


def _number(given: Mapping[str, str], name: str, *, default: float) -> float:
    value = given.get(name, str(default))
    try:
        return float(value)
    except ValueError as mistake:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a number.") from mistake
