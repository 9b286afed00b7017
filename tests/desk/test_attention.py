from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from desk import attention
from desk.attention import Found
from desk.models import Look, Role
from dispatch.services import demands
from feedback import services as feedback
from feedback.models import CasePolicy, Priority, Queue, Source
from notifications.models import Inbound, Meaning, Notification, State
from notifications.triggers import Channel, Trigger
from tests.dispatch.fleets import make_demand
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_brand, make_driver, make_member, make_partner, make_route, make_shipment
from tests.tracking import doors
from tracking.models import Shipment
from tracking.proof.models import Flag, Kind
from tracking.rounds import services as rounds
from tracking.rounds.models import Position, Route, ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DOORS = [(60.1689, 24.9455), (60.1660, 24.9400)]


@pytest.fixture
def agent() -> User:
    return make_member(Role.AGENT)


def found(user: User, name: str) -> Found | None:
    return next((kind for kind in attention.find(user, at=NOON) if kind.name == name), None)


def said(user: User, name: str) -> list[tuple[str, str]]:
    kind = found(user, name)
    return [(row.what, row.when) for row in kind.rows] if kind else []


def subjects(user: User, name: str) -> list[str]:
    kind = found(user, name)
    return [row.subject for row in kind.rows] if kind else []


def make_message(shipment: Shipment, state: State, **fields: object) -> Notification:
    known = {
        "brand": shipment.brand,
        "trigger": Trigger.DELAYED,
        "channel": Channel.SMS,
        "recipient": shipment.phone,
        "language": "en",
        "created_at": NOON,
        "due_at": NOON,
        "expires_at": NOON + DAY,
    }
    return Notification.objects.create(shipment=shipment, state=state, **{**known, **fields})


def make_inbound(shipment: Shipment | None = None, **fields: object) -> Inbound:
    known = {"channel": Channel.SMS, "sender": "+358401234567", "body": "Where is it?", "received_at": NOON - HOUR}
    provider_id = f"SM{Inbound.objects.count()}"
    return Inbound.objects.create(
        shipment=shipment, provider_id=provider_id, **{**known, "meaning": Meaning.KEPT, **fields}
    )


def test_where_all_is_well_nothing_is_listed(agent: User) -> None:
    make_route(DOORS)
    make_shipment(status=Status.DELIVERED)
    make_shipment(status=Status.ON_HOLD)

    assert [kind.name for kind in attention.find(agent, at=NOON)] == []


def test_what_is_lost_or_held_up_too_long_is_listed_from_when_on_and_by_the_clock_there(agent: User) -> None:
    lost = make_shipment(status=Status.LOST, at=NOON - 2 * HOUR)
    held = make_shipment(status=Status.ON_HOLD, at=NOON - 4 * DAY)
    make_shipment(status=Status.ON_HOLD, at=NOON - 2 * DAY)

    kind = found(agent, "exceptions")

    assert kind is not None
    assert (kind.count, kind.more) == (2, 0)
    assert [(row.subject, row.what, row.when) for row in kind.rows] == [
        (held.reference, "On hold", "since Wednesday 18 November, 12:02"),
        (lost.reference, "Lost", "since today, 10:02"),
    ]
    assert str(lost.id) in kind.rows[1].url


def test_what_was_attempted_today_is_listed_until_it_is_delivered(agent: User) -> None:
    today = make_shipment(status=Status.ATTEMPTED, at=NOON - HOUR)
    make_shipment(status=Status.ATTEMPTED, at=NOON - 13 * HOUR)
    delivered = make_shipment(status=Status.ATTEMPTED, at=NOON - HOUR)
    services.record(delivered, Status.DELIVERED, at=NOON)

    assert subjects(agent, "attempts") == [today.reference]


def test_an_attempt_that_was_corrected_is_none(agent: User) -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.ingest(shipment, Report("post", "1", NOON - HOUR, Status.ATTEMPTED), at=NOON)
    assert subjects(agent, "attempts") == [shipment.reference]

    services.ingest(shipment, Report("post", "2", NOON - HOUR, None, voids="1"), at=NOON)

    assert subjects(agent, "attempts") == []


@pytest.mark.parametrize(
    ("expected_end", "promised_end", "told"),
    [
        (NOON + HOUR, NOON + 54 * MINUTE, "promised until 22.11. 12:54, expected until 22.11. 13:00"),
        (NOON + HOUR, NOON + 55 * MINUTE, None),
        (None, NOON - MINUTE, "promised until 22.11. 11:59"),
        (None, NOON + MINUTE, None),
    ],
)
def test_a_promise_is_at_risk_where_the_end_lies_beyond_it_or_it_has_passed(
    agent: User, expected_end: datetime | None, promised_end: datetime, told: str | None
) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    services.promise(shipment, start=promised_end - HOUR, end=promised_end, at=NOON - DAY)
    if expected_end:
        window = Window(expected_end.date(), expected_end - HOUR, expected_end)
        services.estimate(shipment, window, cause=Cause.BEHIND, at=NOON - MINUTE)

    since = "since today, 11:59"
    assert said(agent, "late") == ([(told, since)] if told else [])


def test_what_was_not_collected_in_time_is_listed_until_somebody_has_seen_to_it(agent: User) -> None:
    hub = make_hub()
    late, soon = (make_demand(hub, status=Status.READY_FOR_PICKUP) for _ in range(2))
    demands.turn(late, hub.place, kept_until=NOON - HOUR)
    demands.turn(soon, hub.place, kept_until=NOON)
    make_shipment(status=Status.READY_FOR_PICKUP, at=NOON - 30 * DAY)

    assert subjects(agent, "uncollected") == [late.shipment.reference]
    assert said(agent, "uncollected") == [
        ("not collected in time: agree on another day, or send it back", "since today, 11:00")
    ]

    services.record(late.shipment, Status.RETURNING, at=NOON)

    assert found(agent, "uncollected") is None


def test_a_promise_that_was_kept_late_needs_nobody_any_more(agent: User) -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.promise(shipment, start=NOON - 2 * HOUR, end=NOON - HOUR, at=NOON - DAY)
    assert subjects(agent, "late") == [shipment.reference]

    services.record(shipment, Status.DELIVERED, at=NOON)

    assert subjects(agent, "late") == []


def test_a_driver_at_work_who_is_not_heard_of_is_listed_by_the_next_stop(agent: User) -> None:
    route = make_route(DOORS, at=NOON - HOUR)
    see(route, NOON - 6 * MINUTE)

    assert subjects(agent, "silent") == [route.stops.all()[0].shipments.get().reference]
    assert said(agent, "silent")[0][1] == "since today, 11:54"


def test_a_driver_who_was_heard_of_has_a_break_or_has_just_set_off_is_not_silent(agent: User) -> None:
    heard_of, on_break = make_route(DOORS, at=NOON - HOUR), make_route(DOORS, driver=make_driver(), at=NOON - HOUR)
    make_route(DOORS, driver=make_driver(), at=NOON - MINUTE)
    see(heard_of, NOON - 4 * MINUTE)
    rounds.move_shift(on_break.shift, ShiftState.ON_BREAK, at=NOON)

    assert subjects(agent, "silent") == []


def test_a_low_score_is_listed_until_its_case_has_an_owner(agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    feedback.rate(shipment, score=2, source=Source.PAGE, at=NOON)
    assert said(agent, "low_scores") == [("2 of 5 stars: Not satisfied", "since today, 12:00")]

    case = shipment.cases.get()
    feedback.hand_over(case, owner=agent, queue=Queue.SUPPORT, priority=Priority.NORMAL, at=NOON)

    assert said(agent, "low_scores") == []


def test_what_is_a_low_score_is_for_the_brand_to_say(agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    CasePolicy.objects.create(brand=shipment.brand, low_score_up_to=3)
    feedback.rate(shipment, score=3, source=Source.PAGE, at=NOON)

    assert subjects(agent, "low_scores") == [shipment.reference]


def test_a_case_is_overdue_from_when_it_was_due(agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    feedback.rate(shipment, score=1, source=Source.PAGE, at=NOON - 25 * HOUR)

    assert said(agent, "overdue") == [("Not satisfied, due, with Support", "since today, 11:00")]


@pytest.mark.parametrize("name", ["overdue", "low_scores"])
def test_what_a_case_is_about_leads_to_the_case(agent: User, name: str) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    feedback.rate(shipment, score=1, source=Source.PAGE, at=NOON - 25 * HOUR)

    kind = found(agent, name)

    assert kind is not None
    assert [row.url for row in kind.rows] == [f"/admin/desk/cases/{shipment.cases.get().id}/"]


def test_messages_that_did_not_arrive_or_may_not_have_are_listed_for_a_day(agent: User) -> None:
    shipment = make_shipment()
    make_message(shipment, State.FAILED, settled_at=NOON - HOUR, error_code="30003")
    make_message(shipment, State.DEAD, settled_at=NOON - 25 * HOUR, version=1)
    make_message(shipment, State.UNKNOWN, called_at=NOON - HOUR, version=2)
    make_message(shipment, State.UNKNOWN, called_at=NOON - MINUTE, version=3)
    make_message(shipment, State.DELIVERED, settled_at=NOON, version=4)

    assert said(agent, "undelivered") == [("“Delayed” by SMS, error 30003", "since today, 11:00")]
    assert said(agent, "in_doubt") == [("“Delayed” by SMS", "since today, 11:00")]


def test_what_shoppers_wrote_is_listed_until_it_is_dealt_with(agent: User) -> None:
    shipment = make_shipment()
    make_inbound(shipment)
    make_inbound(None)
    make_inbound(shipment, handled_at=NOON)
    make_inbound(shipment, meaning=Meaning.STOP)

    assert len(subjects(agent, "unread")) == 2
    assert "Where is it?" not in str(attention.find(agent, at=NOON))


def test_nobody_finds_what_they_may_not_see() -> None:
    brand, carrier = make_brand(), make_driver().carrier
    theirs, others = make_shipment(status=Status.LOST, brand=brand), make_shipment(status=Status.LOST)
    Shipment.objects.filter(id=theirs.id).update(carrier=carrier)
    for shipment in (theirs, others, None):
        make_inbound(shipment)
    of_brand, partner = make_member(Role.AGENT, brand=brand), make_partner(carrier)

    assert subjects(of_brand, "exceptions") == subjects(of_brand, "unread") == [theirs.reference]
    assert subjects(partner, "exceptions") == [theirs.reference]
    assert subjects(partner, "unread") == []
    assert attention.find(User.objects.create(username="nobody", is_staff=True), at=NOON) == []


def test_more_trouble_takes_no_more_queries_and_is_counted_in_full(
    agent: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill()
    attention.find(agent, at=NOON)
    with django_assert_num_queries(15):
        attention.find(agent, at=NOON)
    for _ in range(6):
        fill()

    with django_assert_num_queries(15):
        kinds = attention.find(agent, at=NOON)

    assert {kind.name: (kind.count, len(kind.rows)) for kind in kinds} == dict.fromkeys(
        ["exceptions", "silent", "attempts", "overdue", "low_scores", "undelivered", "unread"], (7, 5)
    )


def test_the_first_page_begins_with_it_and_reading_it_is_no_look_at_anybody(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.LOST, at=timezone.now() - HOUR)
    client.force_login(agent)

    for address in ("/admin/", "/admin/desk/attention/"):
        text = client.get(address).text
        assert shipment.reference in text
        assert "Maija" not in text
    assert Look.objects.count() == 0


def test_whoever_has_no_role_sees_no_list(client: Client) -> None:
    client.force_login(User.objects.create(username="nobody", is_staff=True))

    assert "data-attention" not in client.get("/admin/").text
    assert client.get("/admin/desk/attention/").status_code == 403


def see(route: Route, at: datetime) -> None:
    rounds.keep_positions(
        [Position(driver=route.shift.driver, recorded_at=at, received_at=at, latitude=60.0, longitude=24.0)]
    )


def fill() -> Sequence[Shipment]:
    """Make one trouble of every kind but a broken promise."""
    lost = make_shipment(status=Status.LOST)
    attempted = make_shipment(status=Status.ATTEMPTED, at=NOON - HOUR)
    rated = make_shipment(status=Status.DELIVERED, at=NOON - 2 * DAY)
    make_route(DOORS[:1], driver=make_driver(), at=NOON - HOUR)
    feedback.rate(rated, score=1, source=Source.PAGE, at=NOON - 25 * HOUR)
    make_message(lost, State.FAILED, settled_at=NOON - HOUR)
    make_inbound(lost)
    return [lost, attempted, rated]


def test_a_pin_that_was_wrong_needs_somebody_for_three_days(agent: User) -> None:
    event = doors.make_event(shipment=make_shipment(status=Status.DELIVERED, brand=make_brand(asks_for_pin=True)))
    doors.keep(event, Kind.NAME, words="Matti")
    doors.keep(event, Kind.PIN, words="1")

    assert subjects(agent, "proof") == [event.shipment.reference]
    (kind,) = [kind for kind in attention.find(agent, at=NOON) if kind.name == "proof"]
    assert kind.rows[0].what == str(Flag.WRONG.label)
    assert [kind.name for kind in attention.find(agent, at=NOON + timedelta(days=3))].count("proof") == 0
