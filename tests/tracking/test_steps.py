"""Commands and reports on a real database: what follows from them, in whatever order they come."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import NOON, make_route, make_shipment
from tracking import facts
from tracking.rounds import services as rounds
from tracking.rounds.models import Stop, StopState
from tracking.rounds.services import StopPlan
from tracking.shipments import chain, lifecycle, services
from tracking.shipments.lifecycle import STEPS, Handover, IllegalStep, Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import NothingToTakeBack, Report, UnknownParcel

PARCELS = ["A", "B", "C"]
MINUTE = timedelta(minutes=1)
DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]

_carriers = count(1)

pytestmark = pytest.mark.django_db

on_a_database = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def reports(draw: st.DrawFn) -> list[Report]:
    """Draw what a carrier says: of all parcels or of one, at few moments, corrected, and now and then unreadable."""
    numbers = [str(number) for number in range(draw(st.integers(1, 7)))]
    return [
        Report(
            source="carrier",
            external_id=number,
            occurred_at=NOON + timedelta(minutes=draw(st.integers(-3, 3))),
            status=draw(st.one_of(st.none(), st.sampled_from(Status))),
            parcel_number=draw(st.sampled_from(["", *PARCELS])),
            place=draw(st.sampled_from(["", "Vantaa"])),
            voids=draw(st.sampled_from(["", "", *numbers])),
        )
        for number in numbers
    ]


def state_after(in_order: list[Report]) -> tuple[object, ...]:
    """Send reports to a new shipment one by one; gives all that can be seen of where it ends."""
    shipment = make_shipment(parcel_numbers=PARCELS, at=NOON - timedelta(hours=1))
    carrier = f"carrier-{next(_carriers)}"
    seen: set[str] = set()
    for report in in_order:
        before = Shipment.objects.get(id=shipment.id).version
        event = services.ingest(shipment, replace(report, source=carrier), at=NOON)
        is_new = report.external_id not in seen
        seen.add(report.external_id)
        assert (event is not None) is is_new
        assert Shipment.objects.get(id=shipment.id).version == before + is_new
    fresh = Shipment.objects.with_round().get(id=shipment.id)
    told = replace(facts.gather(fresh, fix=None, at=NOON), reference="", version=0)
    return told, fresh.is_finished, fresh.finished_at, fresh.version


@on_a_database
@given(history=reports(), data=st.data())
def test_shuffled_and_doubled_reports_end_in_the_same_state(history: list[Report], data: st.DataObject) -> None:
    doubled = history + data.draw(st.lists(st.sampled_from(history), max_size=4))

    assert state_after(data.draw(st.permutations(doubled))) == state_after(history)


@on_a_database
@given(history=reports(), to=st.sampled_from(Status), minute=st.integers(-5, 5))
def test_a_command_is_refused_or_takes_effect_whatever_was_reported(
    history: list[Report], to: Status, minute: int
) -> None:
    shipment = make_shipment(at=NOON - timedelta(hours=1))
    carrier = f"carrier-{next(_carriers)}"
    for report in history:
        services.ingest(shipment, replace(report, source=carrier, parcel_number=""), at=NOON)
    before = Shipment.objects.values().get(id=shipment.id)
    at = NOON + timedelta(minutes=minute)

    if to not in STEPS[Status(before["status"])]:
        with pytest.raises(IllegalStep):
            services.record(shipment, to, at=at)
        assert Shipment.objects.values().get(id=shipment.id) == before
        return
    services.record(shipment, to, at=at)

    after = Shipment.objects.get(id=shipment.id)
    assert after.status == to
    assert after.version == before["version"] + 1
    assert after.changed_at == at


def test_a_command_of_the_same_moment_as_the_last_one_comes_after_it() -> None:
    shipment = make_shipment()

    for status in (Status.AT_HUB, Status.IN_TRANSIT, Status.AT_HUB):
        services.record(shipment, status, at=NOON)
        assert Shipment.objects.get(id=shipment.id).status == status

    history = lifecycle.in_order(shipment.events.all())
    assert [event.status for event in history] == ["created", "at_hub", "in_transit", "at_hub"]


def test_a_report_from_the_future_counts_as_now_and_from_a_clock_a_little_fast_as_it_says() -> None:
    def occurred_at(ahead: timedelta) -> datetime:
        report = Report(f"carrier-{next(_carriers)}", "1", NOON + ahead, Status.AT_HUB)
        event = services.ingest(make_shipment(), report, at=NOON)
        assert event is not None
        return event.occurred_at

    assert occurred_at(timedelta(minutes=5)) == NOON + timedelta(minutes=5)
    assert occurred_at(timedelta(minutes=5, seconds=1)) == NOON
    assert occurred_at(timedelta(days=-30)) == NOON - timedelta(days=30)


def test_a_report_of_a_parcel_that_is_not_there_is_refused_and_changes_nothing() -> None:
    shipment = make_shipment(parcel_numbers=PARCELS)
    before = Shipment.objects.values().get(id=shipment.id)

    with pytest.raises(UnknownParcel):
        services.ingest(shipment, Report("carrier", "1", NOON, Status.DELIVERED, parcel_number="D"), at=NOON)

    assert Shipment.objects.values().get(id=shipment.id) == before
    assert not StatusEvent.objects.filter(source="carrier").exists()


def test_each_parcel_has_a_status_of_its_own_and_the_shipment_ends_with_the_last() -> None:
    shipment = make_shipment(parcel_numbers=PARCELS, status=Status.OUT_FOR_DELIVERY)

    def report(number: str, status: Status) -> str:
        services.ingest(shipment, Report("carrier", number, NOON, status, parcel_number=number), at=NOON)
        return Shipment.objects.get(id=shipment.id).status

    assert report("A", Status.DELIVERED) == Status.OUT_FOR_DELIVERY
    assert report("B", Status.DELIVERED) == Status.OUT_FOR_DELIVERY
    assert report("C", Status.DELIVERED) == Status.DELIVERED
    assert [parcel.status for parcel in shipment.parcels.all()] == [Status.DELIVERED] * 3


def test_nobody_says_who_took_it_where_nobody_knows() -> None:
    reported, recorded = make_shipment(status=Status.OUT_FOR_DELIVERY), make_shipment(status=Status.OUT_FOR_DELIVERY)

    services.ingest(reported, Report("carrier", "1", NOON, Status.DELIVERED), at=NOON)
    services.record(recorded, Status.DELIVERED, at=NOON, handover=Handover.RECEPTION)

    assert Shipment.objects.get(id=reported.id).handover == ""
    assert Shipment.objects.get(id=recorded.id).handover == Handover.RECEPTION


def make_stop() -> Stop:
    """Plan a stop at which nobody waits yet."""
    shift = make_route(DOORS).shift
    hub = shift.routes.get().hub
    route = rounds.plan_route(shift, hub=hub, departs_at=NOON, stops=[StopPlan(latitude=60.16, longitude=24.93)])
    return route.stops.get()


@pytest.mark.parametrize("waiting", [Status.CREATED, Status.AT_HUB, Status.PLANNED, Status.OUT_FOR_DELIVERY])
def test_a_stop_to_which_nobody_will_come_does_not_count(waiting: Status) -> None:
    shipment, stop = make_shipment(status=waiting), make_stop()
    services.assign(shipment, stop, at=NOON)

    services.record(shipment, Status.CANCELLED, at=NOON)

    stop.refresh_from_db()
    assert stop.state == StopState.REMOVED


def test_a_shipment_scanned_at_the_hub_keeps_the_stop_that_it_has_already() -> None:
    shipment, stop = make_shipment(status=Status.IN_TRANSIT), make_stop()
    services.assign(shipment, stop, at=NOON)

    services.record(shipment, Status.AT_HUB, at=NOON)

    stop.refresh_from_db()
    assert stop.is_pending
    assert Shipment.objects.get(id=shipment.id).stop == stop


def test_a_delivery_by_mistake_counts_no_more_and_stays_in_the_history() -> None:
    route = make_route(DOORS[:1], at=NOON)
    (stop,), staff = route.stops.all(), User.objects.create(username="agent")
    shipment = stop.shipments.get()
    mistake = services.record(shipment, Status.DELIVERED, at=NOON, handover=Handover.NEIGHBOUR)

    correction = services.take_back(shipment, mistake, at=NOON + MINUTE, by=staff)

    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover, shipment.finished_at) == (Status.OUT_FOR_DELIVERY, "", None)
    assert set(shipment.parcels.values_list("status", flat=True)) == {Status.OUT_FOR_DELIVERY}
    assert shipment.stop is None
    assert (correction.voids, correction.by, correction.is_silent) == (mistake.external_id, staff, True)
    assert shipment.events.filter(id=mistake.id).exists()
    services.record(shipment, Status.DELIVERED, at=NOON + 2 * MINUTE)
    shipment.refresh_from_db()
    assert shipment.finished_at == NOON + 2 * MINUTE


def test_a_carriers_mistake_is_taken_back_in_its_name_and_what_it_says_later_counts() -> None:
    shipment, staff = make_shipment(status=Status.IN_TRANSIT), User.objects.create(username="agent")
    mistake = services.ingest(shipment, Report("carrier", "1", NOON, Status.DELIVERED), at=NOON)
    assert mistake is not None

    services.take_back(shipment, mistake, at=NOON + MINUTE, by=staff)

    shipment.refresh_from_db()
    assert shipment.status == Status.IN_TRANSIT
    services.ingest(shipment, Report("carrier", "2", NOON + 2 * MINUTE, Status.AT_HUB), at=NOON + 2 * MINUTE)
    shipment.refresh_from_db()
    assert shipment.status == Status.AT_HUB


def test_what_is_no_step_or_counts_no_more_cannot_be_taken_back() -> None:
    shipment, staff = make_shipment(status=Status.IN_TRANSIT), User.objects.create(username="agent")
    created, moved = shipment.events.order_by("id").first(), shipment.events.latest("id")
    unreadable = services.ingest(shipment, Report("carrier", "1", NOON, None), at=NOON)
    services.take_back(shipment, moved, at=NOON, by=staff)
    known = shipment.events.count()

    for event in (created, moved, unreadable, make_shipment(status=Status.AT_HUB).events.latest("id")):
        assert event is not None
        with pytest.raises(NothingToTakeBack):
            services.take_back(shipment, event, at=NOON, by=staff)

    assert shipment.events.count() == known


@pytest.mark.parametrize("length", range(1, 6))
def test_many_reports_at_once_are_as_good_as_one_by_one(length: int) -> None:
    way = [Status.OUT_FOR_DELIVERY, Status.ATTEMPTED, Status.DELIVERED, Status.AT_HUB, Status.IN_TRANSIT]
    moments = [NOON - MINUTE * minutes for minutes in (9, 8, 7, 10, 11)]
    said = [
        Report(f"carrier-{next(_carriers)}", status, moment, status, handover=Handover.NEIGHBOUR)
        for status, moment in zip(way[:length], moments, strict=False)
    ]
    one_by_one, at_once = make_shipment(at=NOON - 60 * MINUTE), make_shipment(at=NOON - 60 * MINUTE)
    for report in said:
        services.ingest(one_by_one, replace(report, source=f"carrier-{next(_carriers)}"), at=NOON)

    written = services.ingest_all(at_once, [*said, said[0]], at=NOON)

    for shipment in (one_by_one, at_once):
        shipment.refresh_from_db()
    assert [event.status for event in written] == way[:length]
    assert (at_once.status, at_once.finished_at) == (one_by_one.status, one_by_one.finished_at)
    assert at_once.handover == one_by_one.handover
    assert chain.first_fault(list(at_once.events.order_by("id"))) is None
    assert services.ingest_all(at_once, said, at=NOON) == []


def test_of_many_reports_none_is_written_where_one_names_another_parcel() -> None:
    shipment = make_shipment(parcel_numbers=["A"])
    said = [Report("carrier", number, NOON, Status.DELIVERED, parcel_number=number) for number in "AB"]

    with pytest.raises(UnknownParcel):
        services.ingest_all(shipment, said, at=NOON)

    assert shipment.events.count() == 1
