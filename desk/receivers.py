"""What follows a click at the desk. What is lost here, a sweep finds."""

from django.dispatch import receiver

from desk import signals, tasks


@receiver(signals.import_begun, dispatch_uid="desk.take_in")
def take_in(import_id: int, **_: object) -> None:
    """Start taking in the rows of a file."""
    tasks.take_in.delay(import_id=import_id)
