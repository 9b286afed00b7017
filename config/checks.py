"""What is wrong with an installation although it can be read, told before a shopper meets it."""

import math
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import connection
from django.http.request import split_domain_port, validate_host


@checks.register(checks.Tags.security)
def environment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge each variable of the environment by itself, and those that must agree."""
    return [*_secret_key(), *_base_url(), *_redis_url(), *_map_tiles(), *_numbers(), *_media_storage()]


@checks.register(checks.Tags.security, deploy=True)
def deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge what is fine for a demo and not for real parcels."""
    return [*_real_time(), *_real_database(), *_collected_files()]


def _secret_key() -> Iterator[checks.CheckMessage]:
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured:
        yield checks.Error(
            "SECRET_KEY is missing.",
            hint="Set it to 50 or more random characters, the same ones for every process.",
            id="doorstep.E001",
        )


def _base_url() -> Iterator[checks.CheckMessage]:
    address = urlsplit(settings.BASE_URL)
    if not _is_origin(address):
        yield checks.Error(
            f"BASE_URL is {settings.BASE_URL!r}; it must be like https://track.example.com, without a path.",
            id="doorstep.E002",
        )
    elif not validate_host(split_domain_port(address.netloc)[0], settings.ALLOWED_HOSTS):
        yield checks.Error(
            f"BASE_URL is {settings.BASE_URL}, and ALLOWED_HOSTS does not allow that host.",
            hint=f"Add {address.hostname} to ALLOWED_HOSTS.",
            id="doorstep.E003",
        )


def _is_origin(address: SplitResult) -> bool:
    return bool(address.scheme in ("http", "https") and address.hostname and address.geturl().count("/") == 2)


def _redis_url() -> Iterator[checks.CheckMessage]:
    if urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        yield checks.Error("REDIS_URL must begin with redis://, rediss:// or unix://.", id="doorstep.E004")


def _map_tiles() -> Iterator[checks.CheckMessage]:
    url = settings.MAP_TILE_URL
    if url and not (url.startswith(("https://", "http://")) and all(part in url for part in ("{z}", "{x}", "{y}"))):
        yield checks.Error(
            "MAP_TILE_URL must be like https://tiles.example.com/{z}/{x}/{y}.png, or empty.", id="doorstep.E005"
        )


def _numbers() -> Iterator[checks.CheckMessage]:
    for name in ("SPEED", "SOCKETS_PER_ADDRESS", "SOCKETS_PER_LINK", "POSITION_DAYS"):
        value = getattr(settings, name)
        if not 0 < value < math.inf:
            yield checks.Error(f"{name} is {value}; it must be more than 0.", id="doorstep.E006")


def _media_storage() -> Iterator[checks.CheckMessage]:
    try:
        _ = storages["default"]
    except (ImproperlyConfigured, TypeError) as mistake:
        yield checks.Error(
            f"MEDIA_STORAGE, with its MEDIA_STORAGE_OPTIONS, is no storage: {mistake}",
            hint="Is its package installed, and does it know all of these options?",
            id="doorstep.E032",
        )


def _real_time() -> Iterator[checks.CheckMessage]:
    if settings.SPEED != 1:
        yield checks.Warning(f"SPEED is {settings.SPEED}: the estimates are for a simulation.", id="doorstep.W001")


def _real_database() -> Iterator[checks.CheckMessage]:
    if connection.vendor == "sqlite":
        yield checks.Warning(
            "DATABASE_URL names an SQLite file, to which one process at a time can write.",
            hint="Use PostgreSQL.",
            id="doorstep.W002",
        )


def _collected_files() -> Iterator[checks.CheckMessage]:
    if not (settings.STATIC_ROOT / "staticfiles.json").is_file():
        yield checks.Warning(
            f"There are no static files in {settings.STATIC_ROOT}.",
            hint="Run manage.py collectstatic after every update.",
            id="doorstep.W003",
        )
