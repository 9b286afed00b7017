"""What every change of a shipment goes through: its locks, its version, and the signals after the commit."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from tracking.rounds import services as rounds
from tracking.rounds.models import Route
from tracking.shipments import signals
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.signals import StopsChange


def lock(shipment: Shipment, *, and_route_id: int | None = None) -> Shipment:
    """Lock a shipment, after the route it is on and the one it goes to."""
    route_id = Shipment.objects.filter(id=shipment.id).values_list("stop__route_id", flat=True).get()
    for locked_id in sorted({locked_id for locked_id in (route_id, and_route_id) if locked_id is not None}):
        rounds.lock_route(locked_id)
    return Shipment.objects.select_for_update(of=("self",)).select_related("stop").get(id=shipment.id)


def touch(shipment_ids: Sequence[int], *, at: datetime) -> None:
    """Give shipments the next version: a fact that their readers can see has changed. Once a transaction."""
    Shipment.objects.filter(id__in=shipment_ids).update(version=F("version") + 1, changed_at=at)


def announce_event(event: StatusEvent) -> None:
    """Send ``status_changed`` after the commit."""
    ids = {"event_id": event.id, "shipment_id": event.shipment_id}
    transaction.on_commit(lambda: signals.status_changed.send_robust(StatusEvent, **ids))


def announce_windows(shipment_ids: Sequence[int]) -> None:
    """Send ``window_changed`` after the commit."""
    transaction.on_commit(lambda: signals.window_changed.send_robust(Shipment, shipment_ids=shipment_ids))


def announce_stops(route_id: int, change: StopsChange) -> None:
    """Send ``stops_changed`` after the commit."""
    transaction.on_commit(lambda: signals.stops_changed.send_robust(Route, route_id=route_id, change=change))
