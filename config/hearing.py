"""Whether a worker still hears: it writes to itself through the broker, and ends where nothing comes back.

After a Redis that went and came back a worker may live on and take nothing in any more, for ever (celery#8030,
celery#10302); Celery's own heartbeats say no more than that it lives. Whoever started it starts it again.
"""

import logging
import os
import time
from threading import Thread
from typing import Any

from celery import Celery, shared_task
from celery.signals import task_received, worker_ready
from celery.utils.nodenames import worker_direct
from celery.worker import state
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
DEAF_AFTER_SECONDS = 60.0
"""How long nothing may come back. A worker that has tasks in hand gets as long as a task may take besides."""


class Ear:
    """What a worker knows of its own hearing: whether it waits for something to come in, and since when."""

    def __init__(self) -> None:
        self._waits_since: float | None = None

    def hear(self) -> None:
        """Take anything that came in through the broker for a sign, and what could not be written for no silence."""
        self._waits_since = None

    def wait(self) -> None:
        """Begin to wait, unless it waits already."""
        self._waits_since = self._waits_since or time.monotonic()

    @property
    def seconds_waited(self) -> float:
        """For how long nothing has come in although something should have."""
        since = self._waits_since
        return time.monotonic() - since if since is not None else 0.0


ear = Ear()


@shared_task
def be_heard() -> None:
    """Do nothing but come in. Twice is harmless."""


@task_received.connect(dispatch_uid="config.hear")
def hear(**_: Any) -> None:
    """Note that something came in, whatever it was. In the worker's own process, not in one of its pool."""
    ear.hear()


@worker_ready.connect(dispatch_uid="config.watch")
def watch(sender: Any, **_: Any) -> None:
    """Watch over a worker that begins to work, beside it, for as long as it lives."""
    Thread(target=_watch, args=[sender.app, sender.hostname], name="hearing", daemon=True).start()


def _watch(app: Celery, hostname: str) -> None:
    while not is_deaf(app):
        time.sleep(EVERY_SECONDS)
        write(app, hostname)
    logger.critical("This worker hears nothing any more and ends, to be started again.")
    logging.shutdown()
    # Not as a worker that was told to stop, which it may not hear: what it had in hand comes back by itself.
    os._exit(os.EX_TEMPFAIL)


def is_deaf(app: Celery) -> bool:
    """Say whether what this worker wrote to itself has not come back for too long."""
    busy_seconds = app.conf.task_time_limit if state.reserved_requests else 0
    return ear.seconds_waited > DEAF_AFTER_SECONDS + busy_seconds


def write(app: Celery, hostname: str) -> None:
    """Write to this worker. While the broker is away there is nothing to be heard.

    On a connection of its own: those of the worker's pool are locked now and then, and what forks keeps a lock locked.
    """
    try:
        with app.connection_for_write() as connection:
            app.send_task(be_heard.name, queue=worker_direct(hostname).name, connection=connection)
    except OperationalError:
        ear.hear()
    else:
        ear.wait()
