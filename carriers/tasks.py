"""What carriers do on their own time: called by the clock or a receiver. Each task bears being called twice."""

import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from carriers import nudges
from carriers.services import alarms, handing_over, letters, reading

TAKES_SECONDS: Final = 5
"""How long a run reads; where more waits, another run goes on, after whatever else waits by then."""


@shared_task(expires=60)
def read_letters() -> None:
    """Read what partners wrote, until nothing is left or time is up. Any number may run at once."""
    nudges.take()
    until = time.monotonic() + TAKES_SECONDS
    while taken := reading.read_some(at=timezone.now()):
        if taken == reading.AT_ONCE and nudges.give():
            read_letters.delay()
        if time.monotonic() > until:
            return


@shared_task
def sweep_letters() -> None:
    """Have letters read whose nudge was lost, or whose reader is gone."""
    if letters.has_due(at=timezone.now()):
        read_letters.delay()


@shared_task
def sweep_strays() -> None:
    """Have letters read again that speak of a parcel which nobody knew of when they came."""
    letters.sweep_strays(at=timezone.now())


@shared_task
def sweep_silence() -> None:
    """Raise an alarm for each partner that has been silent for too long."""
    alarms.sweep_silence(at=timezone.now())


@shared_task
def forget_letters() -> None:
    """Delete what partners wrote long ago."""
    letters.forget(at=timezone.now())


@shared_task(expires=60)
def call_partners() -> None:
    """Say to partners what is due about bookings. Any number may run at once."""
    handing_over.work()


@shared_task
def sweep_bookings() -> None:
    """Take up what workers have left behind, call off what has gone another way, and say what is due."""
    at = timezone.now()
    handing_over.take_up_abandoned(at=at)
    handing_over.follow(at=at)
    if handing_over.has_due(at=at):
        call_partners.delay()


@shared_task
def follow_shipment(*, shipment_id: int) -> None:
    """Call a booking off whose shipment nobody is to bring any more, or somebody else is to."""
    handing_over.follow(shipment_id=shipment_id, at=timezone.now())
