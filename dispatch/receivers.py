"""What follows from others' news. Each starts a task and returns; what is lost, a sweep or the next event finds."""

from collections.abc import Collection
from typing import Final

from django.dispatch import receiver

from dispatch import signals, tasks
from dispatch.models import Booking
from dispatch.services import replanning
from tracking.changes import signals as changes
from tracking.shipments import signals as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause

UPSETTING: Final = frozenset({StopsChange.ADDED, StopsChange.REMOVED})
DELAYS: Final = frozenset({Cause.BEHIND, Cause.BREAK, Cause.SIGNAL_LOST})


@receiver(signals.plan_asked, dispatch_uid="dispatch.work_out")
def work_out(plan_id: int, **_: object) -> None:
    """Start working a plan out."""
    tasks.work_out.delay(plan_id=plan_id)


@receiver(shipments.status_changed, dispatch_uid="dispatch.take_in")
def take_in(event_id: int, shipment_id: int, **_: object) -> None:
    """Write down what a new shipment asks for."""
    if StatusEvent.objects.filter(id=event_id, status=Status.CREATED).exists():
        tasks.take_in.delay(shipment_id=shipment_id)


@receiver(shipments.stops_changed, dispatch_uid="dispatch.look_at_route")
def look_at_route(route_id: int, change: StopsChange, **_: object) -> None:
    """Think about a route again that has more or fewer stops, or on which one was passed by."""
    if change in UPSETTING or (change == StopsChange.DONE and replanning.is_one_passed_by(route_id)):
        _look(route_id)


@receiver(shipments.window_changed, dispatch_uid="dispatch.look_at_delay")
def look_at_delay(shipment_ids: Collection[int], **_: object) -> None:
    """Think about a route again that runs late."""
    late = Shipment.objects.on_the_road().filter(id__in=shipment_ids, window_cause__in=DELAYS)
    for route_id in late.order_by().values_list("stop__route_id", flat=True).distinct():
        _look(route_id)


@receiver(changes.change_asked, dispatch_uid="dispatch.follow_change")
@receiver(changes.change_undone, dispatch_uid="dispatch.follow_undoing")
def follow_changes(shipment_id: int, **_: object) -> None:
    """Let the plan follow what a shopper asked for, or took back."""
    tasks.follow_changes.delay(shipment_id=shipment_id)


@receiver(shipments.status_changed, dispatch_uid="dispatch.offer")
def offer(shipment_id: int, **_: object) -> None:
    """Work out anew what can still be changed, and give back a place in a slot that nobody needs any more."""
    tasks.offer.delay(shipment_id=shipment_id)
    if Booking.objects.filter(shipment=shipment_id, released_at=None).exists():
        tasks.release_slot.delay(shipment_id=shipment_id)


@receiver(changes.change_asked, dispatch_uid="dispatch.confirm_change")
def confirm_change(change_id: int, **_: object) -> None:
    """Tell the recipient what was changed."""
    tasks.confirm_change.delay(change_id=change_id)


@receiver(changes.change_asked, dispatch_uid="dispatch.offer_after_change")
@receiver(changes.change_undone, dispatch_uid="dispatch.offer_after_undoing")
def offer_anew(shipment_id: int, **_: object) -> None:
    """Work out anew what can be changed now that something has been."""
    tasks.offer.delay(shipment_id=shipment_id)


def _look(route_id: int) -> None:
    """Start a look at a route once it has come to rest."""
    tasks.look_at_route.apply_async(
        kwargs={"route_id": route_id}, countdown=replanning.QUIET.total_seconds(), expires=60
    )
