"""The Celery application; its settings are Django's, those that begin with ``CELERY_``."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.core.management.base import BaseCommand, SystemCheckError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("doorstep")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["config"], related_name="hearing")


@worker_init.connect(dispatch_uid="config.require_sound")
def require_sound(**_: Any) -> None:
    """Let no worker begin where a system check finds an error: Celery asks them, and goes on whatever they say.

    Raises ``SystemExit`` with what they said.
    """
    try:
        BaseCommand(no_color=True).check()
    except SystemCheckError as problem:
        raise SystemExit(str(problem)) from problem
