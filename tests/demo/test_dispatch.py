from datetime import timedelta

import pytest
from django.conf import settings

from atlas.areas import Area
from demo.scenario import cast, dispatch
from demo.scenario.dispatch import Dispatch
from tests.factories import NOON, make_brand, make_route
from tracking.links.models import TrackingLink
from tracking.rounds import services as rounds
from tracking.rounds.models import Driver, Route, RouteState, ShiftState
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def driver() -> Driver:
    for brand in cast.BRANDS:
        make_brand(slug=brand.slug)
    return make_route([(60.1755, 24.9500)]).shift.driver


@pytest.fixture
def office() -> Dispatch:
    return Dispatch(Area.load(settings.MAP_AREAS[0]), seed=1)


@pytest.mark.sqlite
def test_a_driver_without_work_is_given_a_new_tour_once(driver: Driver, office: Dispatch) -> None:
    found = office.find_work(driver, NOON)

    assert office.find_work(driver, NOON + timedelta(minutes=1)) == found
    assert (found.state, found.departs_at) == (RouteState.PLANNED, NOON + timedelta(minutes=4))
    assert found.hub == Route.objects.earliest("id").hub
    assert found.stops.count() == dispatch.STOPS
    shipments = Shipment.objects.filter(stop__route=found)
    assert shipments.count() >= dispatch.STOPS
    assert {shipment.status for shipment in shipments} == {Status.PLANNED}
    assert TrackingLink.objects.filter(shipment__in=shipments).count() == shipments.count()
    assert all(shipment.window_end and shipment.window_end > NOON for shipment in shipments)


def test_no_two_tours_are_alike(driver: Driver, office: Dispatch) -> None:
    first = office.find_work(driver, NOON)
    Route.objects.filter(id=first.id).update(state=RouteState.ACTIVE, started_at=NOON)
    second = office.find_work(driver, NOON)

    doors = [set(route.stops.values_list("latitude", "longitude")) for route in (first, second)]
    assert len(doors[0] & doors[1]) < 3
    references = Shipment.objects.values_list("reference", flat=True)
    assert len(set(references)) == len(references)


def test_the_shift_of_tomorrow_waits_for_tomorrow(driver: Driver, office: Dispatch) -> None:
    shift = driver.shifts.get()
    rounds.plan_shift(driver, starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=8))

    assert office.find_work(driver, NOON).shift == shift


def test_a_new_shift_begins_when_the_old_one_is_over(driver: Driver, office: Dispatch) -> None:
    shift = driver.shifts.get()

    found = office.find_work(driver, shift.ends_at)

    shift.refresh_from_db()
    assert shift.state == ShiftState.ENDED
    assert found.shift != shift
    assert found.shift.state == ShiftState.WORKING
    assert found.shift.starts_at == shift.ends_at
