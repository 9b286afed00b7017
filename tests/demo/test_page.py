"""A simulated driver's page against a real server: what they do goes the way that a phone's does."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.utils import timezone

from demo.driving.browsing import NotTaken
from demo.driving.page import DriverPage
from driving.models import DriverAction, Kind
from driving.services import links
from tests.driving.phones import make_day
from tests.servers import Server
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_driver_does_is_taken_once_although_it_is_told_twice(daphne: Server) -> None:
    route, (shipment, *_) = make_day()
    at = timezone.now() + timedelta(seconds=1)

    with closing(DriverPage(daphne.url)) as page:
        for _ in range(2):
            page.tell(route.shift, Kind.DELIVER, at=at, shipment=shipment.id, handover=Handover.RECEPTION)

    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover) == (Status.DELIVERED, Handover.RECEPTION)
    assert DriverAction.objects.get().device_at == at


def test_a_simulator_that_starts_anew_takes_over(daphne: Server) -> None:
    route, (first, second, _) = make_day()
    link = links.issue(route.shift, at=timezone.now())

    for shipment in (first, second):
        with closing(DriverPage(daphne.url)) as page:
            page.tell(route.shift, Kind.DELIVER, at=timezone.now(), shipment=shipment.id)

    assert set(DriverAction.objects.values_list("link", flat=True)) == {link.id}
    assert Shipment.objects.filter(status=Status.DELIVERED).count() == 2


def test_what_is_not_taken_is_said(daphne: Server) -> None:
    route, _ = make_day()
    _, (foreign, *_) = make_day()

    with closing(DriverPage(daphne.url)) as page, pytest.raises(NotTaken, match="404"):
        page.tell(route.shift, Kind.DELIVER, at=timezone.now(), shipment=foreign.id)
