from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django import Settings

from atlas.areas import Area
from demo.scenario import cast, office
from demo.scenario.day import Day
from demo.scenario.office import Office
from dispatch.missing import Missing
from dispatch.models import Demand, Duty, Hub, Plan, PlanState
from tests.factories import NOON
from tests.servers import ROOT
from tracking.links.models import TrackingLink
from tracking.rounds.models import Route, RouteState, ShiftState
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent

BEFORE_MIDNIGHT = datetime(2026, 6, 24, 20, 58, tzinfo=UTC)

pytestmark = pytest.mark.django_db

ROUTES = ("id", "state", "departs_at", "started_at")
STOPS = ("stops__id", "stops__sequence", "stops__state", "stops__planned_at")
SHIPMENTS = ("id", "status", "version", "stop", "window_date", "window_start", "window_end")


def drawn() -> tuple[list[object], list[object]]:
    """Read all that the day's stories are made of."""
    return (
        list(Route.objects.order_by("id", "stops__id").values_list(*ROUTES, *STOPS)),
        list(Shipment.objects.order_by("id").values_list(*SHIPMENTS)),
    )


@pytest.fixture(autouse=True)
def _weather(settings: Settings) -> None:
    settings.WEATHER_FILE = ROOT / "demo" / "weather.toml"


def require_planned(tomorrow: Plan) -> None:
    assert tomorrow.state == PlanState.READY
    assert tomorrow.figures["plan"]["served"] >= office.TOMORROWS_ORDERS
    assert tomorrow.tours.count() >= 3
    assert tomorrow.missing == [Missing.TRIPS]


@pytest.mark.parametrize("at", [NOON, BEFORE_MIDNIGHT])
def test_a_tour_and_tomorrow_are_planned_and_the_stories_stay_as_they_are(at: datetime) -> None:
    area = Area.load(settings.MAP_AREAS[0])
    Day(area, seed=1, at=at).write()
    routes, shipments = drawn()

    with transaction.atomic():
        Office(area, seed=1, at=at).write()

    routes_after, shipments_after = drawn()
    assert routes_after[: len(routes)] == routes
    assert shipments_after[: len(shipments)] == shipments
    today, tomorrow = Plan.objects.order_by("id")
    route = Route.objects.get(shift__driver__given_name=cast.OONA.given_name)
    assert (today.state, today.tours.get().route) == (PlanState.PUBLISHED, route)
    assert (route.state, route.shift.state, route.stops.count()) == (
        RouteState.PLANNED,
        ShiftState.WORKING,
        office.STOPS,
    )
    assert at < route.departs_at < at + timedelta(minutes=20)
    planned = Shipment.objects.filter(stop__route=route)
    assert {shipment.status for shipment in planned} == {Status.PLANNED}
    assert all(shipment.window_start and shipment.window_start >= at - timedelta(minutes=5) for shipment in planned)
    require_planned(tomorrow)
    assert Hub.objects.count() == 3
    assert Hub.objects.exclude(hands_over_from=None).get().place.slug == "kluuvi"
    assert Duty.objects.count() == len(cast.DRIVERS) + 1 + len(office.TOMORROW)
    assert Shipment.objects.count() == TrackingLink.objects.count()
    assert not StatusEvent.objects.filter(is_silent=False).exists()
    assert Demand.objects.filter(shipment__stop__route=route).count() == office.STOPS
