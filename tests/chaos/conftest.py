"""An installation that lives as long as the tests of this folder, for each of them as if new."""

import json
from collections.abc import Iterator

import pytest

from tests import servers
from tests.chaos.fleet import Fleet, Redis
from tests.chaos.sizes import Report
from tests.twilio.client import Twilio


@pytest.fixture(scope="session")
def _fleet(installation: dict[str, str], _twilio: Twilio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("chaos")
    redis = Redis(folder / "redis.sock")
    redis.start()
    environment = {**installation, **_twilio.settings, "REDIS_URL": redis.url}
    with servers.web("uvicorn", environment) as web:
        fleet = Fleet({**environment, "BASE_URL": web.url}, web.url, redis, folder)
        yield fleet
        fleet.stop()
    redis.stop()


@pytest.fixture
def fleet(_fleet: Fleet, transactional_db: None, twilio: Twilio) -> Iterator[Fleet]:
    """Give an installation in which nothing has happened yet; the test says how many workers it has."""
    _fleet.redis.flush()
    yield _fleet
    _fleet.rest()


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Print what was measured as a line of JSON, whatever else is captured."""

    def report(test: str, **figures: object) -> None:
        with capsys.disabled():
            print(json.dumps({"test": test, **figures}))

    return report
