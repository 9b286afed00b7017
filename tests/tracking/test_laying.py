"""What writing a plan down changes, for whom, and for whom it does not."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests.factories import NOON, make_driver, make_recipient, make_route, make_shipment
from tracking.rounds import services as rounds
from tracking.rounds.models import Place, Route, RouteState, Stop, StopState
from tracking.rounds.services import StopPlan
from tracking.shipments import services, signals
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.services import Door, Layout
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
DAY = date(2026, 11, 22)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_planned(driver_name: str = "Aino") -> Route:
    """Make an empty route that has not set off."""
    hub = make_route(DOORS[:1]).hub
    shift = rounds.plan_shift(make_driver(given_name=driver_name), starts_at=NOON, ends_at=NOON + timedelta(hours=8))
    return rounds.plan_route(shift, hub=hub, departs_at=NOON, stops=[])


def make_waiting(status: Status = Status.AT_HUB) -> list[Shipment]:
    return [make_shipment(status=status, recipient=make_recipient(*door)) for door in DOORS]


def door(*shipments: Shipment, at: datetime | None = None) -> Door:
    first = shipments[0]
    assert first.latitude is not None
    assert first.longitude is not None
    plan = StopPlan(first.latitude, first.longitude, service_seconds=120, planned_at=at)
    return Door(plan, tuple(shipment.id for shipment in shipments))


def fresh(shipments: Sequence[Shipment]) -> list[Shipment]:
    return [Shipment.objects.select_related("stop").get(id=shipment.id) for shipment in shipments]


def versions(shipments: Sequence[Shipment]) -> list[int]:
    return [shipment.version for shipment in fresh(shipments)]


def order(route: Route) -> list[str]:
    return list(
        Shipment.objects.filter(stop__in=route.stops.pending())
        .order_by("stop__sequence")
        .values_list("reference", flat=True)
    )


def test_a_route_gets_its_stops_in_order_and_its_shipments_are_planned_with_one_new_version() -> None:
    route, (first, second, third) = make_planned(), make_waiting()
    before = versions([first, second, third])
    told = {third.id: (Window(DAY, NOON, NOON + timedelta(hours=1)), Cause.PLANNED)}

    heard = services.lay_out([Layout(route.id, [door(third, at=NOON), door(first), door(second)], told)], at=NOON)

    assert heard == [third.id]
    assert order(route) == [third.reference, first.reference, second.reference]
    assert list(route.stops.values_list("sequence", "service_seconds", "planned_at")) == [
        (1, 120, NOON),
        (2, 120, None),
        (3, 120, None),
    ]
    assert {shipment.status for shipment in fresh([first, second, third])} == {Status.PLANNED}
    assert {shipment.hub_id for shipment in fresh([first, second, third])} == {route.hub_id}
    assert versions([first, second, third]) == [version + 1 for version in before]
    assert WindowChange.objects.get(shipment=third).cause == Cause.PLANNED


def test_the_same_again_changes_nothing() -> None:
    route, waiting = make_planned(), make_waiting()
    layout = Layout(
        route.id,
        [door(shipment) for shipment in waiting],
        {waiting[0].id: (Window(DAY, NOON, NOON + timedelta(hours=1)), Cause.PLANNED)},
    )
    services.lay_out([layout], at=NOON)
    before = versions(waiting), list(route.stops.values_list("id", "sequence")), StatusEvent.objects.count()

    assert services.lay_out([layout], at=NOON) == []

    assert (versions(waiting), list(route.stops.values_list("id", "sequence")), StatusEvent.objects.count()) == before


def test_two_of_one_door_share_a_stop() -> None:
    route, first = make_planned(), make_shipment(status=Status.AT_HUB)
    neighbour = make_shipment(status=Status.AT_HUB)

    services.lay_out([Layout(route.id, [door(first, neighbour)])], at=NOON)

    assert route.stops.get().shipments.count() == 2


def test_whoever_is_moved_to_another_route_leaves_no_stop_behind() -> None:
    here, there, waiting = make_planned(), make_planned(), make_waiting()
    services.lay_out([Layout(here.id, [door(shipment) for shipment in waiting])], at=NOON)

    services.lay_out(
        [Layout(there.id, [door(waiting[1])]), Layout(here.id, [door(waiting[2]), door(waiting[0])])], at=NOON
    )

    assert order(here) == [waiting[2].reference, waiting[0].reference]
    assert order(there) == [waiting[1].reference]
    assert here.stops.filter(state=StopState.REMOVED).count() == 1


def test_whoever_is_taken_off_is_back_at_the_hub_without_a_window() -> None:
    route, waiting = make_planned(), make_waiting()
    told = {waiting[0].id: (Window(DAY, NOON, NOON + timedelta(hours=1)), Cause.PLANNED)}
    services.lay_out([Layout(route.id, [door(shipment) for shipment in waiting], told)], at=NOON)
    before = versions(waiting)

    services.lay_out([], off=[waiting[0].id], at=NOON)

    gone = fresh(waiting)[0]
    assert (gone.status, gone.stop, gone.window) == (Status.AT_HUB, None, None)
    assert versions(waiting) == [before[0] + 1, *before[1:]]
    assert order(route) == [shipment.reference for shipment in waiting[1:]]


def test_what_is_still_on_its_way_to_the_hub_has_a_stop_and_is_not_yet_planned() -> None:
    route, (first, *_) = make_planned(), make_waiting(Status.IN_TRANSIT)

    services.lay_out([Layout(route.id, [door(first)])], at=NOON)

    (first,) = fresh([first])
    assert first.stop is not None
    assert (first.stop.route_id, first.status) == (route.id, Status.IN_TRANSIT)


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED, Status.OUT_FOR_DELIVERY, Status.ON_HOLD])
def test_whoever_no_plan_may_move_is_passed_over(status: Status) -> None:
    route, (first, *_) = make_planned(), make_waiting(status)
    before = versions([first])

    services.lay_out([Layout(route.id, [door(first)])], at=NOON)

    assert (versions([first]), route.stops.count()) == (before, 0)


def test_a_route_on_the_road_is_reordered_behind_what_is_done_and_gets_nothing_else(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    route, (stranger, *_) = make_route(DOORS), make_waiting()
    first, second, third = (stop.shipments.get() for stop in route.stops.all())
    services.record(first, Status.DELIVERED, at=NOON)
    before = versions([first, second, third, stranger])
    heard: list[StopsChange] = []

    def listen(change: StopsChange, **_: object) -> None:
        heard.append(change)

    signals.stops_changed.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        services.lay_out([Layout(route.id, [door(third), door(stranger), door(second)])], at=NOON)
    signals.stops_changed.disconnect(listen)

    assert order(route) == [third.reference, second.reference]
    assert versions([first, second, third, stranger]) == [before[0], before[1] + 1, before[2] + 1, before[3]]
    assert heard == [StopsChange.REORDERED]
    assert list(route.stops.values_list("sequence", "state")) == [(1, "done"), (2, "pending"), (3, "pending")]


def test_a_stop_that_nobody_names_stays_behind_the_others() -> None:
    route = make_route(DOORS)
    first, second, third = (stop.shipments.get() for stop in route.stops.all())

    services.lay_out([Layout(route.id, [door(third), door(second)])], at=NOON)

    assert order(route) == [third.reference, second.reference, first.reference]
    assert Route.objects.get(id=route.id).state == RouteState.ACTIVE
    assert Stop.objects.pending().filter(route=route).count() == 3
    assert Place.objects.count() == 1
