"""Doorstep's own Celery application, in a worker that says what it hears and notices within seconds that it is deaf."""

import logging
from typing import Any

from celery.signals import task_received

from config import hearing
from config.celery import app

__all__ = ["app"]

hearing.EVERY_SECONDS = 0.2
hearing.DEAF_AFTER_SECONDS = 2.0

logger = logging.getLogger(__name__)


@task_received.connect
def say(request: Any, **_: Any) -> None:
    logger.info("hears %s", request.name)
