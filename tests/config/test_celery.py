import socket
import time
from pathlib import Path

import pytest
import redis
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from tests import servers
from tracking.live import breadcrumbs


def application(broker: str) -> Celery:
    app = Celery("test", set_as_current=False)
    app.config_from_object("config.settings", namespace="CELERY")
    app.conf.update(broker_url=broker)
    return app


def test_a_task_is_not_waited_for_while_redis_is_away(tmp_path: Path) -> None:
    app = application(f"redis+socket://{tmp_path}/redis.sock?virtual_host=0")
    begun_at = time.monotonic()

    with pytest.raises(OperationalError):
        app.send_task("tracking.tasks.purge_positions")

    assert time.monotonic() - begun_at < 1


def test_a_task_is_not_waited_for_long_while_redis_hangs(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(f"{tmp_path}/redis.sock")
        deaf.listen()
        app = application(f"redis+socket://{tmp_path}/redis.sock?virtual_host=0")
        begun_at = time.monotonic()

        with pytest.raises(OperationalError):
            app.send_task("tracking.tasks.purge_positions")

        assert time.monotonic() - begun_at < 4


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_what_the_clock_says(worker: servers.Server) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.xadd(breadcrumbs.STREAM, {"fixes": b'[0, "2026-11-22T10:00:00+00:00", []]'})
        deadline = time.monotonic() + 20
        while client.xlen(breadcrumbs.STREAM) and time.monotonic() < deadline:
            time.sleep(0.1)

        assert client.xlen(breadcrumbs.STREAM) == 0, worker.log.read_text()


@pytest.mark.django_db
def test_a_worker_reads_the_map_before_its_first_task(installation: dict[str, str]) -> None:
    with servers.worker({**installation, "MAP_AREA": "no-such.area"}) as worker:
        assert "An area is without a map" in worker.log.read_text()
