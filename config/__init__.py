"""The installation: its environment, settings, addresses and processes.

Nobody imports this package; the others read ``django.conf.settings``.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]
