import dataclasses
import re
from datetime import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import ROOT, Environment


def test_every_variable_has_a_row_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()

    rows = re.findall(r"^(?:# )?([A-Z0-9_]+)=", example, re.MULTILINE)

    assert sorted(rows) == sorted(field.name.upper() for field in dataclasses.fields(Environment))


def test_without_an_environment_everything_but_the_secret_has_a_value() -> None:
    environment = Environment.read({})

    assert environment == Environment(
        secret_key="",
        debug=False,
        base_url="http://127.0.0.1:8000",
        allowed_hosts=["127.0.0.1", "localhost"],
        database_url=f"sqlite:///{ROOT}/var/doorstep.sqlite3",
        redis_url=f"unix://{ROOT}/var/redis.sock?db=0",
        static_root=ROOT / "var/static",
        media_root=ROOT / "var/media",
        media_storage="django.core.files.storage.FileSystemStorage",
        media_storage_options={},
        map_area=[ROOT / "atlas/data/helsinki.area"],
        map_tile_url="",
        speed=1.0,
        sockets_per_address=6000,
        sockets_per_link=120,
        position_days=7,
        sharing_ends=time(23),
        dispatch_phone="",
        api_requests_a_minute=1200,
        webhooks_to_private_addresses=False,
        carrier_drop_folder=None,
        osrm_url="",
        weather_file=None,
        weather_url="",
        electricity_kg_co2e=0.245,
        carbon_price=0.1,
        currency="EUR",
        twilio_account_sid="",
        twilio_auth_token="",
        twilio_from="",
        twilio_messaging_service_sid="",
        twilio_whatsapp_from="",
        twilio_api_base="https://api.twilio.com",
        twilio_segments_per_second=10.0,
        twilio_backup_account_sid="",
        twilio_backup_auth_token="",
        twilio_backup_from="",
        twilio_backup_api_base="https://api.twilio.com",
        phone_region="",
        sms_countries=[],
        texts_an_hour=20_000,
        sms_segment_price="",
        email_url="",
        email_from="",
        email_webhook_secret="",
        vapid_private_key="",
        vapid_contact="",
        receipt_signing_key="",
        receipt_fonts=[],
    )


def test_an_empty_value_counts_as_none() -> None:
    assert Environment.read({"BASE_URL": "", "SPEED": " ", "DEBUG": ""}) == Environment.read({})


def test_only_debug_brings_a_secret_of_its_own() -> None:
    assert Environment.read({"DEBUG": "1"}).secret_key == "only-for-debug"
    assert Environment.read({"DEBUG": "0"}).secret_key == ""


def test_lists_have_commas_between_their_items() -> None:
    environment = Environment.read({"ALLOWED_HOSTS": "a.example, b.example,", "MAP_AREA": "/packs/a.area,packs/b.area"})

    assert environment.allowed_hosts == ["a.example", "b.example"]
    assert [str(pack) for pack in environment.map_area] == ["/packs/a.area", f"{ROOT}/packs/b.area"]


def test_countries_are_read_in_either_case() -> None:
    environment = Environment.read({"PHONE_REGION": "fi", "SMS_COUNTRIES": "fi, Se"})

    assert environment.phone_region == "FI"
    assert environment.sms_countries == ["FI", "SE"]


@pytest.mark.parametrize("name", ["BASE_URL", "TWILIO_API_BASE", "TWILIO_BACKUP_API_BASE"])
def test_an_address_to_build_on_loses_its_last_slash(name: str) -> None:
    environment = Environment.read({name: "https://track.example/"})

    assert getattr(environment, name.lower()) == "https://track.example"


def test_what_a_provider_hands_out_is_taken_as_it_is() -> None:
    given = {
        "TWILIO_ACCOUNT_SID": "AC0123",
        "TWILIO_MESSAGING_SERVICE_SID": "MG0123",
        "EMAIL_URL": "smtp://user:p%40ss@mail.example:587",
        "EMAIL_FROM": "Doorstep <deliveries@example.com>",
        "VAPID_CONTACT": "mailto:operations@example.com",
    }

    environment = Environment.read(given)

    assert {name: getattr(environment, name.lower()) for name in given} == given


def test_numbers_keep_their_kind() -> None:
    environment = Environment.read({"TWILIO_SEGMENTS_PER_SECOND": "0.5", "TEXTS_AN_HOUR": "100"})

    assert (environment.twilio_segments_per_second, environment.texts_an_hour) == (0.5, 100)


@pytest.mark.parametrize("value", ["1", "true", "Yes", "on"])
def test_a_switch_is_on_in_any_spelling(value: str) -> None:
    assert Environment.read({"DEBUG": value}).debug


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("SPEED", "fast"),
        ("SHARING_ENDS", "late"),
        ("POSITION_DAYS", "7.5"),
        ("TWILIO_SEGMENTS_PER_SECOND", "ten"),
        ("TEXTS_AN_HOUR", "1e3"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name} is '{value}'"):
        Environment.read({name: value})


@pytest.mark.parametrize(
    "url",
    ["mysql://doorstep@127.0.0.1/doorstep", "doorstep.sqlite3", "postgres", "postgres://doorstep:s3[cret@db/doorstep"],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be like") as refusal:
        Environment.read({"DATABASE_URL": url})

    assert "s3[cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["postgres://doorstep:s3%5Bcret@db/doorstep", "postgresql://db/doorstep", "sqlite:////x"]
)
def test_postgresql_and_sqlite_can_be_used(url: str) -> None:
    assert Environment.read({"DATABASE_URL": url}).database_url == url
