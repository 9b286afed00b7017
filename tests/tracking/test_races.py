"""Two at once, on a real database: nobody waits for ever, nothing is lost, nothing is counted twice."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from tests.factories import NOON, make_link, make_route, make_shipment
from tracking.links import codes
from tracking.links import services as links
from tracking.links.codes import TooManyCodes
from tracking.links.models import LinkCode, LinkUse, UseKind
from tracking.links.services import TooManyTries
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, RouteState, ShiftState, StopState
from tracking.rounds.services import AlreadyUnderWay, IllegalShiftStep
from tracking.shipments import services
from tracking.shipments.lifecycle import IllegalStep, Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300), (60.1620, 24.9200)]
ROUNDS = 6

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Make some calls at the same moment, each on a connection of its own; gives what they return or raise."""
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            start.wait(10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        futures: list[Future[object]] = [threads.submit(run, call) for call in calls]
    return [future.exception() or future.result() for future in futures]


def shipments_of(route: Route) -> list[Shipment]:
    return [stop.shipments.get() for stop in route.stops.all()]


def version(shipment: Shipment) -> int:
    return Shipment.objects.get(id=shipment.id).version


def test_two_stops_of_one_route_are_done_at_once_and_both_count_for_those_behind() -> None:
    for _ in range(ROUNDS):
        route = make_route(DOORS)
        first, second, third, fourth = shipments_of(route)
        before = [version(shipment) for shipment in (third, fourth)]

        events = at_once(
            partial(services.record, first, Status.DELIVERED, at=NOON),
            partial(services.record, second, Status.ATTEMPTED, at=NOON),
        )

        assert [type(event) for event in events] == [StatusEvent, StatusEvent]
        assert [version(shipment) for shipment in (third, fourth)] == [count + 2 for count in before]
        assert route.stops.filter(state=StopState.DONE).count() == 2


def test_the_last_two_stops_done_at_once_finish_the_route() -> None:
    for _ in range(ROUNDS):
        route = make_route(DOORS[:2])
        first, second = shipments_of(route)

        at_once(
            partial(services.record, first, Status.DELIVERED, at=NOON),
            partial(services.record, second, Status.DELIVERED, at=NOON),
        )

        route.refresh_from_db()
        assert route.state == RouteState.FINISHED


def test_a_driver_arrives_while_the_parcel_is_handed_over_and_the_windows_are_written() -> None:
    for _ in range(ROUNDS):
        route = make_route(DOORS)
        first, *behind = shipments_of(route)
        found = Window(date(2026, 11, 22), NOON + timedelta(minutes=10), NOON + timedelta(minutes=40))
        windows = {shipment.id: (found, Cause.ON_THE_ROAD) for shipment in (first, *behind)}
        stop = route.stops.get(sequence=1)

        outcomes = at_once(
            partial(services.approach, stop, at=NOON),
            partial(services.record, first, Status.DELIVERED, at=NOON),
            partial(services.estimate_all, windows, route_id=route.id, at=NOON),
        )

        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert Shipment.objects.get(id=first.id).status == Status.DELIVERED
        assert WindowChange.objects.filter(shipment__in=behind).count() == len(behind)


def test_a_shipment_is_moved_between_two_routes_while_both_are_driven() -> None:
    for _ in range(ROUNDS):
        here, there = make_route(DOORS), make_route(DOORS)
        first, second, *_ = shipments_of(here)
        third, fourth, *_ = shipments_of(there)
        here_stop, there_stop = here.stops.all()[3], there.stops.all()[3]

        outcomes = at_once(
            partial(services.assign, first, there_stop, at=NOON),
            partial(services.assign, third, here_stop, at=NOON),
            partial(services.record, first, Status.DELIVERED, at=NOON),
            partial(services.record, second, Status.DELIVERED, at=NOON),
            partial(services.record, fourth, Status.DELIVERED, at=NOON),
        )

        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert set(
            Shipment.objects.filter(id__in=[first.id, second.id, fourth.id]).values_list("status", flat=True)
        ) == {Status.DELIVERED}


def test_the_same_event_sent_twice_at_once_is_kept_once() -> None:
    for _ in range(ROUNDS):
        shipment = make_shipment(status=Status.AT_HUB)
        before = version(shipment)
        report = Report(f"carrier-{shipment.id}", "1", NOON, Status.OUT_FOR_DELIVERY)

        events = at_once(*[partial(services.ingest, shipment, report, at=NOON)] * 3)

        assert sorted(type(event).__name__ for event in events) == ["NoneType", "NoneType", "StatusEvent"]
        assert StatusEvent.objects.filter(source=report.source).count() == 1
        assert version(shipment) == before + 1


def test_of_two_opposite_commands_at_once_the_second_is_judged_by_the_first() -> None:
    for _ in range(ROUNDS):
        shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
        before = version(shipment)

        outcomes = at_once(
            partial(services.record, shipment, Status.DELIVERED, at=NOON),
            partial(services.record, shipment, Status.CANCELLED, at=NOON),
        )

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalStep", "StatusEvent"]
        assert isinstance(next(outcome for outcome in outcomes if isinstance(outcome, Exception)), IllegalStep)
        assert version(shipment) == before + 1


def test_guesses_at_once_are_counted_one_by_one() -> None:
    link = make_link()

    tries = at_once(*[partial(links.unlock, link, postcode="99999", at=NOON)] * 9)

    assert [outcome for outcome in tries if outcome is False] == [False] * 5
    assert [type(outcome) for outcome in tries if outcome is not False] == [TooManyTries] * 4
    assert LinkUse.objects.filter(link=link, kind=UseKind.REFUSED).count() == 5


def test_a_route_sets_off_once_and_a_shift_begins_once() -> None:
    planned = make_route(DOORS, is_active=False)
    started = at_once(*[partial(services.set_off, planned, at=NOON)] * 3)
    paused = at_once(*[partial(rounds.move_shift, planned.shift, ShiftState.ON_BREAK, at=NOON)] * 3)

    assert sorted(type(outcome).__name__ for outcome in started) == ["AlreadyUnderWay", "AlreadyUnderWay", "Route"]
    assert sorted(type(outcome).__name__ for outcome in paused) == ["IllegalShiftStep", "IllegalShiftStep", "Shift"]
    assert {AlreadyUnderWay, IllegalShiftStep} <= {type(outcome) for outcome in (*started, *paused)}


def test_a_route_is_estimated_by_one_of_many() -> None:
    route = make_route(DOORS)

    claim = partial(rounds.claim_estimate, route.id, at=NOON, not_since=NOON - timedelta(seconds=15))

    claims = at_once(*[claim] * 5)

    assert sorted(bool(is_ours) for is_ours in claims) == [False, False, False, False, True]


def test_a_revoked_link_is_revoked_once_and_stays_so() -> None:
    link = make_link()

    at_once(*[partial(links.revoke, link, at=NOON)] * 3)

    link.refresh_from_db()
    assert link.revoked_at == NOON


def test_of_two_devices_with_one_code_the_first_opens_the_link() -> None:
    for _ in range(ROUNDS):
        link = make_link()
        kept = links.request_code(link, at=NOON)
        LinkCode.objects.filter(id=kept.id).update(digest=codes.digest("123456", link_id=link.id))

        opened = at_once(*[partial(links.unlock_by_code, link, code="123456", at=NOON)] * 2)

        assert sorted(map(str, opened)) == ["False", "True"]


def test_codes_asked_for_at_once_with_several_links_are_no_more_than_a_day_has() -> None:
    shipment = make_shipment()
    found = [make_link(shipment) for _ in range(8)]

    made = at_once(*(partial(links.request_code, link, at=NOON) for link in found))

    assert sum(isinstance(each, LinkCode) for each in made) == LinkCode.objects.count() == 5
    assert sum(isinstance(each, TooManyCodes) for each in made) == 3
