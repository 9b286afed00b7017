"""Doorstep's own Celery application, in a worker that says aloud what it begins and what it ends.

Its sweeps come round at least every ``SWEEP_SECONDS``. It steps aside for the web as the unit in ``deploy`` does.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path

from celery.signals import task_postrun, task_prerun

from config.celery import app

__all__ = ["app"]

logger = logging.getLogger(__name__)

# Where the kernel shares processors out among sessions first, niceness within one says nothing to the others.
AUTOGROUP = Path("/proc/self/autogroup")

os.nice(10)
with suppress(OSError):
    AUTOGROUP.write_text("10")

for sweep in app.conf.beat_schedule.values():
    if isinstance(sweep["schedule"], float):
        sweep["schedule"] = min(sweep["schedule"], float(os.environ["SWEEP_SECONDS"]))


@task_prerun.connect
def begin(task_id: str, **_: object) -> None:
    logger.info("begins %s", task_id)


@task_postrun.connect
def end(task_id: str, **_: object) -> None:
    logger.info("ends %s", task_id)
