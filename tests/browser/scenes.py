"""Shipments in every state that the page has words for, as they are now."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.utils import timezone

from tests.factories import make_brand, make_device, make_link, make_route, make_shipment
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.rounds.models import Route
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Brand, Shipment, StatusEvent
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

DOORS: Final = [
    (60.1722, 24.9455),
    (60.1716, 24.9490),
    (60.1699, 24.9510),
    (60.1689, 24.9455),
    (60.1675, 24.9400),
    (60.1665, 24.9430),
    (60.1705, 24.9414),
]
ON_THE_WAY: Final = (60.1741, 24.9462)
"""A place in the street, away from every door."""

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


class Round(NamedTuple):
    """A driver on the road, the shipments and their links in the order of the stops, and the key of the phone."""

    route: Route
    shipments: list[Shipment]
    links: list[TrackingLink]
    key: str


def make_round(*, brand: Brand | None = None) -> Round:
    """Make a driver with seven stops, who has set off and told everybody an earlier time than was planned."""
    at = timezone.now()
    route = make_route(DOORS, brand=brand, at=at - HOUR)
    shipments = list(Shipment.objects.filter(stop__route=route).order_by("stop__sequence"))
    for number, shipment in enumerate(shipments):
        start = at + (10 + 12 * number) * MINUTE
        tell(shipment, start + HOUR, at=at - HOUR, cause=Cause.PLANNED)
        tell(shipment, start, at=at)
    key = make_device(route.shift.driver, at=at).key
    return Round(route, shipments, [links.issue(shipment, at=at) for shipment in shipments], key)


def tell(shipment: Shipment, start: datetime, *, at: datetime, cause: Cause = Cause.ON_THE_ROAD) -> None:
    """Tell a shopper a window of twenty minutes."""
    day = start.astimezone(shipment.zone).date()
    services.estimate(shipment, Window(day, start, start + 20 * MINUTE), cause=cause, at=at)


def _in_status(status: Status) -> Callable[[], TrackingLink]:
    def scene() -> TrackingLink:
        return make_link(make_shipment(status=status, at=timezone.now() - 30 * HOUR), at=timezone.now())

    return scene


def _handed_over(handover: Handover) -> Callable[[], TrackingLink]:
    def scene() -> TrackingLink:
        at = timezone.now()
        shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, at=at - 5 * HOUR)
        services.record(shipment, Status.DELIVERED, at=at - 12 * MINUTE, handover=handover)
        return make_link(shipment, at=at)

    return scene


def _planned_with_a_time() -> TrackingLink:
    at = timezone.now()
    shipment = make_shipment(status=Status.PLANNED, at=at - 20 * HOUR)
    tell(shipment, at + 3 * HOUR, at=at, cause=Cause.PLANNED)
    return make_link(shipment, at=at)


def _a_day_without_a_time() -> TrackingLink:
    at = timezone.now()
    shipment = make_shipment(status=Status.IN_TRANSIT, at=at - 20 * HOUR)
    services.estimate(shipment, Window(at.date() + timedelta(days=2)), cause=Cause.CARRIER, at=at)
    return make_link(shipment, at=at)


def _many_parcels_and_an_unreadable_update() -> TrackingLink:
    at = timezone.now()
    numbers = [f"JJFI{number:09}" for number in range(3)]
    shipment = make_shipment(status=Status.IN_TRANSIT, parcel_numbers=numbers, at=at - 30 * HOUR)
    delivered = Report("post", f"{shipment.id}-1", at - HOUR, Status.DELIVERED, numbers[1], place="Kamppi")
    unreadable = Report("post", f"{shipment.id}-2", at - MINUTE, None, raw_code="XZ9")
    for report in (delivered, unreadable):
        services.ingest(shipment, report, at=at)
    return make_link(shipment, at=at)


def _later_than_promised() -> TrackingLink:
    at = timezone.now()
    shipment = make_round().shipments[4]
    services.promise(shipment, start=at - 2 * HOUR, end=at - HOUR, at=at)
    tell(shipment, at + 2 * HOUR, at=at, cause=Cause.BEHIND)
    return make_link(shipment, at=at)


def _almost_there() -> TrackingLink:
    at = timezone.now()
    shipment = make_round(brand=make_brand(name="Päivänsäde & Pojat", colour="#ffd400")).shipments[0]
    assert shipment.stop
    services.approach(shipment.stop, at=at)
    return make_link(shipment, at=at)


def _nothing_happened_yet() -> TrackingLink:
    link = make_link(make_shipment(at=timezone.now()), at=timezone.now())
    StatusEvent.objects.filter(shipment=link.shipment).delete()
    return link


def _found_by_number() -> TrackingLink:
    shipment = make_round().shipments[2]
    return links.look_up(shipment.reference, shipment.postcode, at=timezone.now())


SCENES: Final[dict[str, Callable[[], TrackingLink]]] = {
    **{status.value: _in_status(status) for status in Status},
    **{f"delivered to {handover.value}": _handed_over(handover) for handover in Handover},
    "planned with a time": _planned_with_a_time,
    "a day without a time": _a_day_without_a_time,
    "many parcels and an unreadable update": _many_parcels_and_an_unreadable_update,
    "next": lambda: make_round().links[0],
    "some stops before": lambda: make_round().links[3],
    "too far away to be seen": lambda: make_round().links[6],
    "later than promised": _later_than_promised,
    "almost there": _almost_there,
    "nothing happened yet": _nothing_happened_yet,
    "found by number": _found_by_number,
}
