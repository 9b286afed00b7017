"""What notifications do on their own time: called by the clock or a receiver. Each task bears being called twice."""

from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone

from notifications import delivering, sending
from notifications.services import considering, outbox, webhooks
from notifications.triggers import Channel


@shared_task(expires=60)
def drain(*, channel: str) -> None:
    """Send what is due on a channel; where that takes long, another worker goes on."""
    sending.drain(Channel(channel), hand_over=lambda: drain.delay(channel=channel))


@shared_task
def sweep_outbox() -> None:
    """Take up what workers have left behind, and send what nobody was told of, or what has waited until now."""
    at = timezone.now()
    outbox.take_up_abandoned(at=at)
    for channel in Channel:
        if outbox.has_work(channel, at=at):
            drain.delay(channel=channel)


@shared_task
def consider_event(*, event_id: int) -> None:
    """Write down what a status event calls for, and send it."""
    _drain(considering.event(event_id, at=timezone.now()))


@shared_task
def consider_windows(*, shipment_ids: list[int]) -> None:
    """Write down what the windows of these shipments call for, and send it."""
    _drain(considering.windows(shipment_ids, at=timezone.now()))


@shared_task
def consider_road(*, route_id: int) -> None:
    """Write down what nearness calls for on one route, and send it."""
    _drain(considering.road(at=timezone.now(), route_id=route_id))


@shared_task
def sweep_events() -> None:
    """Consider the events and windows whose nudge was lost."""
    at = timezone.now()
    _drain(considering.sweep_events(at=at) | considering.sweep_windows(at=at))


@shared_task
def sweep_road() -> None:
    """Consider all that are on the road: drivers come nearer without telling anybody."""
    _drain(considering.road(at=timezone.now()))


@shared_task
def sweep_calendar() -> None:
    """Consider what is called for because of the time."""
    _drain(considering.calendar(at=timezone.now()))


@shared_task(expires=60)
def deliver_news() -> None:
    """Deliver the news that is due to shops' programs."""
    delivering.deliver()


@shared_task
def sweep_news() -> None:
    """Write down what is news for shops' programs, and deliver what is due."""
    at = timezone.now()
    webhooks.sweep(at=at)
    if webhooks.has_due(at=at):
        deliver_news.delay()


@shared_task
def forget_news() -> None:
    """Delete news that was delivered, or given up, long ago."""
    webhooks.forget(at=timezone.now())


def _drain(channels: Iterable[Channel]) -> None:
    for channel in channels:
        drain.delay(channel=channel)
