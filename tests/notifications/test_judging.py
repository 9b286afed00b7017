"""Whether a message that is due goes out."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from notifications.models import Cancelled, ConsentSource, Notification, Preference, Skipped, State
from notifications.services import consent, judging, outbox
from notifications.services.judging import Cancel, Defer, Send, Skip, Verdict
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_browser, make_policy, make_recipient, make_route, make_shipment
from tests.notifications.rows import MAIL, NUMBER, make_row
from tracking.models import Shipment
from tracking.rounds import services as rounds
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.window import Cause, Window

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
MIDNIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_underway() -> Shipment:
    return make_shipment(status=Status.OUT_FOR_DELIVERY)


def make_sent(shipment: Shipment, trigger: Trigger, *, hours_ago: float = 1, **fields: Any) -> Notification:
    sent_at = NOON - hours_ago * HOUR
    return make_row(
        shipment,
        **{
            "trigger": trigger,
            "state": State.SENT,
            "created_at": sent_at,
            "due_at": sent_at,
            "sent_at": sent_at,
            **fields,
        },
    )


def judge(*, at: datetime = NOON, channel: Channel = Channel.SMS) -> list[Verdict]:
    """Claim all that is due on a channel and judge it, in the order in which it goes out."""
    batch = outbox.claim(channel, at=at, limit=100)
    verdicts = judging.judge(batch, at=at)
    return [verdicts[notification.id] for notification in batch]


def test_what_is_true_and_wanted_goes_out() -> None:
    make_row(make_underway())

    assert judge() == [Send()]
    assert judging.judge([], at=NOON) == {}


def test_what_comes_too_late_does_not() -> None:
    make_row(make_underway(), expires_at=NOON)

    assert judge() == [Cancel(Cancelled.EXPIRED)]


def test_what_is_not_true_any_more_does_not() -> None:
    shipment = make_underway()
    make_row(shipment)
    services.record(shipment, Status.DELIVERED, at=NOON)

    assert judge() == [Cancel(Cancelled.UNTRUE)]


def test_a_day_that_was_put_off_is_not_announced() -> None:
    shipment = make_shipment(status=Status.PLANNED)
    make_row(shipment, trigger=Trigger.PLANNED, details={"date": "2026-11-23"})
    services.estimate(shipment, Window(date(2026, 11, 24)), cause=Cause.CARRIER, at=NOON)

    assert judge() == [Cancel(Cancelled.UNTRUE)]


def test_a_delay_that_was_made_up_for_is_not_announced() -> None:
    shipment = make_underway()
    services.promise(shipment, start=NOON, end=NOON + 2 * HOUR, at=NOON)
    make_row(shipment, trigger=Trigger.DELAYED)
    window = Window(NOON.date(), NOON + 2 * HOUR, NOON + 2 * HOUR + 10 * MINUTE)

    services.estimate(shipment, window, cause=Cause.BEHIND, at=NOON)
    assert judge() == [Send()]

    Notification.objects.update(state=State.PENDING, leased_until=None)
    earlier = Window(NOON.date(), NOON + HOUR, NOON + 2 * HOUR)
    services.estimate(shipment, earlier, cause=Cause.AHEAD, at=NOON)
    assert judge() == [Cancel(Cancelled.UNTRUE)]


def test_stops_that_were_added_make_few_stops_untrue() -> None:
    route = make_route(DOORS)
    last = Shipment.objects.get(stop__route=route, stop__sequence=3)
    make_row(last, trigger=Trigger.STOPS_AWAY, details={"stops": 2}, version=1)
    make_row(last, trigger=Trigger.STOPS_AWAY, details={"stops": 1}, version=2)

    assert judge() == [Send(), Cancel(Cancelled.UNTRUE)]


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN, State.SENT, State.DELIVERED])
def test_a_later_message_that_says_more_overtakes_an_earlier_one(state: State) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    make_row(shipment, trigger=Trigger.CREATED, created_at=NOON - MINUTE)
    make_row(shipment, trigger=Trigger.SHIPPED, state=state, due_at=NOON + timedelta(seconds=10))

    assert judge() == [Cancel(Cancelled.OVERTAKEN)]


def test_of_a_burst_that_is_due_together_the_last_goes_out() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    make_row(shipment, trigger=Trigger.CREATED)
    make_row(shipment, trigger=Trigger.SHIPPED)

    assert judge() == [Cancel(Cancelled.OVERTAKEN), Send()]


@pytest.mark.parametrize(
    ("trigger", "fields"),
    [
        (Trigger.SHIPPED, {"state": State.FAILED}),
        (Trigger.SHIPPED, {"state": State.SKIPPED, "reason": Skipped.UNWANTED}),
        (Trigger.SHIPPED, {"state": State.CANCELLED, "reason": Cancelled.UNTRUE}),
        (Trigger.SHIPPED, {"due_at": NOON + 11 * timedelta(seconds=1)}),
        (Trigger.SHIPPED, {"channel": Channel.EMAIL}),
        (Trigger.SHIPPED, {"recipient": "+358409999999"}),
        (Trigger.SHIPPED, {"created_at": NOON - 2 * MINUTE}),
        (Trigger.ON_THE_WAY, {}),
    ],
)
def test_what_does_not_reach_the_reader_or_is_old_or_untrue_overtakes_nothing(
    trigger: Trigger, fields: dict[str, Any]
) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    first = make_row(shipment, trigger=Trigger.CREATED)
    make_row(shipment, **{"trigger": trigger, **fields})

    batch = outbox.claim(Channel.SMS, at=NOON, limit=100)

    assert judging.judge(batch, at=NOON)[first.id] == Send()


def test_what_the_reader_does_not_want_overtakes_nothing() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    make_row(shipment, trigger=Trigger.CREATED)
    make_row(shipment, trigger=Trigger.SHIPPED)
    Preference.objects.create(
        shipment=shipment, trigger=Trigger.SHIPPED, channel=Channel.SMS, is_wanted=False, changed_at=NOON
    )

    assert judge() == [Send(), Skip(Skipped.UNWANTED)]


def test_a_second_code_makes_the_first_one_useless() -> None:
    shipment = make_shipment()
    make_row(shipment, trigger=Trigger.CODE, version=1, created_at=NOON - MINUTE)
    make_row(shipment, trigger=Trigger.CODE, version=2)

    assert judge() == [Cancel(Cancelled.OVERTAKEN), Send()]


def test_two_answers_are_both_given() -> None:
    shipment = make_shipment()
    make_row(shipment, trigger=Trigger.REPLY, version=1, created_at=NOON - MINUTE)
    make_row(shipment, trigger=Trigger.REPLY, version=2)

    assert judge() == [Send(), Send()]


def test_of_shipments_that_come_to_one_door_one_is_enough_to_say_who_is_there() -> None:
    route = make_route(DOORS[:1])
    stop = route.stops.get()
    other = make_shipment(status=Status.OUT_FOR_DELIVERY, recipient=make_recipient())
    services.assign(other, stop, at=NOON)
    for shipment in Shipment.objects.filter(stop=stop).order_by("id"):
        make_row(shipment, trigger=Trigger.ARRIVED)
        make_row(shipment, trigger=Trigger.ON_THE_WAY, created_at=NOON - HOUR, expires_at=NOON + HOUR, priority=2)

    verdicts = judge()

    assert verdicts[:2] == [Send(), Cancel(Cancelled.OVERTAKEN)]


def test_neighbours_at_one_stop_are_both_told() -> None:
    route = make_route(DOORS[:1])
    stop = route.stops.get()
    other = make_underway()
    services.assign(other, stop, at=NOON)
    make_row(stop.shipments.exclude(id=other.id).get(), trigger=Trigger.ARRIVED)
    make_row(other, trigger=Trigger.ARRIVED, recipient="+358409999999")

    assert judge() == [Send(), Send()]


def test_a_browser_that_is_gone_is_not_written_to() -> None:
    shipment = make_underway()
    here, gone = make_browser(shipment), make_browser(shipment, gone_at=NOON)
    make_row(shipment, channel=Channel.PUSH, recipient=str(here.id))
    make_row(shipment, channel=Channel.PUSH, recipient=str(gone.id))

    assert judge(channel=Channel.PUSH) == [Send(), Skip(Skipped.BAD_ADDRESS)]


def test_texts_go_to_the_countries_of_the_installation_alone(settings: Settings) -> None:
    shipment = make_underway()
    make_row(shipment)
    make_row(shipment, recipient="+447400123456")

    settings.SMS_COUNTRIES = ["FI", "SE"]

    assert judge() == [Send(), Skip(Skipped.COUNTRY)]


def test_mails_go_to_every_country(settings: Settings) -> None:
    make_row(make_underway(), channel=Channel.EMAIL)

    settings.SMS_COUNTRIES = ["SE"]

    assert judge(channel=Channel.EMAIL) == [Send()]


@pytest.mark.parametrize("trigger", [Trigger.ON_THE_WAY, Trigger.CODE, Trigger.REPLY])
def test_nothing_goes_to_a_number_that_has_said_stop(trigger: Trigger) -> None:
    consent.withhold(Channel.SMS, NUMBER, source=ConsentSource.WORD, at=NOON)
    make_row(make_underway(), trigger=trigger)

    assert judge() == [Skip(Skipped.OPTED_OUT)]


def test_a_brand_that_was_unsubscribed_from_sends_no_mails_but_codes_that_are_asked_for() -> None:
    shipment = make_underway()
    consent.withhold(Channel.EMAIL, MAIL, source=ConsentSource.UNSUBSCRIBE, at=NOON, brand=shipment.brand)
    make_row(shipment, channel=Channel.EMAIL)
    make_row(shipment, channel=Channel.EMAIL, trigger=Trigger.CODE)
    make_row(make_underway(), channel=Channel.EMAIL)

    assert judge(channel=Channel.EMAIL) == [Skip(Skipped.OPTED_OUT), Send(), Send()]


def test_news_that_is_not_wanted_on_a_channel_is_not_sent_there() -> None:
    shipment = make_underway()
    make_row(shipment)
    make_row(shipment, channel=Channel.EMAIL)
    Preference.objects.create(
        shipment=shipment, trigger=Trigger.ON_THE_WAY, channel=Channel.SMS, is_wanted=False, changed_at=NOON
    )

    assert judge() == [Skip(Skipped.UNWANTED)]
    assert judge(channel=Channel.EMAIL) == [Send()]


def test_what_is_not_urgent_waits_for_the_end_of_the_night_and_what_is_does_not() -> None:
    route = make_route(DOORS[:1])
    shipment = Shipment.objects.get(stop__route=route)
    rounds.arrive(route.stops.get(), at=MIDNIGHT)
    make_row(shipment, due_at=MIDNIGHT, created_at=MIDNIGHT, expires_at=MIDNIGHT + DAY)
    make_row(make_underway(), trigger=Trigger.CODE, due_at=MIDNIGHT, expires_at=MIDNIGHT + HOUR)

    assert judge(at=MIDNIGHT) == [Defer(MORNING), Send()]


def test_a_deferred_message_that_became_untrue_is_cancelled_and_one_that_was_overtaken_is_replaced() -> None:
    delivered, moved_on = make_underway(), make_shipment(status=Status.AT_HUB)
    late: dict[str, Any] = {"due_at": MIDNIGHT, "created_at": MIDNIGHT, "expires_at": MIDNIGHT + DAY}
    make_row(delivered, **late)
    make_row(moved_on, trigger=Trigger.CREATED, recipient="+358409999999", **late)
    batch = outbox.claim(Channel.SMS, at=MIDNIGHT, limit=10)
    assert [*judging.judge(batch, at=MIDNIGHT).values()] == [Defer(MORNING), Defer(MORNING)]
    for notification in batch:
        outbox.defer(notification, until=MORNING)

    services.record(delivered, Status.DELIVERED, at=MIDNIGHT + HOUR)
    late["created_at"], late["due_at"] = MIDNIGHT + HOUR, MORNING
    make_row(moved_on, trigger=Trigger.SHIPPED, recipient="+358409999999", **late)

    assert judge(at=MORNING) == [Cancel(Cancelled.UNTRUE), Cancel(Cancelled.OVERTAKEN), Send()]


def test_a_number_gets_so_many_texts_a_day() -> None:
    make_policy((shipment := make_underway()).brand, texts_a_day=2, messages_a_day=9)
    make_sent(make_underway(), Trigger.SHIPPED, hours_ago=24)
    make_sent(make_underway(), Trigger.SHIPPED, hours_ago=23)
    make_row(shipment, version=1)
    make_row(make_shipment(status=Status.OUT_FOR_DELIVERY, brand=shipment.brand), version=2)

    assert judge() == [Send(), Skip(Skipped.DAILY_CAP)]


def test_who_is_told_of_a_shipment_gets_so_many_messages_a_day_on_all_channels_together() -> None:
    make_policy((shipment := make_underway()).brand, texts_a_day=9, messages_a_day=3)
    make_sent(shipment, Trigger.CREATED, channel=Channel.EMAIL)
    make_sent(shipment, Trigger.SHIPPED, channel=Channel.PUSH)
    make_row(shipment)
    make_row(shipment, channel=Channel.EMAIL)

    assert judge() == [Send()]
    assert judge(channel=Channel.EMAIL) == [Skip(Skipped.DAILY_CAP)]


def test_what_never_went_out_is_not_counted() -> None:
    make_policy((shipment := make_underway()).brand, texts_a_day=1)
    make_sent(shipment, Trigger.CREATED, state=State.SKIPPED, reason=Skipped.UNWANTED, sent_at=None)
    make_sent(shipment, Trigger.SHIPPED, state=State.CANCELLED, reason=Cancelled.UNTRUE, sent_at=None)
    make_row(shipment)

    assert judge() == [Send()]


def test_codes_and_answers_have_caps_of_their_own() -> None:
    make_policy((shipment := make_underway()).brand, texts_a_day=1)
    for number in range(12):
        make_row(shipment, trigger=Trigger.CODE, version=number)
    make_row(shipment)

    assert judge() == [Send()] * 10 + [Skip(Skipped.DAILY_CAP)] * 2 + [Send()]


def test_a_brand_sends_so_many_texts_an_hour_and_the_others_wait() -> None:
    make_policy((shipment := make_underway()).brand, texts_an_hour=3)
    make_sent(shipment, Trigger.CREATED, hours_ago=1, recipient="+358400000001")
    make_sent(shipment, Trigger.SHIPPED, hours_ago=0.9, recipient="+358400000002")
    make_sent(shipment, Trigger.SHIPPED, hours_ago=0.1, recipient="a@example.org", channel=Channel.EMAIL)
    make_row(shipment, recipient="+358400000003", state=State.SENDING, leased_until=NOON + MINUTE)
    for number in range(4, 6):
        make_row(shipment, recipient=f"+35840000000{number}")
    make_row(shipment, recipient="+358400000006", expires_at=NOON + 5 * MINUTE)
    make_row(make_underway(), recipient="+358400000007")

    later = Defer(NOON + 5 * MINUTE)
    assert judge() == [Send(), later, Skip(Skipped.HOURLY_CAP), Send()]


def test_an_installation_sends_so_many_texts_an_hour(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.TEXTS_AN_HOUR = 1
    shipment = make_underway()
    for number in range(3):
        make_row(shipment, recipient=f"+35840000000{number}")
    make_row(make_underway(), channel=Channel.EMAIL)

    assert judge() == [Send(), Defer(NOON + 5 * MINUTE), Defer(NOON + 5 * MINUTE)]
    assert judge(channel=Channel.EMAIL) == [Send()]
    assert caplog.messages == [f"Brand {shipment.brand_id} has too many texts within the hour; they wait."]


@pytest.mark.parametrize("texts_an_hour", [1, 50])
def test_a_thousand_tries_are_no_more_than_the_cap(texts_an_hour: int) -> None:
    shipment = make_shipment()
    make_policy(shipment.brand, texts_an_hour=texts_an_hour)
    for number in range(100):
        make_row(shipment, trigger=Trigger.CODE, recipient=f"+3584000000{number:02}", expires_at=NOON + 5 * MINUTE)

    verdicts = judge()

    assert verdicts == [Send()] * texts_an_hour + [Skip(Skipped.HOURLY_CAP)] * (100 - texts_an_hour)


def test_the_number_of_queries_does_not_grow_with_the_batch() -> None:
    def count(number: int) -> int:
        Notification.objects.all().delete()
        for door in range(number):
            route = make_route([(60.1 + door / 100, 24.9)])
            shipment = Shipment.objects.get(stop__route=route)
            make_row(shipment, trigger=Trigger.STOPS_AWAY, details={"stops": 3}, recipient=f"+35840000000{door}")
        batch = outbox.claim(Channel.SMS, at=NOON, limit=100)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert [*judging.judge(batch, at=NOON).values()] == [Send()] * number
        return len(queries)

    assert count(1) == count(6) == 9
