"""Fixtures every test may ask for: a real database, a real Redis, and Doorstep's own processes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import dj_database_url
import hypothesis
import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import connection, connections, transaction
from django.http import HttpRequest
from django.test import TransactionTestCase
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import DjangoDbBlocker
from xdist.remote import Producer

from tests import emptying, servers, sharing_out
from tests.sharing_out import Scheduling
from tests.twilio.client import Twilio

IDS_OF_A_TABLE: Final = 10_000_000_000

# How long an example takes depends on what else the machine is doing.
hypothesis.settings.register_profile("doorstep", deadline=None)
hypothesis.settings.load_profile("doorstep")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sharing_out.begin_with_the_longest(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[None]:
    """Find a place for the database of this test process, unless ``DATABASE_URL`` names a server."""
    database = connections["default"].settings_dict
    if connection.vendor == "sqlite":
        # A file, because one in memory is not the database that a second process would see.
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "doorstep.sqlite3")
    if "DATABASE_URL" in os.environ:
        yield
        return
    with servers.postgres(is_tended=pytestconfig.option.markexpr == "chaos") as url:
        database["HOST"] = dj_database_url.parse(url)["HOST"]
        yield


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Leave the database to the server it is on, which ends with us, whoever may still be connected."""
    return "DATABASE_URL" not in os.environ or connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let the ids of each table begin elsewhere, where no other number is and 32 bits do not reach."""
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(sequence, %s * row_number() OVER (ORDER BY sequence)) FROM ("
            "SELECT format('%%I.%%I', schemaname, sequencename)::regclass AS sequence FROM pg_sequences "
            "WHERE data_type = 'bigint'::regtype) AS of_ids",
            [IDS_OF_A_TABLE],
        )


@pytest.fixture(scope="session", autouse=True)
def _empty_quickly() -> Iterator[None]:
    """Empty the database after each test that committed, in a fiftieth of the time that Django takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.empty)
        yield


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep what fixtures of a module write for all of its tests, which roll back what they write themselves.

    None of its tests commits.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session", autouse=True)
def _redis() -> Iterator[None]:
    """Start the Redis of this test process, unless ``REDIS_URL`` names one."""
    if "REDIS_URL" in os.environ:
        yield
        return
    with servers.redis_server() as url:
        settings.REDIS_URL = url
        yield


@pytest.fixture(autouse=True)
def _empty_redis(_redis: None) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture(scope="session", autouse=True)
def _second_factor() -> Iterator[None]:
    """Let whoever a test logs in by force have shown the second factor too; who signs in by a page has not."""

    def show(request: HttpRequest, user: User, **_: object) -> None:
        if not request.path:
            device, _is_new = TOTPDevice.objects.get_or_create(user=user, confirmed=True)
            request.session[DEVICE_ID_SESSION_KEY] = device.persistent_id

    user_logged_in.connect(show)
    yield
    user_logged_in.disconnect(show)


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect the static files as an installation does: hashed names, compressed."""
    root = tmp_path_factory.mktemp("static")
    environment = {"SECRET_KEY": settings.SECRET_KEY, "STATIC_ROOT": str(root)}
    servers.manage("collectstatic", "--no-input", environment=environment)
    return root


@pytest.fixture(scope="session")
def installation(django_db_setup: None, _redis: None, static_root: Path) -> dict[str, str]:
    """Describe this test's database and Redis to processes that run with the settings of an installation."""
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "RECEIPT_SIGNING_KEY": settings.RECEIPT_SIGNING_KEY,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": _database_url(),
        "PGAPPNAME": servers.APPLICATION,
        "REDIS_URL": settings.REDIS_URL,
        "STATIC_ROOT": str(static_root),
        "SHARING_ENDS": f"{settings.SHARING_ENDS:%H:%M}",
    }


@pytest.fixture(scope="session")
def daphne(installation: dict[str, str]) -> Iterator[servers.Server]:
    """Run Doorstep under Daphne; a test that writes for it to read asks for ``transactional_db``."""
    with servers.web("daphne", installation) as server:
        yield server


@pytest.fixture(scope="session")
def uvicorn(installation: dict[str, str]) -> Iterator[servers.Server]:
    """Run Doorstep under uvicorn; a test that writes for it to read asks for ``transactional_db``."""
    with servers.web("uvicorn", installation) as server:
        yield server


@pytest.fixture(scope="session")
def _twilio() -> Iterator[Twilio]:
    with servers.twilio() as client:
        yield client


@pytest.fixture
def twilio(_twilio: Twilio) -> Twilio:
    """Stand in for Twilio: nothing sent yet, and well-behaved."""
    _twilio.forget()
    return _twilio


@pytest.fixture
def worker(installation: dict[str, str], transactional_db: None) -> Iterator[servers.Server]:
    """Run a Celery worker with beat for as long as the test lasts."""
    with servers.worker(installation) as server:
        yield server


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    place = quote(database["HOST"], safe="") + (f":{database['PORT']}" if database["PORT"] else "")
    password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    return f"postgres://{quote(database['USER'], safe='')}{password}@{place}/{database['NAME']}"
