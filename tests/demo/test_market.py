import pytest

from carriers.models import Weighing
from carriers.services import choosing
from demo.scenario import cast, market
from tests.dispatch.fleets import make_vehicle_type
from tests.factories import NOON, make_brand, make_shipment
from tracking.models import Carrier
from tracking.rounds.models import Vehicle

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def test_whoever_looks_at_the_demo_has_carriers_to_compare_and_nothing_switched_on() -> None:
    for part in cast.CARRIERS:
        Carrier.objects.create(slug=part.slug, name=part.name, kind=part.kind)
    for slug in (Vehicle.VAN, Vehicle.CARGO_BIKE):
        make_vehicle_type(slug=slug)
    brand = make_brand(slug=cast.BRANDS[0].slug)

    market.write(at=NOON)

    shipment = make_shipment(brand=brand)
    assert not Weighing.objects.get(brand=brand).is_on
    assert choosing.choose(shipment, at=NOON) is None
    assert [one.carrier.slug for one in choosing.ranked(shipment, at=NOON)] == [cast.THIRD_PARTY]
