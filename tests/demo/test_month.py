from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F

from atlas.areas import Area
from demo.scenario.day import Day
from demo.scenario.month import DAYS, Month
from dispatch import accuracy
from feedback.insight import reports
from feedback.insight.reports import By, Selection
from feedback.insight.statistics import FLOOR
from feedback.models import Case, CaseState, Delivery, Rating
from feedback.services import deliveries
from notifications.models import Notification, State
from notifications.services import considering
from tests.factories import NOON
from tracking.links.models import TrackingLink
from tracking.models import CarrierScore, Route, Shift, Shipment, StatusEvent
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Status

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def month(module_db: None) -> Selection:
    area = Area.load(settings.MAP_AREAS[0])
    Day(area, seed=1, at=NOON).write()
    staff = User.objects.create(username="demo", is_staff=True)
    Month(area, seed=1, at=NOON).write(staff=staff)
    today = NOON.date()
    return Selection(today - timedelta(days=DAYS), today)


def test_a_month_holds_enough_to_be_looked_at(month: Selection) -> None:
    found = reports.deliveries(month)

    total = reports.total(found)
    drivers = reports.by(By.DRIVER, found)

    assert total.deliveries >= 400
    assert total.stars.n >= 150
    assert len(drivers.lines) >= 5
    assert drivers.left_out >= 1
    assert len([line for line in reports.by(By.AREA, found).lines if line.stars.n >= FLOOR]) >= 2
    assert total.on_time.value is not None
    assert 0.8 < total.on_time.value < 0.97
    assert len(reports.reasons(found)) >= 8
    assert set(Case.objects.values_list("state", flat=True)) == set(CaseState.values)
    assert Case.objects.filter(state=CaseState.OPEN, owner=None).exists()
    assert Case.objects.overdue(at=NOON).exists()
    assert Rating.objects.exclude(words="").count() >= 50
    assert CarrierScore.objects.count() >= 2


def test_four_fifths_of_the_month_came_inside_their_windows(month: Selection) -> None:
    whole, *hubs = accuracy.of_windows(at=NOON)
    calibrations = accuracy.of_forecasts(since=NOON - timedelta(days=DAYS + 1))

    assert whole.shown.n >= 400
    assert 76 <= (whole.shown.of_hundred or 0) <= 86
    assert len(hubs) >= 2
    assert sum(calibration.n for calibration in calibrations) >= 1_200
    assert len({calibration.horizon for calibration in calibrations}) >= 3


def test_what_is_written_in_bulk_is_what_the_services_would_have_written(month: Selection) -> None:
    past = Shipment.objects.filter(delivery__isnull=False).prefetch_related("events", "parcels", "links")

    for shipment in past.exclude(finished_at__gt=NOON - timedelta(hours=4)):
        assert lifecycle.fold(shipment.events.all()) == Status.DELIVERED
        assert {parcel.status for parcel in shipment.parcels.all()} == {Status.DELIVERED}
        assert len(shipment.links.all()) == 1
    known = list(Delivery.objects.order_by("id").values())
    deliveries.record(list(Delivery.objects.values_list("shipment", flat=True)))
    assert list(Delivery.objects.order_by("id").values()) == known


def test_nothing_is_yet_to_come_and_nobody_is_told_or_asked_again(month: Selection) -> None:
    assert not StatusEvent.objects.filter(is_silent=False).exists()
    assert not Delivery.objects.filter(delivered_at__gt=NOON).exists()
    assert not Rating.objects.filter(rated_at__gt=NOON).exists()
    assert not Case.objects.filter(changed_at__gt=NOON).exists()
    assert not Notification.objects.exclude(state=State.SENT).exists()
    past = Shipment.objects.filter(delivery__isnull=False, created_at__lt=NOON - timedelta(days=2))

    considering.calendar(at=NOON)

    asked = Notification.objects.filter(shipment__in=past, trigger="survey")
    assert asked.count() == asked.values("shipment").distinct().count()


def test_its_orders_and_rounds_are_told_from_those_of_the_day(month: Selection) -> None:
    assert Shipment.objects.count() == TrackingLink.objects.count()
    assert Shipment.objects.values("reference").distinct().count() == Shipment.objects.count()
    ended = Shift.objects.filter(state="ended")
    assert not ended.filter(ends_at__gt=NOON).exists()
    assert not Route.objects.filter(shift__in=ended).exclude(state="finished").exists()
    assert not Route.objects.filter(departs_at__gt=F("finished_at")).exists()
