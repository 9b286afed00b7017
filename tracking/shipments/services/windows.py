"""What shoppers are promised and told about time; each telling is a line in the ledger."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from tracking.rounds import services as rounds
from tracking.shipments import window
from tracking.shipments.models import WINDOW_FIELDS, Shipment, WindowChange
from tracking.shipments.services import versions
from tracking.shipments.window import Cause, Window


@transaction.atomic
def promise(shipment: Shipment, *, start: datetime | None, end: datetime | None, at: datetime) -> None:
    """Write down what the shopper was promised; delay is measured against it. With neither end, it is nothing."""
    shipment = versions.lock(shipment)
    shipment.promised_start, shipment.promised_end = start, end
    shipment.save(update_fields=["promised_start", "promised_end"])
    versions.touch([shipment.id], at=at)
    versions.announce_windows([shipment.id])


def estimate(shipment: Shipment, found: Window, *, cause: Cause, at: datetime) -> bool:
    """Tell one shopper a window, if it differs enough from what they were told. Says whether it did."""
    route_id = shipment.stop.route_id if shipment.stop else None
    return bool(estimate_all({shipment.id: (found, cause)}, route_id=route_id, at=at))


@transaction.atomic
def estimate_all(found: Mapping[int, tuple[Window, Cause]], *, route_id: int | None, at: datetime) -> list[int]:
    """Tell the shoppers of one route their windows, by shipment id, each with its cause.

    Only those whose window is worth telling anew get a new one, a line in the ledger and a new version; gives their
    ids. Shipments that have ended meanwhile are left alone.
    """
    if route_id is not None:
        rounds.lock_route(route_id)
    ids = write(found, at=at)
    versions.touch(ids, at=at)
    if ids:
        versions.announce_windows(ids)
    return ids


def write(found: Mapping[int, tuple[Window, Cause]], *, at: datetime) -> list[int]:
    """Write down what shoppers are told, where it is worth telling, and give their ids.

    For who holds the lock of the route, and sees to versions and announcements.
    """
    shipments = Shipment.objects.unfinished().filter(id__in=found).select_for_update().order_by("id")
    told = [
        shipment for shipment in shipments if window.is_worth_telling(shipment.window, found[shipment.id][0], at=at)
    ]
    WindowChange.objects.bulk_create(_ledger_line(shipment, *found[shipment.id], at=at) for shipment in told)
    for shipment in told:
        _tell(shipment, *found[shipment.id])
    Shipment.objects.bulk_update(told, WINDOW_FIELDS)
    return [shipment.id for shipment in told]


def _ledger_line(shipment: Shipment, found: Window, cause: Cause, *, at: datetime) -> WindowChange:
    return WindowChange(
        shipment=shipment,
        at=at,
        cause=cause,
        date=found.date,
        start=found.start,
        end=found.end,
        previous_start=shipment.window_start,
        previous_end=shipment.window_end,
    )


def _tell(shipment: Shipment, found: Window, cause: Cause) -> None:
    shipment.window_date, shipment.window_start, shipment.window_end = found.date, found.start, found.end
    shipment.window_cause = cause
