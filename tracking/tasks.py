"""What tracking does on its own time. Each task is called by the clock, and bears being called twice."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from tracking.live import breadcrumbs
from tracking.rounds import services as rounds


@shared_task
def flush_breadcrumbs() -> None:
    """Write the fixes that wait in Redis to the database."""
    breadcrumbs.flush()


@shared_task
def purge_positions() -> None:
    """Delete the fixes that are older than anybody may need them for."""
    rounds.forget_positions(recorded_before=timezone.now() - timedelta(days=settings.POSITION_DAYS))
