"""What is half configured about messages, told before somebody waits for one in vain.

That a provider is not configured at all is no mistake: its channel has the local outbox. Nor is Twilio's token
without an account: with it, what comes in can be checked.
"""

import math
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from itertools import chain
from typing import Any, Final
from urllib.parse import urlsplit

import phonenumbers
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from notifications import gateways, segments
from notifications.gateways import local, mail, push
from notifications.triggers import Channel
from tracking import contact

_BACKUP: Final = ("TWILIO_BACKUP_ACCOUNT_SID", "TWILIO_BACKUP_AUTH_TOKEN", "TWILIO_BACKUP_FROM")


@checks.register(checks.Tags.security)
def providers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge what the providers of messages need to have together."""
    return list(chain(_twilio(), _twilio_addresses(), _backup(), _mail(), _push(), _countries(), _numbers()))


@checks.register(checks.Tags.security, deploy=True)
def deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge what may cost real money."""
    is_texting = any(gateway.name != local.NAME for gateway in gateways.of(Channel.SMS))
    if is_texting and not settings.SMS_COUNTRIES:
        return [
            checks.Warning(
                "Texts go out to every country, and somebody earns on texts to some of them.",
                hint="Set SMS_COUNTRIES to where you deliver, like FI,SE.",
                id="doorstep.W004",
            )
        ]
    return []


def _twilio() -> Iterator[checks.CheckMessage]:
    if settings.TWILIO_ACCOUNT_SID and not settings.TWILIO_AUTH_TOKEN:
        yield checks.Error("TWILIO_ACCOUNT_SID is set and TWILIO_AUTH_TOKEN is not.", id="doorstep.E007")
    senders = (settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE_SID, settings.TWILIO_WHATSAPP_FROM)
    if settings.TWILIO_ACCOUNT_SID and not any(senders):
        yield checks.Error(
            "TWILIO_ACCOUNT_SID is set, and nobody for texts to come from.",
            hint="Set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID, or TWILIO_WHATSAPP_FROM.",
            id="doorstep.E008",
        )
    if any(senders) and not settings.TWILIO_ACCOUNT_SID:
        yield checks.Error("Texts have somebody to come from, and TWILIO_ACCOUNT_SID is not set.", id="doorstep.E008")


def _twilio_addresses() -> Iterator[checks.CheckMessage]:
    for name in ("TWILIO_API_BASE", "TWILIO_BACKUP_API_BASE"):
        if not _is_server(getattr(settings, name)):
            yield checks.Error(f"{name} must be like https://api.twilio.com.", id="doorstep.E009")
    number = settings.TWILIO_WHATSAPP_FROM
    if number and not _is_phone(number):
        yield checks.Error("TWILIO_WHATSAPP_FROM must be a number alone, like +15005550006.", id="doorstep.E010")


def _backup() -> Iterator[checks.CheckMessage]:
    missing = [name for name in _BACKUP if not getattr(settings, name)]
    if 0 < len(missing) < len(_BACKUP):
        yield checks.Error(f"A second provider for SMS also needs {' and '.join(missing)}.", id="doorstep.E011")


def _mail() -> Iterator[checks.CheckMessage]:
    if settings.EMAIL_URL and not _is_mailbox(settings.EMAIL_FROM):
        yield checks.Error(
            "EMAIL_URL is set, and EMAIL_FROM is no sender like Doorstep <deliveries@example.com>.", id="doorstep.E012"
        )
    if settings.EMAIL_BACKEND.startswith(mail.PROVIDERS) and not settings.EMAIL_WEBHOOK_SECRET:
        yield checks.Error(
            "EMAIL_URL names a provider, and without EMAIL_WEBHOOK_SECRET nobody hears of its bounces.",
            hint="Set it to random characters like name:password, and give the provider the address with them.",
            id="doorstep.E013",
        )


def _push() -> Iterator[checks.CheckMessage]:
    if not settings.VAPID_PRIVATE_KEY:
        return
    if not settings.VAPID_CONTACT.startswith(("mailto:", "https://")):
        yield checks.Error(
            "VAPID_PRIVATE_KEY is set, and VAPID_CONTACT is no address like mailto:operations@example.com.",
            id="doorstep.E014",
        )
    elif not push.public_key():
        yield checks.Error("VAPID_PRIVATE_KEY cannot be read.", id="doorstep.E015")


def _countries() -> Iterator[checks.CheckMessage]:
    named = {"PHONE_REGION": [settings.PHONE_REGION], "SMS_COUNTRIES": settings.SMS_COUNTRIES}
    for name, countries in named.items():
        for unknown in sorted(set(countries) - phonenumbers.SUPPORTED_REGIONS - {""}):
            yield checks.Error(f"{name} has {unknown!r}; a country is two letters, like FI.", id="doorstep.E016")


def _numbers() -> Iterator[checks.CheckMessage]:
    for name in ("TWILIO_SEGMENTS_PER_SECOND", "TEXTS_AN_HOUR"):
        value = getattr(settings, name)
        if not 0 < value < math.inf:
            yield checks.Error(f"{name} is {value}; it must be more than 0.", id="doorstep.E017")
    try:
        segments.cost(1, settings.SMS_SEGMENT_PRICE)
    except segments.Unreadable:
        yield checks.Error("SMS_SEGMENT_PRICE must be like 0.07 EUR, or empty.", id="doorstep.E018")


def _is_server(url: str) -> bool:
    try:
        place = urlsplit(url)
        return place.scheme in {"http", "https"} and bool(place.hostname) and place.port != 0
    except ValueError:
        return False


def _is_phone(text: str) -> bool:
    try:
        return contact.phone(text, region="") == text
    except contact.Unreadable:
        return False


def _is_mailbox(sender: str) -> bool:
    try:
        validate_email(parseaddr(sender)[1])
    except ValidationError:
        return False
    return True
