import json
import subprocess
from pathlib import Path

import pytest

from tests import servers

PRODUCTION = {
    "SECRET_KEY": "k3y-of-at-least-fifty-characters-0123456789-abcdefgh",
    "BASE_URL": "https://track.example",
    "ALLOWED_HOSTS": "track.example",
    "DATABASE_URL": "postgres://doorstep@127.0.0.1/doorstep",
    "RECEIPT_SIGNING_KEY": "k3y-of-32-bytes-in-the-letters-of-base64-AA",
}


def ask(expression: str, environment: dict[str, str]) -> object:
    """Read a value off the settings of an installation with this environment."""
    code = f"import json; from django.conf import settings; print(json.dumps({expression}))"
    return json.loads(servers.manage("shell", "--verbosity", "0", "--command", code, environment=environment))


def test_a_deployment_passes_every_check(static_root: Path) -> None:
    environment = {**PRODUCTION, "STATIC_ROOT": str(static_root)}

    assert servers.manage("check", "--deploy", "--fail-level", "WARNING", environment=environment) == (
        "System check identified no issues (3 silenced).\n"
    )


def test_without_a_secret_nothing_is_served() -> None:
    with pytest.raises(servers.NeverReady, match=r"doorstep\.E001\) SECRET_KEY is missing"), servers.web("daphne", {}):
        pass


def test_without_a_secret_the_check_fails() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        servers.manage("check", environment={})


def test_cookies_belong_to_one_host_where_there_is_https() -> None:
    assert ask("[settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]", PRODUCTION) == [
        "__Host-sessionid",
        "__Host-csrftoken",
    ]


def test_https_is_demanded_of_this_host_and_of_no_other() -> None:
    names = ["SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"]

    assert ask(f"[getattr(settings, name) for name in {names}]", PRODUCTION) == [True, 31_536_000, False, False]


@pytest.mark.parametrize(
    ("redis", "broker"),
    [
        ("unix:///run/redis.sock?db=0", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
    ],
)
def test_celery_finds_the_same_redis(redis: str, broker: str) -> None:
    assert ask("settings.CELERY_BROKER_URL", {**PRODUCTION, "REDIS_URL": redis}) == broker


@pytest.mark.django_db
def test_a_command_that_used_the_database_ends_quietly(
    installation: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    servers.manage("migrate", "--check", environment=installation)

    assert capfd.readouterr().err == ""
