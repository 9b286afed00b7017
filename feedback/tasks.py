"""What feedback does on its own time: called by the clock or a receiver. Each task bears being called twice."""

from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from feedback import asking, services
from feedback.insight import lessons
from feedback.services import TooMuch, answers, attempts, deliveries


@shared_task
def record_delivery(*, shipment_id: int) -> None:
    """Write down how a shipment was delivered, or that it was not."""
    deliveries.record([shipment_id])


@shared_task
def sweep_deliveries() -> None:
    """Write down the deliveries whose nudge was lost, and who has been asked meanwhile."""
    deliveries.sweep(at=timezone.now())


@shared_task
def learn() -> None:
    """Write down what the deliveries of the last months teach, for who chooses carriers and plans rounds."""
    lessons.learn(today=timezone.now().date())


@shared_task
def take_in(*, inbound_id: int) -> None:
    """Put a message that was kept for the desk into a case, unless its sender has said too much today."""
    with suppress(TooMuch):
        services.take_in(inbound_id, at=timezone.now())


@shared_task
def sweep_messages() -> None:
    """Put into cases what was kept for the desk and whose nudge was lost."""
    for inbound_id in services.list_left(at=timezone.now()):
        take_in.delay(inbound_id=inbound_id)


@shared_task
def follow_attempt(*, event_id: int) -> None:
    """Open the case that an attempt calls for, unless its shopper has said too much today."""
    with suppress(TooMuch):
        attempts.follow(event_id)


@shared_task
def sweep_attempts() -> None:
    """Open the cases of those attempts whose nudge was lost."""
    for event_id in attempts.list_left(at=timezone.now()):
        follow_attempt.delay(event_id=event_id)


@shared_task
def ask_by_sms() -> None:
    """Let those answer by SMS whom the survey has reached there."""
    asking.ask_all(at=timezone.now())


@shared_task
def sweep_answers() -> None:
    """Write down what shoppers said as news for their shops' programs; the next sweep of news delivers it."""
    answers.sweep(at=timezone.now())
