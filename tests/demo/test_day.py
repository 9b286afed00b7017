import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from atlas.areas import Area
from demo import access
from demo.scenario.day import LEFT_SECONDS, Day
from demo.scenario.stories import UNREADABLE
from tracking import facts
from tracking.links.models import TrackingLink
from tracking.rounds.models import CarrierKind, Driver, Place, PlaceKind, Route, RouteState, Shift, ShiftState
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Brand, Shipment, StatusEvent, WindowChange
from tracking.shipments.window import Cause

NOW = timezone.now()


@pytest.fixture(scope="module")
def day(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Day]:
    """Write one day, for every test of this module to read."""
    with django_db_blocker.unblock(), transaction.atomic():
        day = Day(Area.load(settings.MAP_AREAS[0]), seed=1, at=NOW)
        day.write()
        yield day
        transaction.set_rollback(True)


def find(day: Day, about: str) -> Shipment:
    return Shipment.objects.with_round().get(id=dict(day.links)[about].id)


def gather(shipment: Shipment) -> facts.Facts:
    return facts.gather(shipment, fix=None, at=NOW)


def test_every_status_and_every_handover_is_there(day: Day) -> None:
    assert set(Shipment.objects.values_list("status", flat=True)) == set(Status.values)
    assert set(Shipment.objects.exclude(handover="").values_list("handover", flat=True)) == set(Handover.values)


def test_the_day_is_large_enough_to_look_real(day: Day) -> None:
    assert Shipment.objects.count() >= 120
    assert Driver.objects.count() >= 6
    assert Place.objects.filter(kind=PlaceKind.HUB).count() >= 2
    assert len(set(Brand.objects.values_list("colour", flat=True))) >= 2
    assert set(Driver.objects.values_list("carrier__kind", flat=True)) >= {CarrierKind.OWN_FLEET, CarrierKind.CROWD}
    assert len(set(Driver.objects.values_list("vehicle", flat=True))) >= 3
    assert Shipment.objects.filter(parcels__number__endswith="02").exists()


def test_routes_are_over_under_way_and_still_to_come(day: Day) -> None:
    assert set(Route.objects.values_list("state", flat=True)) == set(RouteState.values)
    assert Route.objects.active().count() >= 6
    assert set(Shift.objects.values_list("state", flat=True)) == {ShiftState.WORKING, ShiftState.ON_BREAK}


def test_every_history_is_one_that_could_have_happened(day: Day) -> None:
    events = StatusEvent.objects.order_by("shipment_id", "occurred_at", "id")
    histories: dict[int, list[StatusEvent]] = {}
    for event in events:
        histories.setdefault(event.shipment_id, []).append(event)

    assert len(histories) == Shipment.objects.count()
    for history in histories.values():
        assert history[0].status == Status.CREATED
        assert history[-1].occurred_at <= NOW
        steps = [Status(event.status) for event in history if event.status and event.parcel_id is None]
        for earlier, later in itertools.pairwise(steps):
            assert later == earlier or later in lifecycle.STEPS[earlier]


def test_whoever_waits_is_told_a_time_that_is_not_past(day: Day) -> None:
    for shipment in Shipment.objects.with_round().filter(status__in=[Status.PLANNED, Status.OUT_FOR_DELIVERY]):
        told = gather(shipment).window

        assert told is not None
        assert told.end is None or told.end > NOW
        assert told.date >= NOW.astimezone(shipment.zone).date()


def test_the_first_link_is_of_somebody_whose_van_is_a_few_minutes_away(day: Day) -> None:
    about, shipment = day.links[0]

    fresh = find(day, about)
    seen = gather(fresh)

    assert fresh.id == shipment.id
    assert seen.stops_before == 0
    assert "next" in seen.conditions
    assert seen.driver is not None
    assert seen.window is not None
    assert seen.window.start is not None
    assert seen.window.start <= NOW + timedelta(seconds=LEFT_SECONDS) + timedelta(minutes=2)
    stop = fresh.stop
    assert stop is not None
    left_at = stop.route.stops.exclude(done_at=None).latest("done_at").done_at
    assert isinstance(left_at, datetime)
    assert timedelta(seconds=45) < NOW - left_at < timedelta(minutes=3)


def test_links_lead_to_the_states_they_are_called_after(day: Day) -> None:
    assert gather(find(day, "Two stops to go")).stops_before == 2
    assert "delayed" in gather(find(day, "Running late")).conditions
    assert find(day, "The driver is on a break").status == Status.OUT_FOR_DELIVERY
    assert find(day, "The van is about to leave").status == Status.PLANNED
    assert find(day, "We missed you").status == Status.ATTEMPTED
    assert find(day, "Ready for pickup").status == Status.READY_FOR_PICKUP
    behind = gather(find(day, "Three parcels, one behind"))
    assert [parcel.status for parcel in behind.parcels] == [Status.AT_HUB, Status.AT_HUB, Status.IN_TRANSIT]


def test_a_carriers_date_stays_a_date_and_its_unreadable_code_an_update(day: Day) -> None:
    seen = gather(find(day, "An update nobody can read"))

    assert seen.window is not None
    assert (seen.window.start, seen.window.end) == (None, None)
    assert seen.status == Status.IN_TRANSIT
    assert (seen.events[-1].status, seen.events[-1].label) == (None, "Update received")
    assert StatusEvent.objects.filter(raw_code=UNREADABLE).exists()


def test_the_ledger_says_why_windows_changed(day: Day) -> None:
    causes = set(WindowChange.objects.values_list("cause", flat=True))

    assert causes >= {Cause.FIRST, Cause.PLANNED, Cause.CARRIER, Cause.BEHIND}
    assert not WindowChange.objects.filter(at__gt=NOW).exists()


def test_only_the_late_tour_and_nobody_else_is_much_delayed(day: Day) -> None:
    waiting = Shipment.objects.with_round().filter(status=Status.OUT_FOR_DELIVERY)
    late = [seen.driver for seen in map(gather, waiting) if "delayed" in seen.conditions]

    assert {driver.name for driver in late if driver} == {"Eetu"}


def test_every_link_answers(day: Day, client: Client) -> None:
    found = access.collect(day.links, staff={"username": "demo", "password": "secret"})

    assert len(found["shipments"]) == Shipment.objects.count() == TrackingLink.objects.count()
    for link in found["highlights"]:
        for form in ("/", ".json", ".txt"):
            assert client.get(f"/t/{link['token']}{form}").status_code == 200, link["about"]
