"""What follows a change, right after its commit: open pages hear of it, and a changed route is estimated anew.

Pages are told from here and not by a task: a page is to know within a second, a lost nudge harms nobody, and a broker
in between would be one more thing to fail (decision 0060). Twice is harmless, and the number of questions to the
database does not grow with the route.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from django.dispatch import receiver
from django.utils import timezone

from tracking import facts, tasks
from tracking.links import signals as links
from tracking.live import audience, publish
from tracking.proof import signals as proof
from tracking.rounds import signals as rounds
from tracking.rounds.models import Route, Stop
from tracking.shipments import signals as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.signals import StopsChange


@receiver(shipments.status_changed, dispatch_uid="tracking.tell_status")
def tell_status(shipment_id: int, **_: object) -> None:
    """Say that there is a new version, and hide the driver if the shipment is no longer on its way."""
    _tell([shipment_id], publish.status)


@receiver(proof.proof_kept, dispatch_uid="tracking.tell_proof")
def tell_proof(shipment_id: int, **_: object) -> None:
    """Say that there is a new version: something can be shown now."""
    _tell([shipment_id], publish.status)


@receiver(shipments.window_changed, dispatch_uid="tracking.tell_window")
def tell_window(shipment_ids: Collection[int], **_: object) -> None:
    """Say that there is another window, and show the driver to those to whom it has come near."""
    _tell(shipment_ids, publish.window)


@receiver(shipments.stops_changed, dispatch_uid="tracking.tell_stops")
def tell_stops(route_id: int, **_: object) -> None:
    """Tell everybody who waits for this route how many stops are before them, and show the driver to whom it is few."""
    stops = {stop.id: stop for stop in Stop.objects.kept().filter(route=route_id).select_related("route")}
    waiting = Shipment.objects.unfinished().filter(stop__in=stops).values_list("id", "version", "status", "stop_id")
    counts = {
        shipment_id: (
            version,
            facts.count_stops_before(stops[stop_id], [*stops.values()]) if status == Status.OUT_FOR_DELIVERY else None,
        )
        for shipment_id, version, status, stop_id in waiting
    }
    _refresh(Route.objects.filter(id=route_id).values_list("shift__driver_id", flat=True))
    publish.stops(counts)


@receiver(rounds.shift_changed, dispatch_uid="tracking.tell_shift")
def tell_shift(driver_id: int, **_: object) -> None:
    """Hide a driver who pauses or ends work, show one who goes on."""
    _refresh({driver_id})


@receiver(shipments.stops_changed, dispatch_uid="tracking.estimate_route")
def estimate_route(route_id: int, change: StopsChange, **_: object) -> None:
    """Start an estimate of the rest of the route."""
    tasks.estimate_route.delay(route_id=route_id, change=change)


@receiver(links.link_revoked, dispatch_uid="tracking.tell_revoked")
def tell_revoked(shipment_id: int, **_: object) -> None:
    """Let the pages go whose link is no longer good."""
    publish.anew([shipment_id])


def _tell(shipment_ids: Collection[int], publish_versions: Callable[[Mapping[int, int]], None]) -> None:
    known = Shipment.objects.filter(id__in=shipment_ids).values_list("id", "version", "stop__route__shift__driver_id")
    _refresh({driver_id for _, _, driver_id in known if driver_id})
    publish_versions({shipment_id: version for shipment_id, version, _ in known})


def _refresh(driver_ids: Iterable[int]) -> None:
    for driver_id in driver_ids:
        audience.refresh(driver_id, at=timezone.now())
