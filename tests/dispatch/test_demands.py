from datetime import UTC, datetime, timedelta

import pytest

from dispatch.models import Demand
from dispatch.services import demands
from tests.dispatch.fleets import make_fleet
from tests.dispatch.hubs import make_hub
from tests.factories import HUB, NOON, make_driver, make_recipient, make_shipment
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause, Window

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

FAR = (60.30, 25.20)
SATURDAY_NIGHT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
MONDAY = (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), datetime(2026, 11, 23, 20, 0, tzinfo=UTC))


def carried_by(kind: CarrierKind) -> Shipment:
    shipment = make_shipment()
    carrier = Carrier.objects.create(slug=kind, name=kind, kind=kind)
    Shipment.objects.filter(id=shipment.id).update(carrier=carrier)
    return Shipment.objects.get(id=shipment.id)


def test_a_new_shipment_comes_from_the_nearest_hub_on_the_next_working_day() -> None:
    make_hub(FAR)
    near = make_hub(HUB)
    shipment = make_shipment(parcel_numbers=["P1", "P2"])

    demand = demands.take_in(shipment, at=SATURDAY_NIGHT)

    assert demand is not None
    assert (demand.hub, demand.earliest, demand.latest) == (near, *MONDAY)
    assert (demand.mass_g, demand.volume_ml, demand.level) == (2_000, 16_000, "standard")
    assert demands.take_in(shipment, at=NOON + timedelta(days=9)) == demand


def test_what_was_promised_or_told_is_when_it_comes() -> None:
    make_hub()
    promised, told, dated = make_shipment(), make_shipment(), make_shipment()
    span = (NOON + timedelta(hours=2), NOON + timedelta(hours=3))
    shipments.promise(promised, start=span[0], end=span[1], at=NOON)
    shipments.estimate(told, Window(span[0].date(), *span), cause=Cause.FIRST, at=NOON)
    shipments.estimate(dated, Window(MONDAY[0].date()), cause=Cause.FIRST, at=NOON)

    demands.take_in_missing(at=NOON)

    found = {demand.shipment_id: (demand.earliest, demand.latest) for demand in Demand.objects.all()}
    assert found == {promised.id: span, told.id: span, dated.id: MONDAY}


def test_where_it_is_is_where_it_comes_from() -> None:
    make_hub(HUB)
    other = make_hub(FAR)
    shipment = make_shipment(status=Status.AT_HUB)
    Shipment.objects.filter(id=shipment.id).update(hub=other.place)
    shipment.refresh_from_db()

    demand = demands.take_in(shipment, at=NOON)

    assert demand is not None
    assert demand.hub == other


@pytest.mark.parametrize("point", [None, (0.0, 0.0)])
def test_what_no_hub_reaches_has_none(point: tuple[float, float] | None) -> None:
    make_hub()
    recipient = make_recipient(*point) if point else make_recipient(None, None)

    demand = demands.take_in(make_shipment(recipient=recipient), at=NOON)

    assert demand is not None
    assert demand.hub is None


@pytest.mark.parametrize(
    ("kind", "is_ours"),
    [
        (CarrierKind.OWN_FLEET, True),
        (CarrierKind.CROWD, True),
        (CarrierKind.THIRD_PARTY, False),
        (CarrierKind.PICKUP, False),
    ],
)
def test_carriers_see_to_theirs(kind: CarrierKind, is_ours: bool) -> None:
    make_hub()

    assert (demands.take_in(carried_by(kind), at=NOON) is not None) == is_ours
    assert demands.take_in_missing(at=NOON) == 0


def test_a_partner_with_a_fleet_is_planned_for() -> None:
    shipment = carried_by(CarrierKind.THIRD_PARTY)
    make_fleet(make_driver(carrier=shipment.carrier))

    assert demands.take_in(shipment, at=NOON) is not None


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED, Status.RETURNED])
def test_what_is_over_asks_for_nothing(status: Status) -> None:
    assert demands.take_in(make_shipment(status=status), at=NOON) is None
