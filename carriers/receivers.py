"""What follows when something is kept that a partner wrote: a task reads it. What is lost here, a sweep finds."""

from django.dispatch import receiver

from carriers import nudges, signals, tasks


@receiver(signals.letter_stored, dispatch_uid="carriers.read_letters")
def read_letters(**_: object) -> None:
    """Start reading, unless somebody is about to."""
    if nudges.give():
        tasks.read_letters.delay()
