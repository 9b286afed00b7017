"""What the driver's page does on its own time. Each task bears being called twice."""

from celery import shared_task
from django.utils import timezone

from driving.services import sharing


@shared_task
def sweep_shifts() -> None:
    """See to it that sharing has an end for everybody, and end the shifts that nobody did."""
    sharing.sweep(at=timezone.now())
