import threading
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from config import health


def test_a_process_that_answers_is_alive(client: Client) -> None:
    response = client.get("/health/live")

    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_process_with_all_its_parts_is_ready(client: Client) -> None:
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"database": "ok", "redis": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_without_redis_it_is_not_ready_and_says_so(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///tmp/doorstep-no-such-redis.sock?db=0"

    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (503, {"database": "ok", "redis": "away"})


@pytest.mark.django_db(transaction=True)
def test_without_a_database_it_is_not_ready_and_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))

    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (503, {"database": "away", "redis": "ok"})


async def test_a_part_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)
    is_over = threading.Event()

    assert not await health._answers(is_over.wait)

    is_over.set()


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
def test_health_is_only_asked(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
