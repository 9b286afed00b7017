"""What is half configured about planning, told before a day is planned with it."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from dispatch.models import Hub
from tracking.rounds.models import Carrier, Place, PlaceKind


@checks.register
def surroundings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge who is asked about roads and weather, and what electricity and carbon cost."""
    return list(chain(_router(), _weather(), _electricity(), _carbon()))


@checks.register(checks.Tags.database)
def fleet(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge what is entered of hubs and fleets; asked where a database is at hand, as by ``migrate``."""
    if not kwargs.get("databases"):
        return []
    try:
        return list(chain(_hubs(), _costs()))
    except DatabaseError:
        return []  # before the first migration there are no tables, and nothing is half entered


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


def _carbon() -> Iterator[checks.CheckMessage]:
    if not 0 <= settings.CARBON_PRICE < math.inf:
        yield checks.Error("CARBON_PRICE must be 0 or more.", id="doorstep.E024")


def _hubs() -> Iterator[checks.CheckMessage]:
    """Find hubs that somebody works from, or means to, and that lack what a day is planned with."""
    if Hub.objects.exists():
        for slug in Place.objects.filter(kind=PlaceKind.HUB, hub=None).values_list("slug", flat=True):
            yield checks.Warning(
                f"The place {slug} is a hub without hours; no day is planned there.", id="doorstep.W025"
            )
    for place_id in Hub.objects.filter(cutoffs=None).values_list("place__slug", flat=True):
        yield checks.Warning(f"The hub {place_id} has no cut-offs; nothing can be ordered from it.", id="doorstep.W026")


def _costs() -> Iterator[checks.CheckMessage]:
    """Find carriers whose drivers have duties, and of whom nobody said what they cost."""
    unknown = Carrier.objects.filter(drivers__shifts__duty__isnull=False, fleet=None).order_by("slug").distinct()
    for slug in unknown.values_list("slug", flat=True):
        yield checks.Warning(f"Nobody said what the fleet {slug} costs; it is planned as free.", id="doorstep.W027")


def _is_address(url: str) -> bool:
    place = urlsplit(url)
    return bool(place.scheme in ("http", "https") and place.hostname)
