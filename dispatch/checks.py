"""What is half configured about planning, told before a day is planned with it."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


@checks.register
def surroundings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge who is asked about roads and weather, and what electricity costs the air."""
    return list(chain(_router(), _weather(), _electricity()))


def _router() -> Iterator[checks.CheckMessage]:
    if settings.OSRM_URL and not _is_address(settings.OSRM_URL):
        yield checks.Error("OSRM_URL must be like http://127.0.0.1:5000.", id="doorstep.E019")


def _weather() -> Iterator[checks.CheckMessage]:
    if settings.WEATHER_FILE and settings.WEATHER_URL:
        yield checks.Error("WEATHER_FILE and WEATHER_URL are both set; only one is asked.", id="doorstep.E020")
    if settings.WEATHER_FILE and not settings.WEATHER_FILE.is_file():
        yield checks.Error(f"WEATHER_FILE is {settings.WEATHER_FILE}, and there is no such file.", id="doorstep.E021")
    if settings.WEATHER_URL and not _is_address(settings.WEATHER_URL):
        yield checks.Error("WEATHER_URL must begin with https:// or http://.", id="doorstep.E022")


def _electricity() -> Iterator[checks.CheckMessage]:
    if not 0 <= settings.ELECTRICITY_KG_CO2E < math.inf:
        yield checks.Error("ELECTRICITY_KG_CO2E must be 0 or more.", id="doorstep.E023")


def _is_address(url: str) -> bool:
    place = urlsplit(url)
    return bool(place.scheme in ("http", "https") and place.hostname)
