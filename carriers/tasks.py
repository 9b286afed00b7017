"""What carriers do on their own time: called by the clock or a receiver. Each task bears being called twice."""

import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from carriers import nudges
from carriers.models import Account, Choice
from carriers.services import (
    alarms,
    benching,
    choosing,
    crowd,
    folder,
    handing_over,
    letters,
    polling,
    reading,
)
from carriers.services.choosing import handing_on
from notifications import tasks as notifications
from notifications.triggers import Channel
from tracking.shipments.models import Shipment

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
def ask_partner(*, account_id: int) -> None:
    """Ask a partner for the parcels that it has said nothing of."""
    at = timezone.now()
    for account in Account.objects.to_ask(at=at).filter(id=account_id):
        polling.poll(account, at=at)


@shared_task
def sweep_polls() -> None:
    """Ask the partners that want to be asked, and may be."""
    for account_id in Account.objects.to_ask(at=timezone.now()).values_list("id", flat=True):
        ask_partner.delay(account_id=account_id)


@shared_task
def sweep_folders() -> None:
    """Take in the tables that partners have laid down."""
    folder.take_in(at=timezone.now())


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


@shared_task
def hand_to_crowd(*, shipment_id: int) -> None:
    """Have the couriers of the crowd that carries a shipment asked to bring it."""
    crowd.hand_over_waiting(shipment_id=shipment_id, at=timezone.now())


@shared_task
def pass_on(*, shipment_ids: list[int]) -> None:
    """Have what no courier took handed over to the partners who come next."""
    for shipment in Shipment.objects.filter(id__in=shipment_ids).order_by("id"):
        crowd.pass_on(shipment, at=timezone.now())


@shared_task
def follow_offer(*, offer_id: int) -> None:
    """Let an offer follow from what happened to a shipment of it."""
    crowd.follow(offer_id, at=timezone.now())


@shared_task
def sweep_crowds() -> None:
    """Ask couriers, end what nobody took, give out again what nobody fetched, and pay what was brought."""
    at = timezone.now()
    crowd.hand_over_waiting(at=at)
    if crowd.sweep(at=at):
        notifications.drain.delay(channel=Channel.SMS)


@shared_task
def choose(*, shipment_id: int) -> None:
    """Choose a carrier for a shipment that nobody has."""
    shipment = Shipment.objects.filter(id=shipment_id).first()
    if shipment:
        choosing.choose(shipment, at=timezone.now())


@shared_task
def sweep_choices() -> None:
    """Choose for what waits, and hand on what was chosen, where the nudge was lost or nobody was there."""
    for shipment_id in choosing.list_missed(at=timezone.now()):
        choose.delay(shipment_id=shipment_id)
    for choice_id in handing_on.list_missed(at=timezone.now()):
        hand_on.delay(choice_id=choice_id)


@shared_task
def hand_on(*, choice_id: int) -> None:
    """Have a shipment handed over to the partner that it was chosen for."""
    choice = Choice.objects.select_related("shipment", "carrier").filter(id=choice_id).first()
    if choice:
        choosing.hand_on(choice, at=timezone.now())


@shared_task
def sweep_floors() -> None:
    """Bench whoever has fallen below a floor by what was counted since."""
    benching.judge(at=timezone.now())
