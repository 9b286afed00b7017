"""What was told at a minute that has gone by, against what was told when it was that minute."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from tests.factories import NOON, make_brand, make_driver, make_route, make_shipment
from tracking import facts
from tracking.facts import Facts, past
from tracking.facts.past import Doubt, NotYet
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, IllegalStep, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

Op = Callable[[Sequence[Shipment], Route, datetime], object]

_reports = count(1)

pytestmark = pytest.mark.django_db


def told(shipment: Shipment, *, at: datetime) -> Facts:
    return facts.gather(Shipment.objects.with_round().get(id=shipment.id), fix=None, at=at)


def recall(shipment: Shipment, *, at: datetime) -> past.Past:
    return past.recall(Shipment.objects.with_round().get(id=shipment.id), at=at)


def told_then(shipment: Shipment, *, at: datetime) -> Facts:
    return recall(shipment, at=at).facts(fix=None, at=at)


def comparable(known: Facts) -> Facts:
    """Leave out what no page shows and nothing keeps."""
    return replace(known, version=0, as_of=NOON)


def _record(number: int, status: Status, handover: Handover | None = None) -> Op:
    def record(shipments: Sequence[Shipment], route: Route, at: datetime) -> None:
        with suppress(IllegalStep):
            services.record(shipments[number], status, at=at, handover=handover)

    return record


def _ingest(number: int, status: Status | None, late_by: int, parcel: int | None, voids: int) -> Op:
    def ingest(shipments: Sequence[Shipment], route: Route, at: datetime) -> None:
        shipment, name = shipments[number], next(_reports)
        parcel_number = "" if parcel is None else shipment.parcels.all()[parcel].number
        voided = f"{shipment.id}-{name - voids}" if voids else ""
        report = Report("post", f"{shipment.id}-{name}", at - late_by * MINUTE, status, parcel_number, voids=voided)
        services.ingest(shipment, report, at=at)

    return ingest


def _estimate(number: int, minutes: int, cause: Cause) -> Op:
    def estimate(shipments: Sequence[Shipment], route: Route, at: datetime) -> None:
        start = at + minutes * MINUTE
        services.estimate(shipments[number], Window(start.date(), start, start + 20 * MINUTE), cause=cause, at=at)

    return estimate


def _set_off(shipments: Sequence[Shipment], route: Route, at: datetime) -> None:
    with suppress(rounds.AlreadyUnderWay):
        services.set_off(route, at=at)


def _approach(number: int) -> Op:
    def approach(shipments: Sequence[Shipment], route: Route, at: datetime) -> None:
        services.approach(route.stops.all()[number], at=at)

    return approach


def _end_shift(shipments: Sequence[Shipment], route: Route, at: datetime) -> None:
    with suppress(rounds.IllegalShiftStep):
        rounds.move_shift(route.shift, ShiftState.ENDED, at=at)


numbers = st.integers(0, 2)
ops: st.SearchStrategy[Op] = st.one_of(
    st.builds(_record, numbers, st.sampled_from(Status), st.sampled_from([None, *Handover])),
    st.builds(
        _ingest,
        numbers,
        st.one_of(st.none(), st.sampled_from(Status)),
        st.integers(-3, 90),
        st.sampled_from([None, None, 0, 1]),
        st.sampled_from([0, 0, 1, 2]),
    ),
    st.builds(_estimate, numbers, st.integers(5, 300), st.sampled_from(Cause)),
    st.just(_set_off),
    st.builds(_approach, numbers),
    st.just(_end_shift),
)

LOST_TO: dict[Doubt, set[str]] = {
    Doubt.HANDOVER: {"handover"},
    Doubt.ROUND: {"stops_before", "driver", "conditions"},
    Doubt.STOPS: {"stops_before", "driver", "conditions"},
}


def make_round() -> tuple[list[Shipment], Route]:
    """Make a driver with three doors, a shipment of two parcels for each, one of them promised; not on the road yet."""
    route = make_route([], driver=make_driver(), at=NOON - HOUR, is_active=False)
    plans = [rounds.StopPlan(*door) for door in DOORS]
    route = rounds.plan_route(route.shift, hub=route.hub, departs_at=NOON, stops=plans)
    brand, shipments = make_brand(), []
    for number, stop in enumerate(route.stops.all()):
        parcels = [f"P{stop.id}-{parcel}" for parcel in range(2)]
        shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=brand, parcel_numbers=parcels, at=NOON - HOUR)
        services.assign(shipment, stop, at=NOON - 30 * MINUTE + number * SECOND)
        shipments.append(shipment)
    services.promise(shipments[2], start=NOON, end=NOON + HOUR, at=NOON - 20 * MINUTE)
    return shipments, route


# On a database an example takes a second: looking for a shorter one would take minutes.
@settings(max_examples=15, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(ops, min_size=1, max_size=14))
def test_what_was_told_at_every_minute_is_what_is_told_of_it_later(history: list[Op]) -> None:
    shipments, route = make_round()
    diary: list[tuple[datetime, list[Facts]]] = []
    for number, op in enumerate([_set_off, *history]):
        at = NOON + number * 7 * MINUTE
        op(shipments, route, at)
        diary.append((at + MINUTE, [told(shipment, at=at + MINUTE) for shipment in shipments]))

    for at, entries in diary:
        for shipment, entry in zip(shipments, entries, strict=True):
            memory = recall(shipment, at=at)
            lost = set[str]().union(*(LOST_TO.get(doubt, set()) for doubt in memory.doubts))
            found, expected = comparable(memory.facts(fix=None, at=at)), comparable(entry)
            assert replace(found, **{field: getattr(expected, field) for field in lost}) == expected

    now = diary[-1][0]
    assert [told_then(shipment, at=now) for shipment in shipments] == diary[-1][1]


def test_before_it_was_known_nothing_was_told() -> None:
    shipment = make_shipment(at=NOON)

    with pytest.raises(NotYet):
        recall(shipment, at=NOON - SECOND)


def test_a_report_that_came_late_was_not_told_before_it_came() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    services.ingest(shipment, Report("post", "1", NOON - HOUR, Status.LOST), at=NOON)

    assert told_then(shipment, at=NOON - SECOND).status == Status.AT_HUB
    assert told_then(shipment, at=NOON).status == Status.LOST


def test_the_window_is_the_one_that_was_told_last_by_then() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    for hours in (1, 2):
        start = NOON + 3 * hours * HOUR
        found = Window(start.date(), start, start + HOUR)
        services.estimate(shipment, found, cause=Cause.CARRIER, at=NOON + hours * MINUTE)

    windows = [told_then(shipment, at=NOON + minutes * MINUTE).window for minutes in (0, 1, 2)]

    assert [window and window.start for window in windows] == [None, NOON + 3 * HOUR, NOON + 6 * HOUR]
    assert len(recall(shipment, at=NOON + MINUTE).ledger) == 1


def test_stops_that_were_done_since_were_still_to_come() -> None:
    route = make_route(DOORS)
    first, _, last = [stop.shipments.get() for stop in route.stops.all()]
    services.record(first, Status.DELIVERED, at=NOON + HOUR)

    told_before, told_after = told_then(last, at=NOON + 59 * MINUTE), told_then(last, at=NOON + HOUR)

    assert (told_before.stops_before, told_after.stops_before) == (2, 1)
    assert told_then(first, at=NOON).driver is not None
    assert told_then(first, at=NOON + HOUR).driver is None


def test_what_is_not_kept_is_left_out_or_named() -> None:
    route = make_route(DOORS)
    first, second, last = [stop.shipments.get() for stop in route.stops.all()]
    services.promise(last, start=NOON, end=NOON + HOUR, at=NOON)
    services.withdraw(first, at=NOON + HOUR)
    services.record(second, Status.DELIVERED, at=NOON + MINUTE, handover=Handover.NEIGHBOUR)
    event = second.events.get(status=Status.DELIVERED)
    services.ingest(second, Report("doorstep", "x", NOON, None, voids=event.external_id), at=NOON + HOUR)

    doubts = [recall(shipment, at=NOON + 2 * MINUTE).doubts for shipment in (first, second, last)]

    assert doubts == [
        {Doubt.ROUND},
        {Doubt.HANDOVER},
        {Doubt.SAME_ROUND, Doubt.BREAK, Doubt.STOPS, Doubt.PROMISE},
    ]
    assert told_then(first, at=NOON + MINUTE).driver is None
    assert told_then(second, at=NOON + MINUTE).handover is None


def test_a_long_history_takes_no_more_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    *_, last = [stop.shipments.get() for stop in make_route(DOORS).stops.all()]
    for number in range(20):
        services.ingest(last, Report("post", f"long-{number}", NOON, None), at=NOON)
    last = Shipment.objects.with_round().get(id=last.id)

    with django_assert_max_num_queries(4):
        past.recall(last, at=NOON).facts(fix=None, at=NOON)
