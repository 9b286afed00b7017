"""What the desk does on its own time. Each task bears being called twice."""

from datetime import timedelta
from typing import Final

from celery import shared_task
from django.utils import timezone

from desk import services
from desk.models import Import

LASTS: Final = timedelta(seconds=30)


@shared_task
def take_in(*, import_id: int) -> None:
    """Take in the rows of a file, some at a time; after half a minute the next task goes on."""
    until = timezone.now() + LASTS
    while services.take_some_in(import_id, at=timezone.now()):
        if timezone.now() > until:
            take_in.delay(import_id=import_id)
            return


@shared_task
def sweep_imports() -> None:
    """Go on with files whose task was lost or killed."""
    for import_id in Import.objects.unfinished().values_list("id", flat=True):
        take_in.delay(import_id=import_id)
