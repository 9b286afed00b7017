from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.factories import NOON, make_brand, make_recipient, make_route, make_shipment
from tests.zones import ZONES, changes_of_the_clocks
from tracking import facts
from tracking.facts import DriverFact, Facts, PositionFact
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, ShiftState, Stop
from tracking.rounds.services import StopPlan
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.reasons import Reason
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window
from tracking.visibility import Fix

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
ON_THE_WAY = Fix(60.1675, 24.9430, 91.0, NOON)
CONTRACT = {
    "": "reference version status status_label conditions handover window stops_before driver parcels events actions "
    "pickup as_of",
    "window": "date start end timezone promised_start promised_end reason",
    "driver": "name vehicle position",
    "position": "lat lon heading recorded_at is_stale",
    "parcels": "number status status_label",
    "events": "at status label place",
}

pytestmark = pytest.mark.django_db


def gather(shipment: Shipment, *, fix: Fix | None = None, at: datetime = NOON) -> Facts:
    return facts.gather(Shipment.objects.with_round().get(id=shipment.id), fix=fix, at=at)


def position(told: Facts) -> PositionFact | None:
    assert told.driver is not None
    return told.driver.position


def shipments_of(route: Route) -> list[Shipment]:
    return [stop.shipments.get() for stop in route.stops.all()]


def add_route(route: Route, doors: list[tuple[float, float]]) -> Route:
    """Plan a second route of the same shift, with nobody waiting at its doors."""
    plans = [StopPlan(latitude=latitude, longitude=longitude) for latitude, longitude in doors]
    return rounds.plan_route(route.shift, hub=route.hub, departs_at=NOON, stops=plans)


def test_what_leaves_the_house_is_what_the_contract_lists_and_nothing_else() -> None:
    first, *_ = shipments_of(make_route(DOORS))
    services.promise(first, start=NOON, end=NOON + timedelta(hours=1), at=NOON)

    told = facts.as_json(gather(first, fix=ON_THE_WAY))

    parts = {"": told, **told, "position": told["driver"]["position"]}
    for name, fields in CONTRACT.items():
        part = parts[name][0] if isinstance(parts[name], list) else parts[name]
        assert list(part) == fields.split(), name


def test_a_shipment_on_its_way_says_when_how_many_before_and_who_brings_it() -> None:
    _, second, _ = shipments_of(make_route(DOORS))
    found = Window(date(2026, 11, 22), NOON + timedelta(minutes=10), NOON + timedelta(minutes=30))
    services.estimate(second, found, cause=Cause.ON_THE_ROAD, at=NOON)

    told = gather(second, fix=ON_THE_WAY, at=NOON + timedelta(seconds=5))

    assert (told.status, told.status_label) == (Status.OUT_FOR_DELIVERY, "On its way")
    assert told.stops_before == 1
    assert told.conditions == ()
    assert told.driver == DriverFact("Aino", "van", PositionFact(60.1675, 24.943, 91.0, NOON, is_stale=False))
    assert told.window is not None
    assert told.window.start is not None
    assert told.window.start.isoformat() == "2026-11-22T12:10:00+02:00"
    assert told.window.reason == "The driver has set off."


def test_at_the_next_stop_the_shopper_is_next_and_then_the_driver_arrives() -> None:
    route = make_route(DOORS)
    first, *_ = shipments_of(route)
    assert gather(first).conditions == ("next",)

    services.approach(route.stops.get(sequence=1), at=NOON)

    assert gather(first).conditions == ("next", "arriving")


def test_a_shipment_that_is_not_loaded_shows_no_driver_although_its_stop_is_next() -> None:
    route = make_route(DOORS[:1])
    planned = make_shipment(status=Status.PLANNED)
    services.assign(planned, route.stops.get(), at=NOON)

    told = gather(planned, fix=ON_THE_WAY)

    assert (told.stops_before, told.driver) == (None, None)


def test_two_shipments_at_one_door_are_one_stop_until_both_are_done() -> None:
    route = make_route(DOORS[:2])
    first, last = shipments_of(route)
    twin = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.assign(twin, route.stops.all()[0], at=NOON)
    assert (gather(first).stops_before, gather(twin).stops_before, gather(last).stops_before) == (0, 0, 1)

    services.record(first, Status.DELIVERED, at=NOON)
    assert (gather(first).driver, gather(twin).stops_before, gather(last).stops_before) == (None, 0, 1)

    services.record(twin, Status.DELIVERED, at=NOON)
    assert gather(last).stops_before == 0


def test_a_shipment_moved_to_another_route_leaves_its_stop_and_counts_on_the_new_one() -> None:
    route = make_route(DOORS)
    first, second, _ = shipments_of(route)
    other = make_route(DOORS, at=NOON + timedelta(minutes=1))

    services.assign(first, other.stops.all()[2], at=NOON)

    assert gather(first).stops_before == 2
    assert gather(second).stops_before == 0
    assert not Stop.objects.pending().filter(route=route, sequence=1).exists()


def test_the_stops_of_a_drivers_other_route_do_not_count_but_their_doors_are_kept() -> None:
    route = make_route(DOORS[:1])
    (first,) = shipments_of(route)
    other = add_route(route, [(60.1675, 24.9431)])
    assert position(gather(first, fix=ON_THE_WAY)) is not None

    services.set_off(other, at=NOON)

    told = gather(first, fix=ON_THE_WAY)
    assert told.stops_before == 0
    assert position(told) is None


@pytest.mark.parametrize("state", [ShiftState.ON_BREAK, ShiftState.ENDED])
def test_a_driver_who_is_not_working_is_nowhere_although_the_route_goes_on(state: ShiftState) -> None:
    route = make_route(DOORS)
    first, *_ = shipments_of(route)
    rounds.move_shift(route.shift, state, at=NOON)

    told = gather(first, fix=ON_THE_WAY)

    assert told.stops_before == 0
    assert position(told) is None


def test_a_fix_at_another_door_is_not_shown_even_if_it_was_public_before() -> None:
    first, second, _ = shipments_of(make_route(DOORS))
    at_the_first_door = Fix(60.16895, 24.9455, None, NOON)

    assert position(gather(first, fix=at_the_first_door)) is not None
    assert position(gather(second, fix=at_the_first_door)) is None


@pytest.mark.parametrize(
    ("age_seconds", "is_shown", "conditions"),
    [(60, True, ("next",)), (61, True, ("next", "stale")), (300, True, ("next", "stale")), (301, False, ("next",))],
)
def test_an_old_fix_is_stale_and_then_gone(age_seconds: int, *, is_shown: bool, conditions: tuple[str, ...]) -> None:
    first, *_ = shipments_of(make_route(DOORS))

    told = gather(first, fix=ON_THE_WAY, at=NOON + timedelta(seconds=age_seconds))

    assert (position(told) is not None) is is_shown
    assert told.conditions == conditions


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OUT_FOR_DELIVERY])
def test_in_no_other_status_is_there_a_driver_or_a_stop(status: Status) -> None:
    told = gather(make_shipment(status=status), fix=ON_THE_WAY)

    assert (told.driver, told.stops_before) == (None, None)
    assert told.status_label == str(status.label)


def test_a_delivery_that_is_taken_back_is_on_its_way_again_without_a_stop() -> None:
    route = make_route(DOORS)
    first, *_ = shipments_of(route)
    wrong = Report("carrier", "1", NOON, Status.DELIVERED)
    services.ingest(first, wrong, at=NOON)
    assert gather(first).status is Status.DELIVERED

    services.ingest(first, Report("carrier", "2", NOON, None, voids="1"), at=NOON)

    told = gather(first, fix=ON_THE_WAY)
    assert told.status is Status.OUT_FOR_DELIVERY
    assert (told.stops_before, told.driver, told.handover) == (None, None, None)
    assert Shipment.objects.get(id=first.id).finished_at is None


def test_only_what_is_delivered_says_who_took_it() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.record(shipment, Status.DELIVERED, handover=Handover.NEIGHBOUR, at=NOON)
    assert gather(shipment).handover == "neighbour"

    services.record(shipment, Status.RETURNING, at=NOON)

    assert gather(shipment).handover is None


@pytest.mark.parametrize(("days", "label"), [(0, "Planned for today"), (1, "Planned"), (None, "Planned for today")])
def test_a_plan_is_for_today_only_where_it_is(days: int | None, label: str) -> None:
    shipment = make_shipment(status=Status.PLANNED)
    if days is not None:
        day = NOON.date() + timedelta(days=days)
        services.estimate(shipment, Window(day), cause=Cause.PLANNED, at=NOON)

    told = gather(shipment)

    assert [told.status_label, *(parcel.status_label for parcel in told.parcels)] == [label, label]
    assert told.events[-1].label == "Planned for delivery"


def test_an_update_that_nobody_can_read_is_a_line_of_the_history_and_no_status() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    services.ingest(shipment, Report("carrier", "1", NOON, None, raw_code="X99"), at=NOON)

    told = gather(shipment)

    assert told.status is Status.AT_HUB
    assert (told.events[-1].status, told.events[-1].label) == (None, "Update received")


def test_an_attempt_says_why_it_failed_where_that_is_known() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.ingest(shipment, Report("carrier", "1", NOON, Status.ATTEMPTED, reason=Reason.NO_ACCESS), at=NOON)

    assert gather(shipment).events[-1].label == "We missed you: no way in"


def test_an_order_is_received_once_whoever_hears_of_it_too() -> None:
    shipment = make_shipment()
    services.ingest(shipment, Report("carrier", "1", NOON, Status.CREATED), at=NOON)

    assert [event.label for event in gather(shipment).events] == ["Order received"]


def test_the_history_reads_the_same_in_whatever_order_it_came() -> None:
    reports = [
        Report("a", "1", NOON, Status.IN_TRANSIT, place="Vantaa"),
        Report("a", "2", NOON, Status.AT_HUB, place="Kamppi"),
        Report("a", "3", NOON, None, place="Pasila"),
        Report("a", "4", NOON - timedelta(hours=1), Status.DELIVERED),
        Report("a", "5", NOON, None, voids="4"),
    ]

    def history(in_order: list[Report]) -> list[tuple[str | None, str]]:
        shipment = make_shipment()
        for report in in_order:
            services.ingest(shipment, replace(report, source=f"carrier-{shipment.id}"), at=NOON)
        return [(event.status, event.place) for event in gather(shipment).events]

    assert history(reports) == history(reports[::-1])
    assert history(reports) == [
        ("created", ""),
        (None, "Pasila"),
        (None, ""),
        ("in_transit", "Vantaa"),
        ("at_hub", "Kamppi"),
    ]


@pytest.mark.parametrize(
    ("place", "is_told"),
    [
        ("Kamppi", True),
        ("", True),
        ("Helsinki 00100", True),
        ("Left with MEIKÄLÄINEN, Maija", False),
        ("Maija", True),
        ("aleksanterinkatu 13b7, Helsinki", False),
        ("rang +358 40 1234567 twice", False),
        ("rang 040-123 4567 twice", False),
        ("mailed maija@example.org", False),
        ("door 4711 b", False),
    ],
)
def test_a_place_in_which_a_carrier_wrote_who_the_shopper_is_is_not_told(place: str, *, is_told: bool) -> None:
    shipment = make_shipment()
    services.ingest(shipment, Report("carrier", "1", NOON, Status.AT_HUB, place=place), at=NOON)

    assert gather(shipment).events[-1].place == (place if is_told else "")


def test_a_promise_is_told_until_there_is_an_estimate_and_a_broken_one_is_a_delay() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    assert gather(shipment).window is None
    services.promise(shipment, start=NOON, end=NOON + timedelta(hours=2), at=NOON)

    promised = gather(shipment).window
    broken = gather(shipment, at=NOON + timedelta(hours=3))

    assert promised is not None
    assert (promised.start, promised.end) == (NOON, NOON + timedelta(hours=2))
    assert (promised.promised_start, promised.promised_end) == (NOON, NOON + timedelta(hours=2))
    assert broken.window is not None
    assert broken.window.end == NOON + timedelta(hours=5)
    assert broken.window.promised_end == NOON + timedelta(hours=2)
    assert broken.conditions == ("delayed",)


def test_a_carriers_date_without_a_time_stays_a_date_and_is_never_past() -> None:
    shipment = make_shipment(status=Status.IN_TRANSIT)
    services.estimate(shipment, Window(date(2026, 11, 22)), cause=Cause.CARRIER, at=NOON)

    on_the_day, on_the_next = gather(shipment).window, gather(shipment, at=NOON + timedelta(days=1)).window

    assert on_the_day is not None
    assert (on_the_day.date, on_the_day.start, on_the_day.end) == (date(2026, 11, 22), None, None)
    assert on_the_next is not None
    assert (on_the_next.date, on_the_next.start, on_the_next.end) == (date(2026, 11, 23), None, None)


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED, Status.ATTEMPTED, Status.READY_FOR_PICKUP])
def test_what_nobody_waits_for_has_no_window(status: Status) -> None:
    shipment = make_shipment(status=status)
    services.promise(shipment, start=NOON, end=NOON + timedelta(hours=2), at=NOON)

    assert gather(shipment).window is None


@pytest.mark.parametrize("zone", ZONES)
def test_every_time_is_in_the_destinations_zone_in_the_night_its_clocks_are_changed(zone: str) -> None:
    for change in (*changes_of_the_clocks(zone, 2026), datetime(2026, 6, 30, 23, 58, tzinfo=UTC)):
        recipient = replace(make_recipient(), timezone=zone)
        shipment = make_shipment(recipient=recipient, at=change - timedelta(minutes=90))
        start, end = change - timedelta(minutes=60), change + timedelta(minutes=60)
        services.estimate(shipment, Window(start.date(), start, end), cause=Cause.PLANNED, at=start)

        told = facts.as_json(gather(shipment, at=start))

        moments = {"start": told["window"]["start"], "end": told["window"]["end"], "as_of": told["as_of"]}
        expected = {"start": start, "end": end, "as_of": start}
        assert {name: datetime.fromisoformat(moment) for name, moment in moments.items()} == expected
        assert moments == {name: at.astimezone(ZoneInfo(zone)).isoformat() for name, at in expected.items()}
        assert told["window"]["timezone"] == zone
        assert told["events"][0]["at"] == (change - timedelta(minutes=90)).astimezone(ZoneInfo(zone)).isoformat()


def test_the_facts_are_as_of_the_last_change_or_the_last_fix() -> None:
    first, *_ = shipments_of(make_route(DOORS))
    changed_at = Shipment.objects.get(id=first.id).changed_at
    newer = replace(ON_THE_WAY, recorded_at=NOON + timedelta(seconds=30))

    assert gather(first).as_of == changed_at
    assert gather(first, fix=newer, at=NOON + timedelta(minutes=1)).as_of == NOON + timedelta(seconds=30)


def test_a_long_history_and_a_full_van_cost_no_more_queries_than_a_short_one_and_an_empty_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    route = make_route(DOORS[:1])
    (shipment,) = shipments_of(route)
    fresh = Shipment.objects.with_round().get(id=shipment.id)
    with django_assert_num_queries(4):
        assert facts.gather(fresh, fix=ON_THE_WAY, at=NOON).stops_before == 0

    fill(route, shipment, shipments=500, events=1000)

    fresh = Shipment.objects.with_round().get(id=shipment.id)
    with django_assert_num_queries(4):
        told = facts.gather(fresh, fix=ON_THE_WAY, at=NOON)
    assert len(told.events) == 1003


def fill(route: Route, shipment: Shipment, *, shipments: int, events: int) -> None:
    """Put more shipments on a route, each at a door of its own, and more events into a history."""
    brand = make_brand()
    stops = [Stop(route=route, sequence=number, latitude=60.2, longitude=24.9) for number in range(2, shipments + 2)]
    Stop.objects.bulk_create(stops)
    Shipment.objects.bulk_create(
        Shipment(
            brand=brand,
            reference=f"F-{stop.sequence}",
            stop=stop,
            status=Status.OUT_FOR_DELIVERY,
            recipient_name="Matti Meikäläinen",
            timezone="Europe/Helsinki",
            changed_at=NOON,
            created_at=NOON,
        )
        for stop in stops
    )
    StatusEvent.objects.bulk_create(
        StatusEvent(
            shipment=shipment,
            occurred_at=NOON,
            received_at=NOON,
            source="bulk",
            external_id=str(number),
            place="Pasila",
        )
        for number in range(events)
    )


def test_once_sharing_has_ended_its_last_position_is_gone_for_readers_too() -> None:
    route = make_route(DOORS)
    first, *_ = shipments_of(route)
    rounds.limit_sharing(route.shift, until=NOON + timedelta(seconds=10))

    shown, gone = (gather(first, fix=ON_THE_WAY, at=NOON + timedelta(seconds=age)) for age in (9, 10))

    assert position(shown) is not None
    assert position(gone) is None
