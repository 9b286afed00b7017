"""Where shipments stand now, as the truth of their messages depends on it."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time

from notifications.rules import Standing
from notifications.services.policies import Terms
from tracking import facts
from tracking.models import Shipment, Stop
from tracking.shipments.lifecycle import Status


def of_shipments(shipments: Collection[Shipment], terms: Mapping[int, Terms], *, at: datetime) -> dict[int, Standing]:
    """Say where shipments that were fetched ``with_round`` stand, by id. One query, or none where none is on the road.

    ``terms`` are those of their brands.
    """
    routes: dict[int, list[Stop]] = {
        shipment.stop.route_id: [] for shipment in shipments if shipment.stop and shipment.is_out_for_delivery
    }
    if routes:
        for stop in Stop.objects.pending().filter(route__in=routes):
            routes[stop.route_id].append(stop)
    return {shipment.id: _of_shipment(shipment, terms[shipment.brand_id], routes, at=at) for shipment in shipments}


def _of_shipment(shipment: Shipment, terms: Terms, routes: Mapping[int, list[Stop]], *, at: datetime) -> Standing:
    stop = shipment.stop if shipment.is_out_for_delivery else None
    day, start, end = _told(shipment)
    return Standing(
        at=at,
        today=at.astimezone(shipment.zone).date(),
        status=Status(shipment.status),
        handover=shipment.handover,
        day=day,
        window_start=start,
        window_end=end,
        predicted_end=_predicted_end(shipment),
        promised_end=shipment.promised_end,
        late_by=terms.late_by,
        stops_before=facts.count_stops_before(stop, routes[stop.route_id]) if stop else None,
        has_arrived=stop is not None and stop.arrived_at is not None,
    )


def _told(shipment: Shipment) -> tuple[date | None, datetime | None, datetime | None]:
    """Say when it is to come: as it was told last, or else promised."""
    if shipment.window_date is None and shipment.promised_start is not None:
        day = shipment.promised_start.astimezone(shipment.zone).date()
        return day, shipment.promised_start, shipment.promised_end
    return shipment.window_date, shipment.window_start, shipment.window_end


def _predicted_end(shipment: Shipment) -> datetime | None:
    """Say until when it should have come; by a date alone, not before that day begins."""
    if shipment.window_end is not None or shipment.window_date is None:
        return shipment.window_end
    return datetime.combine(shipment.window_date, time(), tzinfo=shipment.zone).astimezone(UTC)
