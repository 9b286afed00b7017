"""Attempts: what speaks for them, when that is bad, and the shopper's word against them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests.factories import NOON, make_driver, make_recipient, make_shipment
from tests.tracking import doors
from tracking import facts
from tracking.proof import attendance, services, showing, signals
from tracking.proof.models import NEAR_ENOUGH_M, Evidence, Measure
from tracking.proof.services import NotAnAttempt, NothingToDispute
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import Report

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def make_attempt() -> StatusEvent:
    return doors.make_event(Status.ATTEMPTED)


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """List the events of the attempts that somebody was called to account for."""
    told: list[int] = []

    def hear(event_id: int, **_: object) -> None:
        told.append(event_id)

    signals.attempt_disputed.connect(hear)
    yield told
    signals.attempt_disputed.disconnect(hear)


@pytest.mark.parametrize(
    ("stays", "found"),
    [
        ([(30, 120)], (30, 110)),
        ([(30, 120), (412, 60)], (412, 110)),
        ([(412, 60), (30, 40)], (30, 30)),
        ([(30, 60), (412, 60), (30, 60)], (30, 100)),
        ([(412, 600)], (412, 0)),
        ([], None),
    ],
)
def test_a_visit_is_measured_by_where_the_driver_was_seen(
    stays: list[tuple[float, int]], found: tuple[int, int] | None
) -> None:
    driver = make_driver()
    doors.make_positions(driver, *stays, until=NOON)
    seen = list(driver.positions.order_by("recorded_at"))

    measured = attendance.measure(seen, doors.DOOR, near_m=NEAR_ENOUGH_M, at=NOON)

    assert (measured and (round(measured.distance_m), measured.dwell_seconds)) == found


def test_what_was_seen_later_or_long_ago_does_not_count() -> None:
    driver = make_driver()
    doors.make_positions(driver, (30, 300), until=NOON)
    seen = list(driver.positions.order_by("recorded_at"))

    def dwell(moment: timedelta) -> int | None:
        measured = attendance.measure(seen, doors.DOOR, near_m=NEAR_ENOUGH_M, at=NOON + moment)
        return measured.dwell_seconds if measured else None

    assert dwell(-10 * MINUTE) is None
    assert dwell(2 * MINUTE + timedelta(seconds=1)) is None
    assert dwell(-2 * MINUTE) == 170


def test_a_gap_between_two_sightings_counts_as_a_minute_at_most() -> None:
    driver = make_driver()
    for moment in (NOON - 20 * MINUTE, NOON):
        doors.make_positions(driver, (10, 10), until=moment)

    seen = list(driver.positions.order_by("recorded_at"))

    measured = attendance.measure(seen, doors.DOOR, near_m=NEAR_ENOUGH_M, at=NOON)

    assert measured is not None
    assert measured.dwell_seconds == 60


@pytest.mark.parametrize(
    ("metres", "seconds", "is_bad"),
    [(99, 60, False), (99, 59, True), (101, 600, True), (0, 0, True), (0, 600, False)],
)
def test_too_far_away_or_too_short_there_is_no_attempt(
    metres: float,
    seconds: int,
    is_bad: bool,
    heard: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    event = make_attempt()

    with django_capture_on_commit_callbacks(execute=True):
        evidence = services.note_attempt(
            event, driver=make_driver(), claim=doors.make_claim(metres=metres, seconds=seconds), at=NOON
        )

    assert (evidence.measured_by, evidence.dwell_seconds) == (Measure.PHONE, seconds)
    assert evidence.distance_m == pytest.approx(metres, abs=0.1)
    assert evidence.is_bad == is_bad
    assert Evidence.objects.calling_for_a_case().exists() == is_bad
    assert heard == ([event.id] if is_bad else [])


def test_positions_are_believed_before_a_phone() -> None:
    event, driver = make_attempt(), make_driver()
    doors.make_positions(driver, (412, 300), until=event.occurred_at)

    evidence = services.note_attempt(event, driver=driver, claim=doors.make_claim(metres=5), at=NOON)

    assert evidence.measured_by == Measure.POSITIONS
    assert evidence.distance_m == pytest.approx(412, abs=0.5)


@pytest.mark.sqlite
def test_where_nobody_measured_nothing_is_known_and_nobody_called() -> None:
    nowhere = make_shipment(status=Status.ATTEMPTED, recipient=make_recipient(latitude=None, longitude=None))
    events = [make_attempt(), doors.make_event(Status.ATTEMPTED, shipment=nowhere)]

    found = [
        services.note_attempt(event, driver=make_driver(), claim=claim, at=NOON)
        for event, claim in zip(events, [None, doors.make_claim(metres=5)], strict=True)
    ]

    assert [(each.measured_by, each.distance_m, each.is_bad) for each in found] == [(Measure.NOBODY, None, False)] * 2


def test_the_first_account_of_an_attempt_stands(
    heard: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    event = make_attempt()
    services.note_attempt(event, driver=None, claim=doors.make_claim(metres=5), at=NOON)

    with django_capture_on_commit_callbacks(execute=True):
        again = services.note_attempt(event, driver=None, claim=doors.make_claim(metres=500), at=NOON + MINUTE)

    assert again.distance_m == pytest.approx(5, abs=0.1)
    assert heard == []


def test_only_an_attempt_has_evidence() -> None:
    with pytest.raises(NotAnAttempt):
        services.note_attempt(doors.make_event(), driver=None, claim=None, at=NOON)

    assert not Evidence.objects.exists()


@pytest.mark.sqlite
def test_the_shopper_disputes_the_last_attempt_once(
    heard: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    event = make_attempt()
    assert "dispute" in actions(event.shipment)

    with django_capture_on_commit_callbacks(execute=True):
        evidence = services.dispute(event.shipment, at=NOON)
    with pytest.raises(NothingToDispute):
        services.dispute(event.shipment, at=NOON + MINUTE)

    assert (evidence.event, evidence.disputed_at, evidence.measured_by) == (event, NOON, Measure.NOBODY)
    assert heard == [event.id]
    assert "dispute" not in actions(event.shipment)


def test_a_second_attempt_can_be_disputed_again() -> None:
    event = make_attempt()
    services.dispute(event.shipment, at=NOON)
    for minutes, status in enumerate((Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)):
        shipments.record(event.shipment, status, at=NOON + minutes * MINUTE)

    assert services.dispute(event.shipment, at=NOON + 5 * MINUTE).event != event


@pytest.mark.parametrize("status", [status for status in Status if status != Status.ATTEMPTED])
def test_where_nobody_tried_there_is_nothing_to_dispute(status: Status) -> None:
    shipment = make_shipment(status=status)

    with pytest.raises(NothingToDispute):
        services.dispute(shipment, at=NOON)

    assert "dispute" not in actions(shipment)
    assert not Evidence.objects.exists()


def test_what_came_in_the_end_is_not_disputed() -> None:
    event = make_attempt()
    shipments.record(event.shipment, Status.DELIVERED, at=NOON)

    assert "dispute" not in actions(event.shipment)


def test_an_attempt_that_was_corrected_was_none() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    shipments.ingest(shipment, Report("post", "1", NOON, Status.ATTEMPTED), at=NOON)
    shipments.ingest(shipment, Report("post", "2", NOON, Status.OUT_FOR_DELIVERY, voids="1"), at=NOON)

    assert showing.last_attempt(shipment, shipment.events.all()) is None
    assert "dispute" not in actions(shipment)


def actions(shipment: Shipment) -> tuple[str, ...]:
    return facts.gather(Shipment.objects.with_round().get(id=shipment.id), fix=None, at=NOON).actions


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"measured_by": Measure.NOBODY, "distance_m": 5.0},
        {"measured_by": Measure.NOBODY, "dwell_seconds": 5},
        {"measured_by": Measure.PHONE},
        {"measured_by": Measure.PHONE, "distance_m": 5.0},
        {"measured_by": Measure.POSITIONS, "distance_m": -1.0, "dwell_seconds": 5},
    ],
)
def test_the_database_refuses_evidence_that_nobody_measured(fields: dict[str, object]) -> None:
    event = make_attempt()

    with pytest.raises(IntegrityError, match="evidence_unknown_means_nobody_measured"), transaction.atomic():
        Evidence.objects.create(event=event, recorded_at=NOON, **fields)
