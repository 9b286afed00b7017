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

NUDGES = 1000


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


@pytest.mark.django_db(transaction=True)
def test_however_many_nudges_wait_what_is_swept_or_sent_does_not(worker: servers.Server) -> None:
    app = application(settings.REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host="))
    with app.connection_for_write() as waiting, redis.Redis.from_url(settings.REDIS_URL) as client:
        for _ in range(NUDGES):
            app.send_task("notifications.tasks.consider_event", kwargs={"event_id": 0}, connection=waiting)
        for task, kwargs in (("tracking.tasks.sweep_estimates", {}), ("notifications.tasks.drain", {"channel": "sms"})):
            app.send_task(task, kwargs=kwargs, connection=waiting)
            assert app.amqp.router.route({}, task)["queue"].name in {"sweeps", "sending"}

        deadline = time.monotonic() + 20
        while client.exists("sweeps", "sending") and time.monotonic() < deadline:
            time.sleep(0.01)

        assert not client.exists("sweeps", "sending"), worker.log.read_text()
        assert client.llen("celery") > NUDGES / 4
        client.delete("celery")


def test_a_worker_does_not_begin_in_an_installation_that_is_not_sound() -> None:
    with pytest.raises(servers.NeverReady, match=r"doorstep\.E001\) SECRET_KEY is missing"), servers.worker({}):
        pass


@pytest.mark.django_db
def test_a_worker_reads_the_map_before_its_first_task_and_does_not_begin_without_it(
    installation: dict[str, str],
) -> None:
    environment = {**installation, "MAP_AREA": "no-such.area"}

    with pytest.raises(servers.NeverReady, match=r"atlas\.E001\).*no-such\.area"), servers.worker(environment):
        pass
