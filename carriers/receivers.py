"""What follows when a partner wrote something, or is to be told something: a task. What is lost here, a sweep finds."""

from collections.abc import Collection

from django.dispatch import receiver

from carriers import nudges, signals, tasks
from carriers.models import Offered, PartnerBooking
from carriers.services import choosing
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments import signals as shipments


@receiver(signals.letter_stored, dispatch_uid="carriers.read_letters")
def read_letters(**_: object) -> None:
    """Start reading, unless somebody is about to."""
    if nudges.give():
        tasks.read_letters.delay()


@receiver(signals.booking_due, dispatch_uid="carriers.call_partners")
def call_partners(**_: object) -> None:
    """Start telling partners what is due."""
    tasks.call_partners.delay()


@receiver(signals.carrier_chosen, dispatch_uid="carriers.hand_to_crowd")
def hand_to_crowd(shipment_id: int, carrier_id: int, **_: object) -> None:
    """Start asking couriers, where a crowd was chosen."""
    if Carrier.objects.filter(id=carrier_id, kind=CarrierKind.CROWD).exists():
        tasks.hand_to_crowd.delay(shipment_id=shipment_id)


@receiver(signals.offer_ended, dispatch_uid="carriers.pass_on")
def pass_on(shipment_ids: Collection[int], **_: object) -> None:
    """Start asking whoever comes next about what no courier took."""
    tasks.pass_on.delay(shipment_ids=list(shipment_ids))


@receiver(shipments.status_changed, dispatch_uid="carriers.follow_offer")
def follow_offer(shipment_id: int, **_: object) -> None:
    """Let an offer follow one of its shipments."""
    for offer_id in Offered.objects.filter(shipment=shipment_id, until=None).values_list("offer_id", flat=True):
        tasks.follow_offer.delay(offer_id=offer_id)


@receiver(shipments.status_changed, dispatch_uid="carriers.follow_shipment")
def follow_shipment(shipment_id: int, **_: object) -> None:
    """Let a booking follow its shipment."""
    if PartnerBooking.objects.live().filter(shipment=shipment_id).exists():
        tasks.follow_shipment.delay(shipment_id=shipment_id)


@receiver(shipments.stops_changed, dispatch_uid="carriers.follow_route")
def follow_route(route_id: int, **_: object) -> None:
    """Let the bookings of what has come onto a route follow it."""
    live = PartnerBooking.objects.live().filter(shipment__stop__route=route_id)
    for shipment_id in live.order_by().values_list("shipment_id", flat=True):
        tasks.follow_shipment.delay(shipment_id=shipment_id)


@receiver(shipments.status_changed, dispatch_uid="carriers.choose")
def choose(shipment_id: int, **_: object) -> None:
    """Start choosing a carrier for what has just come in, where its brand lets us."""
    if choosing.waiting().filter(id=shipment_id).exists():
        tasks.choose.delay(shipment_id=shipment_id)


@receiver(signals.carrier_chosen, dispatch_uid="carriers.hand_on")
def hand_on(choice_id: int, **_: object) -> None:
    """Start booking what was chosen for a partner."""
    tasks.hand_on.delay(choice_id=choice_id)
