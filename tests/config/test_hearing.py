import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from celery.utils.nodenames import worker_direct
from celery.worker import state

from config import hearing
from config.celery import app
from config.hearing import Ear
from tests import servers
from tests.servers import Program

WORKER = "celery -A tests.config.hasty worker --pool solo --loglevel INFO --without-gossip --without-mingle --hostname"
NAME = "listener@here"
LONGER_THAN_PATIENCE_SECONDS = 3
"""What ``hasty`` workers wait, and half as long again."""


def broker_of(installation: dict[str, str]) -> str:
    return installation["REDIS_URL"].replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


def comes_about(is_so: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 30
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(is_so())


@pytest.fixture
def worker(installation: dict[str, str]) -> Iterator[Program]:
    with servers.program(*WORKER.split(), NAME, environment=installation) as program:
        assert comes_about(lambda: "hears config.hearing.be_heard" in program.log.read_text()), program.end
        yield program


@pytest.mark.django_db
def test_a_worker_that_hears_goes_on_and_a_deaf_one_ends_to_be_started_again(
    worker: Program, installation: dict[str, str]
) -> None:
    time.sleep(LONGER_THAN_PATIENCE_SECONDS)
    assert worker.is_running, worker.end

    with Celery("minder", broker=broker_of(installation), set_as_current=False) as minder:
        for queue in ("celery", worker_direct(NAME).name):
            minder.control.cancel_consumer(queue)

    assert comes_about(lambda: not worker.is_running)
    assert worker.process.returncode == os.EX_TEMPFAIL
    assert "hears nothing any more" in worker.log.read_text()


def test_a_broker_that_is_away_is_no_silence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hearing, "ear", Ear())
    hearing.ear.wait()
    cut_off = Celery("cut off", broker=f"redis+socket://{tmp_path}/redis.sock?virtual_host=0", set_as_current=False)

    hearing.write(cut_off, NAME)

    assert hearing.ear.seconds_waited == 0


def test_who_has_tasks_in_hand_has_the_time_of_a_task_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "DEAF_AFTER_SECONDS", 0.01)
    monkeypatch.setattr(hearing, "ear", Ear())
    hearing.ear.wait()
    time.sleep(0.02)
    assert hearing.is_deaf(app)

    monkeypatch.setattr(state, "reserved_requests", {"a task"})
    assert not hearing.is_deaf(app)

    monkeypatch.setattr(hearing, "DEAF_AFTER_SECONDS", 0.01 - app.conf.task_time_limit)
    assert hearing.is_deaf(app)


def test_whoever_waits_for_nothing_is_not_deaf() -> None:
    ear = Ear()
    assert ear.seconds_waited == 0

    ear.wait()
    time.sleep(0.02)
    ear.wait()
    assert 0.02 <= ear.seconds_waited < 1

    ear.hear()
    assert ear.seconds_waited == 0
