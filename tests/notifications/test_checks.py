from typing import Any

import pytest
from django.core.checks import CheckMessage
from py_vapid import b64urlencode
from pytest_django import Settings

from notifications import checks

KEY = b64urlencode((7).to_bytes(32, "big"))
ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush"}
BACKUP = {
    "TWILIO_BACKUP_ACCOUNT_SID": "AC2",
    "TWILIO_BACKUP_AUTH_TOKEN": "hush",
    "TWILIO_BACKUP_FROM": "+15005550008",
}
PROVIDER = {"EMAIL_URL": "postmark://hush@", "EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"}
SENDER = "Doorstep <deliveries@example.com>"


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def use(settings: Settings, given: dict[str, Any]) -> None:
    for name, value in given.items():
        setattr(settings, name, value)


def test_nothing_at_all_is_no_mistake() -> None:
    assert checks.providers(None) == []
    assert checks.deployment(None) == []


@pytest.mark.parametrize(
    "given",
    [
        {"TWILIO_AUTH_TOKEN": "hush"},
        {**ACCOUNT, "TWILIO_FROM": "+15005550006"},
        {**ACCOUNT, "TWILIO_FROM": "Kauppa"},
        {**ACCOUNT, "TWILIO_MESSAGING_SERVICE_SID": "MG1", **BACKUP},
        {**ACCOUNT, "TWILIO_WHATSAPP_FROM": "+15005550006", "TWILIO_API_BASE": "http://127.0.0.1:9000/twilio"},
        {"EMAIL_URL": "smtp://mail.example", "EMAIL_FROM": "deliveries@example.com"},
        {**PROVIDER, "EMAIL_FROM": SENDER, "EMAIL_WEBHOOK_SECRET": "name:hush"},
        {"VAPID_PRIVATE_KEY": KEY, "VAPID_CONTACT": "mailto:operations@example.com"},
        {"PHONE_REGION": "FI", "SMS_COUNTRIES": ["FI", "SE"], "SMS_SEGMENT_PRICE": "0.07 EUR"},
    ],
)
def test_what_is_whole_passes(settings: Settings, given: dict[str, Any]) -> None:
    use(settings, given)

    assert checks.providers(None) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_FROM": "+15005550006"}, ["doorstep.E007"]),
        (ACCOUNT, ["doorstep.E008"]),
        ({"TWILIO_AUTH_TOKEN": "hush", "TWILIO_FROM": "+15005550006"}, ["doorstep.E008"]),
        ({"TWILIO_API_BASE": "api.twilio.com"}, ["doorstep.E009"]),
        ({"TWILIO_API_BASE": "http://127.0.0.1:port"}, ["doorstep.E009"]),
        ({"TWILIO_BACKUP_API_BASE": "https://"}, ["doorstep.E009"]),
        ({**ACCOUNT, "TWILIO_WHATSAPP_FROM": "whatsapp:+15005550006"}, ["doorstep.E010"]),
        ({**ACCOUNT, "TWILIO_WHATSAPP_FROM": "+1 500 555 0006"}, ["doorstep.E010"]),
        *(({**BACKUP, name: ""}, ["doorstep.E011"]) for name in BACKUP),
        ({"EMAIL_URL": "smtp://mail.example"}, ["doorstep.E012"]),
        ({"EMAIL_URL": "smtp://mail.example", "EMAIL_FROM": "Doorstep"}, ["doorstep.E012"]),
        ({**PROVIDER, "EMAIL_FROM": SENDER}, ["doorstep.E013"]),
        ({"VAPID_PRIVATE_KEY": KEY}, ["doorstep.E014"]),
        ({"VAPID_PRIVATE_KEY": KEY, "VAPID_CONTACT": "operations@example.com"}, ["doorstep.E014"]),
        ({"VAPID_PRIVATE_KEY": "hush", "VAPID_CONTACT": "mailto:a@example.com"}, ["doorstep.E015"]),
        ({"PHONE_REGION": "FINLAND"}, ["doorstep.E016"]),
        ({"SMS_COUNTRIES": ["FI", "XX", "358"]}, ["doorstep.E016", "doorstep.E016"]),
        ({"TWILIO_SEGMENTS_PER_SECOND": 0.0}, ["doorstep.E017"]),
        ({"TWILIO_SEGMENTS_PER_SECOND": float("nan")}, ["doorstep.E017"]),
        ({"TWILIO_SEGMENTS_PER_SECOND": float("inf")}, ["doorstep.E017"]),
        ({"TEXTS_AN_HOUR": -1}, ["doorstep.E017"]),
        ({"SMS_SEGMENT_PRICE": "7 cents each"}, ["doorstep.E018"]),
    ],
)
def test_what_is_half_done_is_told_without_its_secret(
    settings: Settings, given: dict[str, Any], expected: list[str]
) -> None:
    use(settings, given)

    messages = checks.providers(None)

    assert ids(messages) == expected
    assert "hush" not in str(messages)


def test_texting_the_whole_world_is_a_warning_for_a_deployment(settings: Settings) -> None:
    use(settings, {**ACCOUNT, "TWILIO_FROM": "+15005550006"})
    assert ids(checks.deployment(None)) == ["doorstep.W004"]

    settings.SMS_COUNTRIES = ["FI"]
    assert checks.deployment(None) == []
