"""The day of the demo as it is drawn at noon; ``test_day`` draws it at the hours that are hard."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.conf import settings

from atlas.areas import Area
from demo.scenario.day import LEFT_SECONDS, Day
from demo.scenario.stories import UNREADABLE
from notifications.models import Policy
from tests.factories import NOON
from tracking import facts
from tracking.links.models import TrackingLink
from tracking.rounds.models import CarrierKind, Driver, Place, PlaceKind, Route, RouteState, Shift, ShiftState
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Brand, Shipment, StatusEvent, WindowChange
from tracking.shipments.window import Cause

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def day(module_db: None) -> Day:
    day = Day(Area.load(settings.MAP_AREAS[0]), seed=1, at=NOON)
    day.write()
    return day


def gather(day: Day, about: str) -> facts.Facts:
    shipment = Shipment.objects.with_round().get(id=dict(day.links)[about].id)
    return facts.gather(shipment, fix=None, at=NOON)


def kinds(column: str, rows: Any) -> set[str]:
    return set(rows.values_list(column, flat=True))


def test_a_day_holds_everything_there_is_to_see(day: Day) -> None:
    assert kinds("status", Shipment.objects) == set(Status.values)
    assert kinds("handover", Shipment.objects.exclude(handover="")) == set(Handover.values)
    assert kinds("state", Route.objects) == set(RouteState.values)
    assert kinds("state", Shift.objects) == {ShiftState.WORKING, ShiftState.ON_BREAK}
    assert kinds("carrier__kind", Driver.objects) == {CarrierKind.OWN_FLEET, CarrierKind.CROWD}
    assert kinds("carrier__kind", Shipment.objects) == set(CarrierKind.values)
    assert kinds("cause", WindowChange.objects) >= {Cause.FIRST, Cause.PLANNED, Cause.CARRIER, Cause.BEHIND}
    assert len(kinds("colour", Brand.objects)) == 2
    assert len(kinds("vehicle", Driver.objects)) == 3
    assert Place.objects.filter(kind=PlaceKind.HUB).count() == 3
    assert Driver.objects.count() == Route.objects.active().count() + 1 == 8
    assert Shipment.objects.count() == TrackingLink.objects.count() >= 120
    assert Shipment.objects.filter(parcels__number__endswith="02").exists()
    assert StatusEvent.objects.filter(raw_code=UNREADABLE, status="").exists()


def test_links_lead_to_the_states_they_are_called_after(day: Day) -> None:
    first = gather(day, day.links[0][0])
    assert day.links[0][0] == "Arriving in a few minutes"
    assert first.stops_before == 0
    assert first.window is not None
    assert first.window.start is not None
    assert first.window.start <= NOON + timedelta(seconds=LEFT_SECONDS, minutes=2)

    assert gather(day, "Two stops to go").stops_before == 2
    assert gather(day, "The van is about to leave").status == Status.PLANNED
    assert gather(day, "We missed you").status == Status.ATTEMPTED
    assert gather(day, "Ready for pickup").status == Status.READY_FOR_PICKUP
    assert [parcel.status for parcel in gather(day, "Three parcels, one behind").parcels] == [
        Status.AT_HUB,
        Status.AT_HUB,
        Status.IN_TRANSIT,
    ]

    unreadable = gather(day, "An update nobody can read")
    assert unreadable.window is not None
    assert (unreadable.window.start, unreadable.window.end) == (None, None)
    assert (unreadable.events[-1].status, unreadable.events[-1].label) == (None, "Update received")

    waiting = Shipment.objects.with_round().filter(status=Status.OUT_FOR_DELIVERY)
    seen = [facts.gather(shipment, fix=None, at=NOON) for shipment in waiting]
    assert {fact.driver.name for fact in seen if fact.driver and "delayed" in fact.conditions} == {"Eetu"}
    assert "delayed" in gather(day, "Running late").conditions


def test_what_is_past_calls_for_no_message_and_what_comes_may_be_told_at_any_hour(day: Day) -> None:
    assert not StatusEvent.objects.filter(is_silent=False).exists()
    assert {(policy.quiet_from, policy.quiet_until) for policy in Policy.objects.all()} == {(time(0), time(0))}
    assert Policy.objects.count() == Brand.objects.count()
    assert kinds("language", Shipment.objects) == {"", "ar", "de", "es", "fi", "fr", "sv"}
    assert Shipment.objects.count() == len(kinds("phone", Shipment.objects))
