"""What windows and the calendar call for."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Notification, State
from notifications.services import considering, judging, outbox
from notifications.services.judging import Send, Verdict
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_policy, make_rule, make_shipment
from tracking.models import Brand, Shipment
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.window import Cause, Window

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PROMISED = NOON + 2 * HOUR
EVENING = datetime(2026, 11, 22, 15, tzinfo=UTC)
"""Five o'clock in Helsinki, when the evening before begins."""

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_promised(*, end: datetime = PROMISED, status: Status = Status.OUT_FOR_DELIVERY) -> Shipment:
    shipment = make_shipment(status=status)
    services.promise(shipment, start=end - HOUR, end=end, at=NOON - DAY)
    shipment.refresh_from_db()
    return shipment


def predict(shipment: Shipment, end: datetime, *, at: datetime = NOON) -> None:
    """Tell a window of half an hour that ends then."""
    window = Window((end - HOUR / 2).date(), end - HOUR / 2, end)
    services.estimate(shipment, window, cause=Cause.BEHIND, at=at)


def consider(*shipments: Shipment, at: datetime = NOON) -> frozenset[Channel]:
    return considering.windows([shipment.id for shipment in shipments], at=at)


def judge(at: datetime) -> list[Verdict]:
    batch = outbox.claim(Channel.SMS, at=at, limit=10)
    return [*judging.judge(batch, at=at).values()]


def told(*fields: str) -> list[tuple[Any, ...]]:
    return list(Notification.objects.order_by("id").values_list("trigger", "channel", *fields))


def test_who_is_to_wait_longer_than_promised_is_told_why_once_that_has_been_so_for_two_minutes() -> None:
    shipment = make_promised()
    predict(shipment, PROMISED + 15 * MINUTE)

    assert consider(shipment) == frozenset()

    assert told("details", "due_at", "expires_at", "priority") == [
        (Trigger.DELAYED, Channel.SMS, {"reason": "behind"}, NOON + 2 * MINUTE, NOON + HOUR, 0)
    ]
    assert judge(NOON + 2 * MINUTE) == [Send()]


@pytest.mark.parametrize(("minutes", "is_told"), [(-15, False), (5, False), (10, True)])
def test_late_is_what_the_brand_calls_so(minutes: int, is_told: bool) -> None:
    shipment = make_promised()
    predict(shipment, PROMISED + minutes * MINUTE)

    consider(shipment)

    assert len(told()) == is_told


def test_a_brand_may_be_more_patient() -> None:
    shipment = make_promised()
    make_policy(shipment.brand, late_by_minutes=30)
    predict(shipment, PROMISED + 25 * MINUTE)

    consider(shipment)

    assert told() == []


def test_where_the_promise_ends_soon_nobody_waits_for_more() -> None:
    shipment = make_promised(end=NOON + 15 * MINUTE)
    predict(shipment, NOON + 30 * MINUTE)

    assert consider(shipment) == {Channel.SMS}

    assert told("due_at") == [(Trigger.DELAYED, Channel.SMS, NOON)]


def test_a_prediction_that_leaves_the_promise_for_a_moment_is_no_news() -> None:
    shipment = make_promised()
    predict(shipment, PROMISED + 15 * MINUTE)
    consider(shipment)
    predict(shipment, PROMISED - 15 * MINUTE)

    (row,) = outbox.claim(Channel.SMS, at=NOON + 2 * MINUTE, limit=10)
    verdict = judging.judge([row], at=NOON + 2 * MINUTE)[row.id]
    assert isinstance(verdict, judging.Cancel)
    outbox.cancel([row], verdict.reason, at=NOON + 2 * MINUTE)

    predict(shipment, PROMISED + 30 * MINUTE)
    consider(shipment, at=NOON + 5 * MINUTE)
    assert told("state", "due_at") == [(Trigger.DELAYED, Channel.SMS, State.PENDING, NOON + 7 * MINUTE)]


def test_a_delay_is_told_once_for_each_promise() -> None:
    shipment = make_promised()
    predict(shipment, PROMISED + 15 * MINUTE)
    consider(shipment)
    Notification.objects.update(state=State.SENT, sent_at=NOON)
    predict(shipment, PROMISED + 60 * MINUTE)
    consider(shipment, at=NOON + HOUR)
    assert len(told()) == 1

    services.promise(shipment, start=NOON + 3 * HOUR, end=NOON + 4 * HOUR, at=NOON + HOUR)
    consider(shipment, at=NOON + HOUR)
    assert len(told()) == 1

    predict(shipment, NOON + 5 * HOUR)
    consider(shipment, at=NOON + HOUR)
    assert len(told()) == 2


@pytest.mark.parametrize(("seconds", "is_told"), [(-1, True), (0, False)])
def test_once_the_promise_has_ended_nobody_is_told(seconds: int, is_told: bool) -> None:
    shipment = make_promised(end=NOON)
    predict(shipment, NOON + 2 * HOUR, at=NOON - MINUTE)

    consider(shipment, at=NOON + seconds * SECOND)
    considering.sweep_windows(at=NOON + seconds * SECOND)

    assert len(told()) == is_told


def test_a_notice_that_is_held_up_does_not_go_out_after_the_promise_has_ended() -> None:
    shipment = make_promised(end=NOON + 40 * MINUTE)
    predict(shipment, NOON + 2 * HOUR)

    consider(shipment)

    assert told("due_at", "expires_at") == [
        (Trigger.DELAYED, Channel.SMS, NOON + 2 * MINUTE, NOON + 40 * MINUTE),
    ]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED, Status.ATTEMPTED, Status.READY_FOR_PICKUP])
def test_what_is_not_on_its_way_any_more_is_not_late(status: Status) -> None:
    shipment = make_promised(status=status)
    predict(shipment, PROMISED + HOUR)

    consider(shipment)

    assert told() == []


def test_a_carriers_day_after_the_promised_one_is_late_and_the_same_day_is_not() -> None:
    today, tomorrow = make_promised(status=Status.IN_TRANSIT), make_promised(status=Status.IN_TRANSIT)
    services.estimate(today, Window(date(2026, 11, 22)), cause=Cause.CARRIER, at=NOON)
    services.estimate(tomorrow, Window(date(2026, 11, 23)), cause=Cause.CARRIER, at=NOON)

    consider(today, tomorrow)

    assert told("shipment") == [(Trigger.DELAYED, Channel.SMS, tomorrow.id)]


def test_a_delay_that_is_known_by_night_is_told_in_the_morning() -> None:
    night = datetime(2026, 11, 22, 22, tzinfo=UTC)
    shipment = make_promised(end=night + 14 * HOUR, status=Status.AT_HUB)
    predict(shipment, night + 16 * HOUR, at=night)

    consider(shipment, at=night)

    assert told("due_at", "expires_at") == [(Trigger.DELAYED, Channel.SMS, night + 8 * HOUR, night + 9 * HOUR)]


def test_a_window_whose_nudge_was_lost_is_found() -> None:
    considering.sweep_windows(at=NOON)
    late, punctual = make_promised(), make_promised()
    predict(late, PROMISED + 15 * MINUTE)
    predict(punctual, PROMISED)

    considering.sweep_windows(at=NOON + 10 * SECOND)
    considering.sweep_windows(at=NOON + 20 * SECOND)

    assert told("shipment") == [(Trigger.DELAYED, Channel.SMS, late.id)]


@pytest.mark.parametrize("count", [1, 8])
def test_the_number_of_queries_does_not_grow_with_the_windows(count: int) -> None:
    late = [make_promised() for _ in range(count)]
    for shipment in late:
        predict(shipment, PROMISED + HOUR)

    with CaptureQueriesContext(connection) as queries:
        consider(*late)

    assert Notification.objects.count() == count
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 7


def make_for_tomorrow(*, brand: Brand | None = None, status: Status = Status.PLANNED) -> Shipment:
    shipment = make_shipment(status=status, brand=brand)
    window = Window(date(2026, 11, 23), EVENING + 18 * HOUR, EVENING + 20 * HOUR)
    services.estimate(shipment, window, cause=Cause.PLANNED, at=NOON)
    return shipment


def test_what_comes_tomorrow_is_told_on_the_evening_before() -> None:
    make_for_tomorrow()

    considering.calendar(at=EVENING - SECOND)
    assert told() == []
    assert considering.calendar(at=EVENING) == {Channel.EMAIL}

    day = date(2026, 11, 23)
    assert told("details", "version", "due_at", "expires_at") == [
        (Trigger.PLANNED, Channel.EMAIL, {"date": "2026-11-23"}, day.toordinal(), EVENING, EVENING + 18 * HOUR)
    ]


def test_it_is_told_once_and_again_when_it_was_put_off() -> None:
    shipment = make_for_tomorrow()
    for minutes in range(3):
        considering.calendar(at=EVENING + minutes * MINUTE)
    assert len(told()) == 1

    window = Window(date(2026, 11, 24), EVENING + 42 * HOUR, EVENING + 44 * HOUR)
    services.estimate(shipment, window, cause=Cause.PLANNED, at=EVENING + HOUR)
    considering.calendar(at=EVENING + 2 * HOUR)
    assert len(told()) == 1
    considering.calendar(at=EVENING + DAY)
    assert told("details") == [
        (Trigger.PLANNED, Channel.EMAIL, {"date": "2026-11-23"}),
        (Trigger.PLANNED, Channel.EMAIL, {"date": "2026-11-24"}),
    ]


@pytest.mark.parametrize("status", [Status.OUT_FOR_DELIVERY, Status.ON_HOLD, Status.CANCELLED, Status.DELIVERED])
def test_what_does_not_wait_for_its_day_is_not_announced(status: Status) -> None:
    make_for_tomorrow(status=status)

    considering.calendar(at=EVENING)

    assert not Notification.objects.filter(trigger=Trigger.PLANNED).exists()


def test_a_promise_is_announced_too() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    services.promise(shipment, start=EVENING + 18 * HOUR, end=EVENING + 20 * HOUR, at=NOON)

    considering.calendar(at=EVENING)

    assert told("details") == [(Trigger.PLANNED, Channel.EMAIL, {"date": "2026-11-23"})]


def test_the_evening_is_that_of_the_recipient_and_the_hour_that_of_the_brand() -> None:
    brand = make_brand()
    make_policy(brand, evening_before_at=time(19))
    here = make_for_tomorrow(brand=brand)
    there = make_for_tomorrow(brand=brand)
    Shipment.objects.filter(id=there.id).update(timezone="Europe/Lisbon")

    for hours, expected in ((1, set()), (2, {here.id}), (3, {here.id}), (4, {here.id, there.id})):
        considering.calendar(at=EVENING + hours * HOUR)
        assert {row.shipment_id for row in Notification.objects.all()} == expected


def test_on_the_other_side_of_the_world_tomorrow_is_another_day() -> None:
    shipment = make_for_tomorrow()
    Shipment.objects.filter(id=shipment.id).update(timezone="Pacific/Auckland")

    considering.calendar(at=EVENING - DAY)
    assert told() == []
    considering.calendar(at=datetime(2026, 11, 22, 4, tzinfo=UTC))

    assert told("details") == [(Trigger.PLANNED, Channel.EMAIL, {"date": "2026-11-23"})]


def test_what_waits_at_a_pickup_point_is_recalled_after_the_days_of_the_brand() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    make_policy(shipment.brand, pickup_reminder_days=3)
    services.record(shipment, Status.READY_FOR_PICKUP, at=NOON, place="Kiosk at the station")

    considering.calendar(at=NOON + 3 * DAY - SECOND)
    assert told() == []
    for hours in range(3):
        considering.calendar(at=NOON + 3 * DAY + hours * HOUR)

    assert told("details", "version", "due_at", "expires_at") == [
        (Trigger.PICKUP_REMINDER, Channel.SMS, {"place": "Kiosk at the station"}, 1, NOON + 3 * DAY, NOON + 4 * DAY)
    ]


def test_what_was_collected_is_not_recalled() -> None:
    shipment = make_shipment(status=Status.READY_FOR_PICKUP)
    services.record(shipment, Status.DELIVERED, at=NOON)

    considering.calendar(at=NOON + 2 * DAY)

    assert not Notification.objects.filter(trigger=Trigger.PICKUP_REMINDER).exists()


def test_a_reminder_that_nobody_gave_in_time_is_not_given() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    services.record(shipment, Status.READY_FOR_PICKUP, at=NOON)

    considering.calendar(at=NOON + 3 * DAY)

    assert told() == []


def test_a_brand_that_asks_how_it_was_does_so_some_hours_later() -> None:
    brand = make_brand()
    make_policy(brand, survey_after_hours=4)
    make_rule(brand, Trigger.SURVEY, Channel.EMAIL)
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=brand)
    services.record(shipment, Status.DELIVERED, at=NOON)
    others = make_shipment(status=Status.OUT_FOR_DELIVERY)
    make_rule(others.brand, Trigger.SURVEY, Channel.EMAIL, is_on=False)
    services.record(others, Status.DELIVERED, at=NOON)

    considering.calendar(at=NOON + 4 * HOUR - SECOND)
    assert told() == []
    for hours in (4, 5, 6):
        considering.calendar(at=NOON + hours * HOUR)

    assert told("shipment", "due_at", "expires_at", "priority") == [
        (Trigger.SURVEY, Channel.EMAIL, shipment.id, NOON + 4 * HOUR, NOON + 2 * DAY + 4 * HOUR, 2)
    ]


def test_nobody_is_asked_about_the_deliveries_of_last_week() -> None:
    brand = make_brand()
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=brand)
    services.record(shipment, Status.DELIVERED, at=NOON)
    make_rule(brand, Trigger.SURVEY, Channel.EMAIL)

    considering.calendar(at=NOON + 7 * DAY)

    assert told() == []


def test_the_number_of_queries_does_not_grow_with_the_calendar() -> None:
    def count(number: int) -> int:
        Notification.objects.all().delete()
        for _ in range(number):
            make_for_tomorrow()
        with CaptureQueriesContext(connection) as queries:
            considering.calendar(at=EVENING)
        return len(queries)

    assert count(1) == count(6)
    assert Notification.objects.count() == 7
