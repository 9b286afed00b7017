from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories import NOON, make_recipient, make_route, make_shipment
from tracking import facts
from tracking.rounds.models import RouteState, StopState
from tracking.shipments import lifecycle, services, window
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import UnknownZone
from tracking.shipments.window import Cause

HOUR = timedelta(hours=1)
DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", Status)
@pytest.mark.sqlite
def test_every_status_can_be_reached(status: Status) -> None:
    shipment = make_shipment(status=status)

    assert shipment.status == status
    assert shipment.is_finished == (shipment.finished_at is not None)
    assert [parcel.status for parcel in shipment.parcels.all()] == [status]


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Phobos", "../../etc/passwd", "a\0b", "x" * 5000])
def test_an_order_to_no_time_zone_is_refused(name: str) -> None:
    recipient = replace(make_recipient(), timezone=name)

    with pytest.raises(UnknownZone):
        make_shipment(recipient=recipient)

    assert not Shipment.objects.exists()


def test_a_step_that_is_not_in_the_table_is_refused_and_changes_nothing() -> None:
    shipment = make_shipment(status=Status.RETURNED)
    before = Shipment.objects.values().get(id=shipment.id)

    with pytest.raises(lifecycle.IllegalStep):
        services.record(shipment, Status.DELIVERED, at=NOON)

    assert Shipment.objects.values().get(id=shipment.id) == before


@pytest.mark.sqlite
def test_stops_away_count_down_as_stops_are_done_and_the_last_one_ends_the_route() -> None:
    route = make_route(DOORS)
    first, second, third = (stop.shipments.get() for stop in route.stops.all())

    def stops_before(shipment: Shipment) -> int | None:
        fresh = Shipment.objects.with_round().get(id=shipment.id)
        return facts.gather(fresh, fix=None, at=NOON).stops_before

    assert [stops_before(shipment) for shipment in (first, second, third)] == [0, 1, 2]
    versions = [Shipment.objects.get(id=shipment.id).version for shipment in (second, third)]

    services.record(first, Status.DELIVERED, at=NOON)

    assert [stops_before(shipment) for shipment in (first, second, third)] == [None, 0, 1]
    assert [Shipment.objects.get(id=s.id).version for s in (second, third)] == [v + 1 for v in versions]

    services.record(second, Status.CANCELLED, at=NOON)
    services.record(third, Status.ATTEMPTED, at=NOON)

    route.refresh_from_db()
    assert route.state == RouteState.FINISHED
    assert [stop.state for stop in route.stops.all()] == [StopState.DONE, StopState.REMOVED, StopState.DONE]


@pytest.mark.sqlite
def test_the_window_of_a_visit_that_failed_is_not_told_for_the_next_one() -> None:
    (stop,) = make_route(DOORS[:1]).stops.all()
    shipment = stop.shipments.get()
    services.estimate(shipment, window.between(NOON, NOON + HOUR, shipment.zone), cause=Cause.FIRST, at=NOON)

    services.record(shipment, Status.ATTEMPTED, at=NOON)

    shipment.refresh_from_db()
    assert shipment.window is None
    assert shipment.window_changes.count() == 1
