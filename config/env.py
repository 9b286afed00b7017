"""The environment of this installation, read once; the only reader of ``os.environ``.

Values are read here and judged in ``config.checks``: one that cannot be read at all stops the start with
the variable's name, one that is only half of what it takes becomes a system check.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

ROOT: Final = Path(__file__).resolve().parent.parent
VAR: Final = ROOT / "var"
TWILIO: Final = "https://api.twilio.com"
ONLY_FOR_DEBUG: Final = "only-for-debug-only-for-debug-only-for-debg"
"""A key for receipts that everybody knows: 32 bytes in the letters of URL-safe base64."""

Number = TypeVar("Number", int, float)

_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")
_DATABASES: Final = ("django.db.backends.postgresql", "django.db.backends.sqlite3")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What an installation is told from outside: a variable for each field, a row for each in ``.env.example``."""

    secret_key: str
    debug: bool
    base_url: str
    allowed_hosts: list[str]
    database_url: str
    redis_url: str
    static_root: Path
    media_root: Path
    media_storage: str
    media_storage_options: dict[str, Any]
    map_area: list[Path]
    map_tile_url: str
    osrm_url: str
    weather_file: Path | None
    weather_url: str
    electricity_kg_co2e: float
    carbon_price: float
    currency: str
    speed: float
    sockets_per_address: int
    sockets_per_link: int
    position_days: int
    sharing_ends: time
    dispatch_phone: str
    api_requests_a_minute: int
    webhooks_to_private_addresses: bool
    carrier_drop_folder: Path | None
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from: str
    twilio_messaging_service_sid: str
    twilio_whatsapp_from: str
    twilio_api_base: str
    twilio_segments_per_second: float
    twilio_backup_account_sid: str
    twilio_backup_auth_token: str
    twilio_backup_from: str
    twilio_backup_api_base: str
    phone_region: str
    sms_countries: list[str]
    texts_an_hour: int
    sms_segment_price: str
    email_url: str
    email_from: str
    email_webhook_secret: str
    vapid_private_key: str
    vapid_contact: str
    receipt_signing_key: str
    receipt_fonts: list[Path]

    @classmethod
    def read(cls, source: Mapping[str, str] = os.environ) -> Self:
        """Read every variable, an empty one counting as absent.

        Raises ``ImproperlyConfigured`` naming the variable where a value cannot be read.
        """
        given = {name: value.strip() for name, value in source.items() if value.strip()}
        debug = _switch(given, "DEBUG")
        return cls(
            secret_key=given.get("SECRET_KEY", "only-for-debug" if debug else ""),
            debug=debug,
            base_url=given.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
            allowed_hosts=_items(given.get("ALLOWED_HOSTS", "127.0.0.1,localhost")),
            database_url=_database_url(given),
            redis_url=given.get("REDIS_URL", f"unix://{VAR / 'redis.sock'}?db=0"),
            static_root=ROOT / given.get("STATIC_ROOT", VAR / "static"),
            media_root=ROOT / given.get("MEDIA_ROOT", VAR / "media"),
            media_storage=given.get("MEDIA_STORAGE", "django.core.files.storage.FileSystemStorage"),
            media_storage_options=_object(given, "MEDIA_STORAGE_OPTIONS"),
            map_area=[ROOT / pack for pack in _items(given.get("MAP_AREA", "atlas/data/helsinki.area"))],
            map_tile_url=given.get("MAP_TILE_URL", ""),
            osrm_url=given.get("OSRM_URL", "").rstrip("/"),
            weather_file=ROOT / given["WEATHER_FILE"] if "WEATHER_FILE" in given else None,
            weather_url=given.get("WEATHER_URL", ""),
            electricity_kg_co2e=_number(given, "ELECTRICITY_KG_CO2E", 0.245),
            carbon_price=_number(given, "CARBON_PRICE", 0.1),
            currency=given.get("CURRENCY", "EUR").upper(),
            speed=_number(given, "SPEED", 1.0),
            sockets_per_address=_number(given, "SOCKETS_PER_ADDRESS", 6000),
            sockets_per_link=_number(given, "SOCKETS_PER_LINK", 120),
            position_days=_number(given, "POSITION_DAYS", 7),
            sharing_ends=_time(given, "SHARING_ENDS", time(23)),
            dispatch_phone=given.get("DISPATCH_PHONE", ""),
            webhooks_to_private_addresses=_switch(given, "WEBHOOKS_TO_PRIVATE_ADDRESSES"),
            carrier_drop_folder=ROOT / given["CARRIER_DROP_FOLDER"] if "CARRIER_DROP_FOLDER" in given else None,
            api_requests_a_minute=_number(given, "API_REQUESTS_A_MINUTE", 1200),
            twilio_account_sid=given.get("TWILIO_ACCOUNT_SID", ""),
            twilio_auth_token=given.get("TWILIO_AUTH_TOKEN", ""),
            twilio_from=given.get("TWILIO_FROM", ""),
            twilio_messaging_service_sid=given.get("TWILIO_MESSAGING_SERVICE_SID", ""),
            twilio_whatsapp_from=given.get("TWILIO_WHATSAPP_FROM", ""),
            twilio_api_base=given.get("TWILIO_API_BASE", TWILIO).rstrip("/"),
            twilio_segments_per_second=_number(given, "TWILIO_SEGMENTS_PER_SECOND", 10.0),
            twilio_backup_account_sid=given.get("TWILIO_BACKUP_ACCOUNT_SID", ""),
            twilio_backup_auth_token=given.get("TWILIO_BACKUP_AUTH_TOKEN", ""),
            twilio_backup_from=given.get("TWILIO_BACKUP_FROM", ""),
            twilio_backup_api_base=given.get("TWILIO_BACKUP_API_BASE", TWILIO).rstrip("/"),
            phone_region=given.get("PHONE_REGION", "").upper(),
            sms_countries=[country.upper() for country in _items(given.get("SMS_COUNTRIES", ""))],
            texts_an_hour=_number(given, "TEXTS_AN_HOUR", 20_000),
            sms_segment_price=given.get("SMS_SEGMENT_PRICE", ""),
            email_url=given.get("EMAIL_URL", ""),
            email_from=given.get("EMAIL_FROM", ""),
            email_webhook_secret=given.get("EMAIL_WEBHOOK_SECRET", ""),
            vapid_private_key=given.get("VAPID_PRIVATE_KEY", ""),
            vapid_contact=given.get("VAPID_CONTACT", ""),
            receipt_signing_key=given.get("RECEIPT_SIGNING_KEY", ONLY_FOR_DEBUG if debug else ""),
            receipt_fonts=[ROOT / font for font in _items(given.get("RECEIPT_FONTS", ""))],
        )


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _object(given: Mapping[str, str], name: str) -> dict[str, Any]:
    """Read a JSON object; what is wrong with it is said without it, because it may hold a password."""
    try:
        value = json.loads(given.get(name, "{}"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ImproperlyConfigured(f'{name} must be a JSON object like {{"bucket_name": "doorstep"}}.')
    return value


def _switch(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "0").lower()
    if value not in _TRUE + _FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r} and must be one of {', '.join(_TRUE + _FALSE)}.")
    return value in _TRUE


def _database_url(given: Mapping[str, str]) -> str:
    """Read where the database is; what is wrong with an address is said without it, because it holds a password."""
    url = given.get("DATABASE_URL", f"sqlite:///{VAR / 'doorstep.sqlite3'}")
    try:
        is_known = dj_database_url.parse(url)["ENGINE"] in _DATABASES
    except ValueError:
        is_known = False
    if not is_known:
        raise ImproperlyConfigured(
            "DATABASE_URL must be like postgres://user:password@host/name, what is special in the password"
            " percent-encoded, or like sqlite:///path."
        )
    return url


def _number(given: Mapping[str, str], name: str, default: Number) -> Number:
    value = given.get(name, "")
    try:
        return type(default)(value) if value else default
    except ValueError as mistake:
        raise ImproperlyConfigured(f"{name} is {value!r} and must be a number like {default}.") from mistake


def _time(given: Mapping[str, str], name: str, default: time) -> time:
    value = given.get(name, "")
    try:
        return time.fromisoformat(value) if value else default
    except ValueError as mistake:
        raise ImproperlyConfigured(f"{name} is {value!r} and must be a time like {default:%H:%M}.") from mistake
