"""Two at once, on a real database: one phone drives, and what was done was done once."""

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from driving.models import DriveLink, DriverAction, Kind
from driving.said import Said
from driving.services import actions, links
from driving.services.links import InUse
from tests.driving.phones import make_day
from tests.tracking.test_races import at_once
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent

ROUNDS = 5

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_phones_that_begin_at_once_one_drives() -> None:
    for _ in range(ROUNDS):
        link = links.issue(make_day()[0].shift, at=timezone.now())

        answers = at_once(*[partial(links.bind, link, at=timezone.now())] * 2)

        [key] = [answer for answer in answers if isinstance(answer, str)]
        assert sum(isinstance(answer, InUse) for answer in answers) == 1
        assert links.is_device(DriveLink.objects.get(id=link.id), key)


def test_what_two_tabs_hand_in_at_once_happens_once() -> None:
    for _ in range(ROUNDS):
        route, (shipment, *_) = make_day()
        link = links.issue(route.shift, at=timezone.now())
        links.bind(link, at=timezone.now())
        link.refresh_from_db()
        at = timezone.now()
        said = Said(key=uuid4(), kind=Kind.DELIVER, device_at=at, shipment_id=shipment.id)

        taken = at_once(*[partial(actions.take, link, said, at=at)] * 3)

        assert {action.pk for action in taken if isinstance(action, DriverAction)} == {
            DriverAction.objects.latest("id").pk
        }
        assert StatusEvent.objects.filter(shipment=shipment, source="driver").count() == 1


def test_one_shipment_that_is_delivered_twice_at_once_is_delivered_once() -> None:
    for _ in range(ROUNDS):
        route, (shipment, *_) = make_day()
        link = links.issue(route.shift, at=timezone.now())
        at = timezone.now()
        twice = [Said(key=uuid4(), kind=Kind.DELIVER, device_at=at, shipment_id=shipment.id) for _ in range(2)]

        taken = at_once(*[partial(actions.take, link, said, at=at) for said in twice])

        outcomes = sorted(action.outcome for action in taken if isinstance(action, DriverAction))
        assert outcomes == ["done", "overtaken"]
        assert StatusEvent.objects.filter(shipment=shipment, source="driver").count() == 1
        assert Shipment.objects.get(id=shipment.id).status == Status.DELIVERED
