"""What others than our drivers bring in the demo: booked with the real stand-in, shelved and collected."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from atlas.areas import Area
from carriers.models import Account, BookingState, PartnerBooking
from carriers.services import accounts, handing_over
from demo.driving.counter import COLLECTED_AFTER_SECONDS, SHELVED_EVERY_SECONDS, Counter
from demo.scenario import cast
from demo.scenario.day import Day
from demo.scenario.others import HANDED_OVER, TO_BE_COLLECTED, Others
from tests.carriers import bookable
from tests.carriers.bookable import KEY, Misbehaving
from tests.factories import NOON
from tracking.links.models import TrackingLink
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "the-partners-secret"


@pytest.fixture
def partner(settings: Settings) -> Iterator[Misbehaving]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    settings.SPEED = 1.0
    with bookable.running() as running:
        yield running


def test_others_have_their_part_of_the_day(partner: Misbehaving) -> None:
    area, at = Area.load(settings.MAP_AREAS[0]), timezone.now()
    Day(area, seed=1, at=at).write()
    others = Others(area, seed=1, at=at)

    others.write(terms={"api_url": partner.url, "api_key": KEY, "secret": SECRET})
    handing_over.work()

    account = Account.objects.get()
    bookings = PartnerBooking.objects.order_by("id")
    assert accounts.secrets_of(account, at=at) == [SECRET]
    assert [booking.state for booking in bookings] == [BookingState.BOOKED] * HANDED_OVER
    assert {booking.shipment.carrier for booking in bookings} == set(account.carriers.all())
    today = at.astimezone(bookings[0].shipment.zone).date()
    assert {booking.shipment.window_date for booking in bookings} == {today}
    assert [shipment.carrier and shipment.carrier.slug for _, shipment in others.links] == [cast.OWN_FLEET, cast.PICKUP]
    assert TrackingLink.objects.filter(shipment__in=[shipment for _, shipment in others.links]).count() == 2

    waiting = Shipment.objects.filter(carrier__slug=cast.PICKUP, status=Status.AT_HUB)
    assert waiting.count() == TO_BE_COLLECTED
    require_counter(waiting.order_by("id")[0], waiting.order_by("id")[1])


def require_counter(first: Shipment, second: Shipment) -> None:
    counter = Counter()
    on_the_shelf = Shipment.objects.filter(status=Status.READY_FOR_PICKUP).count()
    later = NOON.replace(year=2126)

    counter.serve(at=later)
    counter.serve(at=later)
    for shipment in (first, second):
        shipment.refresh_from_db()
    assert (first.status, second.status) == (Status.READY_FOR_PICKUP, Status.AT_HUB)

    counter.serve(at=later + timedelta(seconds=SHELVED_EVERY_SECONDS))
    counter.serve(at=later + timedelta(seconds=COLLECTED_AFTER_SECONDS))
    for shipment in (first, second):
        shipment.refresh_from_db()
    assert (first.status, first.handover) == (Status.DELIVERED, Handover.PICKUP_POINT)
    assert second.status == Status.READY_FOR_PICKUP
    # A third was shelved when the first was collected; who was there before stays.
    assert Shipment.objects.filter(status=Status.READY_FOR_PICKUP).count() == on_the_shelf + 2
