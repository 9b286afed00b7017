"""The crowd of the demo: what it is asked, and simulated couriers who answer and ride by the pages that people use."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from atlas.areas import Area
from carriers.models import Courier, Earning, Invitation, Offer
from carriers.models.crowd import OfferState
from carriers.services import crowd
from carriers.services.crowd import asking
from demo.driving.riders import ORDERS_EVERY, THINKS, Riders
from demo.scenario import cast
from demo.scenario import crowd as scenario
from demo.scenario.crowd import ERRANDS, Crowd
from demo.scenario.day import Day
from demo.scenario.office import Office
from tests.carriers.crowds import DOOR, HOUR, make_scene
from tests.dispatch.fleets import make_demand
from tests.factories import NOON
from tests.servers import Server
from tracking.rounds.models import Device, Driver
from tracking.shipments.lifecycle import FINISHED
from tracking.shipments.models import Shipment


def keep_silent(*_: object) -> None:
    """Report no position."""


@pytest.mark.django_db
def test_the_crowd_is_asked_to_bring_something_and_one_errand_is_left_to_whoever_looks() -> None:
    area = Area.load(settings.MAP_AREAS[0])
    Day(area, seed=1, at=NOON).write()
    Office(area, seed=1, at=NOON).write()

    Crowd(area, seed=1).write(at=NOON)

    assert Courier.objects.count() == len(cast.RIDERS) + 1
    assert list(Offer.objects.values_list("state", flat=True)) == [OfferState.OPEN] * (ERRANDS + 1)
    invitation = scenario.by_hand()
    assert invitation is not None
    assert [each.courier for each in invitation.offer.invitations.all()] == [invitation.courier]
    names = Invitation.objects.values_list("courier__driver__given_name", flat=True)
    assert {part.given_name for part in cast.RIDERS} <= set(names)


@pytest.mark.django_db(transaction=True)
def test_a_simulated_courier_takes_an_errand_on_its_page_rides_and_is_paid(daphne: Server, settings: Settings) -> None:
    settings.BASE_URL, settings.SPEED = daphne.url, 60.0
    carrier, hub, [courier] = make_scene()
    Driver.objects.update(given_name=cast.RIDERS[0].given_name)
    at = timezone.now()
    shipment = make_demand(hub, DOOR, earliest=at, latest=at + 4 * HOUR).shipment
    offer = crowd.hand_over(shipment, carrier, at=at)
    asking.widen(offer.id, at=at)
    riders = Riders(Area.load(settings.MAP_AREAS[0]), seed=1, report=keep_silent)

    riders.live(at=at)
    assert Offer.objects.get().state == OfferState.OPEN
    riders.live(at=at + THINKS)
    assert Offer.objects.get().courier == courier
    riders.live(at=at + THINKS)
    assert Device.objects.live().get().driver == courier.driver
    riders.live(at=at + ORDERS_EVERY - timedelta(seconds=1))
    crowd.sweep(at=timezone.now())

    assert Shipment.objects.get(id=shipment.id).status in {*FINISHED, "attempted"}
    assert Earning.objects.get().courier == courier
    assert not Device.objects.live().exists()
    riders.close()
