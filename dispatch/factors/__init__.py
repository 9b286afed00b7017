"""The dated tables of factors that planning rests on, each row with its source: travel, weather, emissions.

A table is a file here, ``<name>-<year>.toml``, that holds from its own day on. Adding a newer one leaves what was
worked out for earlier days as it was.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(__file__).parent


def table(name: str, *, on: date) -> Mapping[str, Any]:
    """Give the table that holds on a day; before the first one, the first one."""
    tables = _tables(name)
    return next((found for found in reversed(tables) if found["holds_from"] <= on), tables[0])


def newest(name: str) -> Mapping[str, Any]:
    """Give the table that holds last."""
    return _tables(name)[-1]


@cache
def _tables(name: str) -> list[Mapping[str, Any]]:
    found = [tomllib.loads(path.read_text()) for path in _FOLDER.glob(f"{name}-*.toml")]
    return sorted(found, key=_start)


def _start(found: Mapping[str, Any]) -> date:
    day: date = found["holds_from"]
    return day
