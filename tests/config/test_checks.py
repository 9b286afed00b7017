from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from config import checks


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_a_configuration_that_is_whole_passes() -> None:
    assert checks.environment(None) == []


def test_a_missing_secret_is_an_error(settings: Settings) -> None:
    settings.SECRET_KEY = ""

    assert ids(checks.environment(None)) == ["doorstep.E001"]


@pytest.mark.parametrize(
    "url", ["track.example", "ftp://track.example", "https://", "https://track.example/path", "https:///track.example"]
)
def test_a_base_url_must_be_one(settings: Settings, url: str) -> None:
    settings.BASE_URL = url

    assert ids(checks.environment(None)) == ["doorstep.E002"]


def test_the_base_url_must_be_an_allowed_host(settings: Settings) -> None:
    settings.BASE_URL = "https://track.example:8443"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    assert ids(checks.environment(None)) == ["doorstep.E003"]

    settings.ALLOWED_HOSTS = [".example"]
    assert checks.environment(None) == []


def test_redis_is_reached_in_a_way_that_redis_knows(settings: Settings) -> None:
    settings.REDIS_URL = "amqp://127.0.0.1"

    assert ids(checks.environment(None)) == ["doorstep.E004"]


@pytest.mark.parametrize("url", ["https://tiles.example/{z}/{x}.png", "/tiles/{z}/{x}/{y}.png"])
def test_a_tile_provider_needs_a_whole_template(settings: Settings, url: str) -> None:
    settings.MAP_TILE_URL = url

    assert ids(checks.environment(None)) == ["doorstep.E005"]


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_time_must_pass(settings: Settings, speed: float) -> None:
    settings.SPEED = speed

    assert ids(checks.environment(None)) == ["doorstep.E006"]


@pytest.mark.parametrize("name", ["SOCKETS_PER_ADDRESS", "SOCKETS_PER_LINK", "POSITION_DAYS"])
def test_a_limit_of_nothing_is_a_mistake(settings: Settings, name: str) -> None:
    setattr(settings, name, 0)

    assert ids(checks.environment(None)) == ["doorstep.E006"]


def test_what_is_fine_for_a_demo_is_a_warning_for_a_deployment(settings: Settings, tmp_path: Path) -> None:
    settings.SPEED = 60.0
    settings.STATIC_ROOT = tmp_path

    assert {"doorstep.W001", "doorstep.W003"} <= set(ids(checks.deployment(None)))
