"""Sending on real threads, by a real database and Redis, to a stand-in for Twilio and a mail server of the tests."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from datetime import time as clock_time
from functools import partial
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from notifications import gateways, pacing, sealing, sending, tasks
from notifications.gateways.outcomes import Message
from notifications.models import ConsentSource, Notification, Policy, Skipped, State
from notifications.pacing import Lane, Turn
from notifications.sending import calls
from notifications.sending.answers import Sending
from notifications.sending.calls import TooLate
from notifications.sending.drain import Drain
from notifications.services import consent, outbox
from notifications.triggers import LATEST, PHONE_CHANNELS, Channel, Trigger
from tests import mail_server, servers
from tests.factories import make_brand, make_route, make_shipment
from tests.mail_server import MailServer
from tests.notifications.rows import MAIL, NUMBER, make_row
from tests.twilio.client import Twilio
from tracking import logos
from tracking.models import Brand, Shipment
from tracking.pictures import Picture
from tracking.shipments.lifecycle import Handover, Status

NEVER_THERE = "unix:///tmp/doorstep-no-such-redis.sock?db=0"
DOOR = (60.1689, 24.9455)
SECOND = timedelta(seconds=1)
VERSIONS = 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twilio(twilio: Twilio, settings: Settings) -> Twilio:
    """Let texts go to the stand-in, as fast as they can."""
    for name, value in twilio.settings.items():
        setattr(settings, name, value)
    settings.TWILIO_WHATSAPP_FROM = "+15005550007"
    settings.TWILIO_SEGMENTS_PER_SECOND = 1_000_000.0
    return twilio


@pytest.fixture
def mail(settings: Settings) -> Iterator[MailServer]:
    """Let mails go to a server of the tests, from a sender of its own: a gateway keeps its connections."""
    settings.EMAIL_BACKEND = "notifications.gateways.mail.smtp.EmailBackend"
    with mail_server.running() as server:
        settings.EMAIL_FROM = f"Doorstep <deliveries-{server.port}@shop.example>"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 3
        yield server


@pytest.fixture
def brand() -> Brand:
    """Make a shop that neither sleeps nor counts."""
    brand = make_brand()
    midnight = clock_time(0)
    Policy.objects.create(
        brand=brand, quiet_from=midnight, quiet_until=midnight, messages_a_day=9_000, texts_a_day=9_000
    )
    return brand


def drain(channel: Channel = Channel.SMS) -> None:
    sending.drain(channel, hand_over=lambda: None)


def make_due(shipment: Shipment, *, channel: Channel = Channel.SMS, **fields: Any) -> Notification:
    now = timezone.now()
    known = {"trigger": Trigger.CREATED, "created_at": now, "due_at": now, "expires_at": now + timedelta(hours=1)}
    return make_row(shipment, channel=channel, **{**known, **fields})


def make_many(brand: Brand, count: int, **fields: Any) -> list[Notification]:
    shipment, now = make_shipment(brand=brand), timezone.now()
    known = {"created_at": now, "due_at": now, **fields}
    return [make_due(shipment, version=number, **known) for number in range(count)]


def drain_until_sent(channel: Channel = Channel.SMS) -> None:
    """Go on with what was put off, for a while."""
    deadline = time.monotonic() + 20
    while outbox.has_work(channel, at=timezone.now() + 60 * SECOND) and time.monotonic() < deadline:
        drain(channel)
        time.sleep(0.1)


def states() -> Counter[str]:
    return Counter(Notification.objects.values_list("state", flat=True))


def bodies(twilio: Twilio) -> list[str]:
    return [taken["body"] for taken in twilio.ledger()]


def on_a_connection(call: Callable[[], object]) -> object:
    try:
        return call()
    finally:
        connection.close()


def in_background(threads: ThreadPoolExecutor, call: Callable[[], object]) -> Future[object]:
    return threads.submit(on_a_connection, call)


def let_time_pass(row: Notification, seconds: float) -> None:
    """Let a call, and what follows from it, have happened so much earlier."""
    row.refresh_from_db()
    row.due_at -= seconds * SECOND
    row.called_at = row.called_at and row.called_at - seconds * SECOND
    row.leased_until = row.leased_until and row.leased_until - seconds * SECOND
    row.save()


def race(channel: Channel) -> None:
    """Let two workers send at once, the first of whom does not know yet that it has lost its turn."""

    def run(turn: Turn) -> None:
        start.wait(10)
        with ThreadPoolExecutor(8) as pool:
            Drain(channel, pool, turn, lambda: None).run(until=time.monotonic() + 20)

    start = threading.Barrier(2)
    with ThreadPoolExecutor(2) as workers, pacing.take_turn(channel) as lost:
        lost.end()
        with pacing.take_turn(channel) as turn:
            running = [in_background(workers, partial(run, each)) for each in (lost, turn)]
            for worker in running:
                worker.result(30)


def make_true(trigger: Trigger, brand: Brand) -> tuple[Shipment, dict[str, object]]:
    """Make a shipment of which this is news, and the numbers that go with it."""
    now = timezone.now()
    on_the_road = {Trigger.ON_THE_WAY, Trigger.STOPS_AWAY, Trigger.ARRIVING_SOON, Trigger.ARRIVED, Trigger.DELAYED}
    if trigger in on_the_road:
        shipment = make_route([DOOR], brand=brand, at=now).stops.get().shipments.get()
    else:
        statuses = {
            Trigger.SHIPPED: Status.IN_TRANSIT,
            Trigger.PLANNED: Status.PLANNED,
            Trigger.DELIVERED: Status.DELIVERED,
            Trigger.DELIVERED_ELSEWHERE: Status.DELIVERED,
            Trigger.SURVEY: Status.DELIVERED,
            Trigger.FAILED_ATTEMPT: Status.ATTEMPTED,
            Trigger.READY_FOR_PICKUP: Status.READY_FOR_PICKUP,
            Trigger.PICKUP_REMINDER: Status.READY_FOR_PICKUP,
            Trigger.RETURNED: Status.RETURNED,
            Trigger.CANCELLED: Status.CANCELLED,
        }
        shipment = make_shipment(status=statuses.get(trigger, Status.CREATED), brand=brand, at=now)
    window: dict[Trigger, dict[str, object]] = {
        Trigger.PLANNED: {"window_date": (now + timedelta(days=1)).date()},
        Trigger.ARRIVING_SOON: _window(now, now + timedelta(minutes=30)),
        Trigger.DELAYED: {
            **_window(now + timedelta(hours=2), now + timedelta(hours=3)),
            "promised_start": now,
            "promised_end": now + timedelta(hours=1),
        },
        Trigger.DELIVERED_ELSEWHERE: {"handover": Handover.NEIGHBOUR},
    }
    if trigger in window:
        Shipment.objects.filter(id=shipment.id).update(**window[trigger])
    details = {"date": (now + timedelta(days=1)).date().isoformat(), "stops": 3, "minutes": 20, "text": "Hello."}
    return shipment, {} if trigger == Trigger.TEST else details


def _window(start: datetime, end: datetime) -> dict[str, object]:
    return {"window_date": start.date(), "window_start": start, "window_end": end}


@pytest.mark.parametrize("channel", Channel)
def test_every_trigger_goes_out_exactly_once_with_two_workers_racing(
    channel: Channel, brand: Brand, twilio: Twilio, mail: MailServer
) -> None:
    now = timezone.now()
    rows = []
    for trigger in Trigger:
        shipment, details = make_true(trigger, brand)
        sealed = sealing.seal("123456") if trigger == Trigger.CODE else ""
        recipient = _browser(shipment) if channel == Channel.PUSH else {}
        rows += [
            make_due(
                shipment,
                channel=channel,
                trigger=trigger,
                version=version,
                details=details,
                sealed=sealed,
                created_at=now,
                expires_at=now + LATEST[trigger],
                **recipient,
            )
            for version in range(VERSIONS)
        ]

    race(channel)
    drain_until_sent(channel)

    assert states() == {State.SENT: len(rows)}
    if channel in PHONE_CHANNELS:
        taken = bodies(twilio)
        assert [sum(row.marker in body for body in taken) for row in rows] == [1] * len(rows)
        assert len(taken) == len(rows)
    if channel == Channel.EMAIL:
        assert len(mail.kept) == len({letter["Message-ID"] for letter in mail.letters()}) == len(rows)


def _browser(shipment: Shipment) -> dict[str, str]:
    known = {"p256dh": "p", "auth": "a", "language": "en", "created_at": timezone.now()}
    return {"recipient": str(shipment.push_subscriptions.create(endpoint="https://push.example/1", **known).id)}


def test_what_was_said_is_kept_with_who_took_it(brand: Brand, twilio: Twilio) -> None:
    (row,) = make_many(brand, 1, trigger=Trigger.CODE, sealed=sealing.seal("271828"))

    drain()

    row.refresh_from_db()
    (taken,) = twilio.ledger()
    assert "271828" in taken["body"]
    assert "271828" not in row.body
    assert row.marker in row.body
    assert (row.provider, row.provider_id, row.state) == ("twilio", taken["sid"], State.SENT)
    assert row.segments == 1


def test_without_a_provider_everything_lands_in_the_local_outbox(brand: Brand, settings: Settings) -> None:
    (row,) = make_many(brand, 1)

    drain()

    row.refresh_from_db()
    assert (row.state, row.provider) == (State.SENT, "local")
    assert row.body


def test_a_brand_sends_under_its_own_name(brand: Brand, twilio: Twilio) -> None:
    Policy.objects.update(sms_sender="Kauppa")
    make_many(brand, 1)

    drain()

    assert [taken["form"]["From"] for taken in twilio.ledger()] == ["Kauppa"]


def test_the_urgent_goes_first(brand: Brand, twilio: Twilio, settings: Settings) -> None:
    settings.TWILIO_SEGMENTS_PER_SECOND = 50.0
    rows = [*make_many(brand, 3, priority=2), *make_many(brand, 3, priority=0)]

    drain()

    order = [next(row.priority for row in rows if row.marker in body) for body in bodies(twilio)]
    assert order == [0, 0, 0, 2, 2, 2]


def test_a_stop_in_the_middle_of_a_drain_stops_the_rest(brand: Brand, twilio: Twilio, settings: Settings) -> None:
    settings.TWILIO_SEGMENTS_PER_SECOND = 20.0
    make_many(brand, 60)

    with ThreadPoolExecutor(1) as worker:
        running = in_background(worker, drain)
        while len(twilio.ledger()) < 5 and not running.done():
            time.sleep(0.05)
        consent.withhold(Channel.SMS, NUMBER, source=ConsentSource.WORD, at=timezone.now())
        stopped_at = time.time()
        running.result(20)

    taken = twilio.ledger()
    assert [message for message in taken if message["at"] > stopped_at + 0.5] == []
    assert states() == {State.SENT: len(taken), State.SKIPPED: 60 - len(taken)}
    assert set(Notification.objects.exclude(state=State.SENT).values_list("reason", flat=True)) == {Skipped.OPTED_OUT}


def test_a_database_that_goes_in_the_midst_of_a_call_still_hears_how_it_ended(brand: Brand, twilio: Twilio) -> None:
    twilio.faults(slow_ms=1000)
    (row,) = make_many(brand, 1)
    pids: list[int] = []

    def drain_on_a_connection_of_ours() -> None:
        with connection.cursor() as cursor:
            pids.append(cursor.execute("SELECT pg_backend_pid()").fetchone()[0])
        drain()

    with ThreadPoolExecutor(1) as worker:
        running = in_background(worker, drain_on_a_connection_of_ours)
        while not Notification.objects.filter(id=row.id, state=State.SENDING, called_at__isnull=False).exists():
            time.sleep(0.05)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", pids)
        running.result(20)

    assert states() == {State.SENT: 1}
    assert len(twilio.ledger()) == 1


def test_a_provider_that_hangs_holds_up_nobody_else(brand: Brand, twilio: Twilio) -> None:
    twilio.faults(hang_every=5)
    rows = make_many(brand, 30)
    began = time.time()

    drain()

    answered = [call["at"] - began for call in twilio.calls() if call["status"] == 201]
    assert len(answered) == 24
    assert max(answered) < 5
    assert time.time() - began < 15
    assert states() == {State.SENT: 24, State.UNKNOWN: len(rows) - 24}


def test_a_message_in_doubt_is_asked_for_and_not_sent_twice(brand: Brand, twilio: Twilio) -> None:
    twilio.faults(drop_every=1, listing_lag_s=0)
    (row,) = make_many(brand, 1)
    drain()
    assert states() == {State.UNKNOWN: 1}

    drain()
    assert len(twilio.calls()) == 1
    let_time_pass(row, 45)
    drain()

    row.refresh_from_db()
    assert (row.state, row.provider_id) == (State.SENT, twilio.ledger()[0]["sid"])
    assert len(twilio.calls()) == 1


def test_a_message_that_the_provider_does_not_know_is_sent_again(brand: Brand, twilio: Twilio) -> None:
    twilio.faults(fail_every=1, listing_lag_s=0)
    (row,) = make_many(brand, 1)
    drain()
    twilio.faults(listing_lag_s=0)

    let_time_pass(row, 44)
    drain()
    assert states() == {State.UNKNOWN: 1}
    let_time_pass(row, 1)
    drain()
    drain()

    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.SENT, 2)
    assert len(twilio.ledger()) == 1


def test_a_mail_in_doubt_stays_so(brand: Brand, mail: MailServer) -> None:
    mail.instead[mail_server.MESSAGE] = mail_server.DROP
    (row,) = make_many(brand, 1, channel=Channel.EMAIL)
    drain(Channel.EMAIL)
    let_time_pass(row, 45)

    drain(Channel.EMAIL)
    drain(Channel.EMAIL)

    row.refresh_from_db()
    assert row.state == State.UNKNOWN
    assert row.settled_at is not None
    assert len(mail.kept) <= 1


def test_a_mail_brings_the_brands_logo_and_waits_for_none_that_is_gone(brand: Brand, mail: MailServer) -> None:
    kept = logos.store(Picture(b"\x89PNG", 400, 96, "image/png"))
    for name in (kept.name, f"{'x' * 22}.png"):
        Brand.objects.update(logo=name, logo_width=400, logo_height=96)
        make_many(brand, 1, channel=Channel.EMAIL)
        drain(Channel.EMAIL)

    brought = [[part.get_content() for part in letter.iter_attachments()] for letter in mail.letters()]
    assert sorted(brought) == [[], [b"\x89PNG"]]
    assert states() == {State.SENT: 2}


def test_a_text_that_cannot_arrive_becomes_a_mail(brand: Brand, twilio: Twilio, mail: MailServer) -> None:
    twilio.faults(landlines=[NUMBER])
    make_many(brand, 1)

    drain()
    drain(Channel.EMAIL)

    kept = Notification.objects.order_by("id").values_list("channel", "state", "error_code")
    assert list(kept) == [(Channel.SMS, State.FAILED, "21614"), (Channel.EMAIL, State.SENT, "")]
    assert [letter["To"] for letter in mail.letters()] == [MAIL]


def test_a_number_that_the_provider_says_has_opted_out_gets_nothing_more(brand: Brand, twilio: Twilio) -> None:
    twilio.faults(opted_out=[NUMBER])
    _, second = make_many(brand, 2)
    Notification.objects.filter(id=second.id).update(due_at=timezone.now() + SECOND)

    drain()
    time.sleep(1)
    drain()

    assert len(twilio.calls()) == 1
    second.refresh_from_db()
    assert (second.state, second.reason) == (State.SKIPPED, Skipped.OPTED_OUT)


def test_a_provider_that_is_busy_gets_everything_later_and_no_call_meanwhile(brand: Brand, twilio: Twilio) -> None:
    twilio.faults(rate_per_s=5, slow_ms=1)
    make_many(brand, 12)

    drain_until_sent()

    attempts = twilio.calls()
    assert states() == {State.SENT: 12}
    assert set(Notification.objects.values_list("attempts", flat=True)) == {1}
    first_refusal = min(call["at"] for call in attempts if call["status"] == 429)
    assert [call for call in attempts if first_refusal + 0.3 < call["at"] < first_refusal + 1] == []


@pytest.mark.parametrize("segments_per_second", [100.0, 5000.0])
def test_a_provider_that_fails_is_left_alone(
    brand: Brand, twilio: Twilio, settings: Settings, caplog: pytest.LogCaptureFixture, segments_per_second: float
) -> None:
    settings.TWILIO_SEGMENTS_PER_SECOND = segments_per_second
    twilio.faults(fail_every=1)
    make_many(brand, 40)

    drain()
    failed = len(twilio.calls())
    drain()

    assert 10 <= failed <= 20
    assert len(twilio.calls()) == failed
    assert states() == {State.UNKNOWN: failed, State.PENDING: 40 - failed}
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "twilio failed 10 times in a row and is left alone for a while."
    ]


def shut(settings: Settings, *, seconds_ago: int) -> None:
    """Let Twilio have failed so long ago, and ever since."""
    for _ in range(10):
        pacing.hear_failure(Lane("twilio", Channel.SMS))
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.hset("doorstep:breaker:twilio:sms", "shut_at", str((time.time() - seconds_ago) * 1000))


def test_texts_become_mails_a_minute_after_their_provider_was_left_alone(
    brand: Brand, twilio: Twilio, settings: Settings
) -> None:
    (text,) = make_many(brand, 1)
    (answer,) = make_many(brand, 1, trigger=Trigger.REPLY)
    make_many(brand, 1, trigger=Trigger.SHIPPED, expires_at=timezone.now())

    shut(settings, seconds_ago=50)
    drain()
    assert states() == {State.PENDING: 2, State.CANCELLED: 1}
    shut(settings, seconds_ago=61)
    drain()

    text.refresh_from_db()
    answer.refresh_from_db()
    assert (text.state, text.reason) == (State.SKIPPED, Skipped.FELL_BACK)
    assert (answer.state, answer.leased_until) == (State.PENDING, None)
    mail = Notification.objects.get(channel=Channel.EMAIL)
    assert (mail.recipient, mail.state, mail.version) == (MAIL, State.PENDING, text.version)
    assert twilio.calls() == []


def test_a_provider_that_has_failed_for_long_is_not_tried_with_what_can_go_by_mail(
    brand: Brand, twilio: Twilio, settings: Settings
) -> None:
    (text,) = make_many(brand, 1)
    shut(settings, seconds_ago=61)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.hset("doorstep:breaker:twilio:sms", "shut_until", "0")

    drain()

    text.refresh_from_db()
    assert text.reason == Skipped.FELL_BACK
    assert twilio.calls() == []


def test_a_provider_that_is_left_alone_is_still_asked_what_it_took(
    brand: Brand, twilio: Twilio, settings: Settings
) -> None:
    twilio.faults(drop_every=1, listing_lag_s=0)
    (taken,) = make_many(brand, 1)
    drain()
    twilio.faults(fail_every=1, listing_lag_s=0)
    (refused,) = make_many(brand, 1)
    drain()
    for row in (taken, refused):
        let_time_pass(row, 45)

    shut(settings, seconds_ago=61)
    drain()

    assert states() == {State.SENT: 1, State.SKIPPED: 1, State.PENDING: 1}
    refused.refresh_from_db()
    assert refused.reason == Skipped.FELL_BACK
    assert len(twilio.calls()) == 2


def test_a_second_provider_takes_over(brand: Brand, twilio: Twilio, settings: Settings) -> None:
    twilio.faults(fail_every=1)
    settings.TWILIO_SEGMENTS_PER_SECOND = 100.0
    with servers.twilio() as backup:
        settings.TWILIO_BACKUP_ACCOUNT_SID, settings.TWILIO_BACKUP_AUTH_TOKEN = backup.account, backup.token
        settings.TWILIO_BACKUP_FROM, settings.TWILIO_BACKUP_API_BASE = "+15005550008", backup.url
        make_many(brand, 30)

        drain()

        sent = list(Notification.objects.filter(state=State.SENT).values_list("provider", flat=True))
        assert set(sent) == {"twilio_backup"}
        assert len(sent) == len(backup.ledger()) == 30 - len(twilio.calls())
        assert states()[State.UNKNOWN] == len(twilio.calls())


def test_without_redis_nothing_is_sent_and_nothing_is_lost(brand: Brand, twilio: Twilio, settings: Settings) -> None:
    make_many(brand, 3)
    settings.REDIS_URL = NEVER_THERE

    drain()

    assert states() == {State.PENDING: 3}
    assert twilio.calls() == []


def test_while_one_worker_has_the_turn_the_others_leave_the_channel_alone(brand: Brand, twilio: Twilio) -> None:
    make_many(brand, 3)

    with pacing.take_turn(Channel.SMS):
        drain()

    assert states() == {State.PENDING: 3}
    drain()
    assert states() == {State.SENT: 3}


def test_when_time_is_up_another_worker_goes_on(brand: Brand, twilio: Twilio, settings: Settings) -> None:
    settings.TWILIO_SEGMENTS_PER_SECOND = 10.0
    make_many(brand, 30)
    handed_over: list[int] = []

    def hand_over() -> None:
        with pacing.take_turn(Channel.SMS):
            handed_over.append(len(twilio.ledger()))

    with pacing.take_turn(Channel.SMS) as turn, ThreadPoolExecutor(4) as pool:
        Drain(Channel.SMS, pool, turn, hand_over).run(until=time.monotonic() + 1.5)

    assert len(handed_over) == 1
    sent = len(twilio.ledger())
    assert 1 <= sent <= 18
    assert states() == {State.SENT: sent, State.PENDING: 30 - sent}


def test_a_thread_that_comes_to_its_call_too_late_calls_nobody(brand: Brand, twilio: Twilio) -> None:
    make_many(brand, 1)
    at = timezone.now()
    (row,) = outbox.claim(Channel.SMS, at=at, limit=1)
    outbox.begin([row], at=at)
    (gateway,) = gateways.of(Channel.SMS)
    message = Message(row.id, Channel.SMS, NUMBER, row.marker, "Text", called_at=at)
    call: Future[Any] = Future()

    outcome = calls.send(gateway, message, begin_by=time.monotonic() - 0.01)
    call.set_result(outcome)
    Sending(row, Lane("twilio", Channel.SMS), is_watched=False).settle(call, at=at)

    assert isinstance(outcome, TooLate)
    assert twilio.calls() == []
    assert states() == {State.PENDING: 1}


def test_a_mistake_of_ours_leaves_the_message_in_doubt_and_is_said_aloud(
    brand: Brand, caplog: pytest.LogCaptureFixture
) -> None:
    make_many(brand, 1)
    at = timezone.now()
    (row,) = outbox.claim(Channel.SMS, at=at, limit=1)
    outbox.begin([row], at=at)
    call: Future[Any] = Future()
    call.set_exception(KeyError("whatever"))

    Sending(row, Lane("twilio", Channel.SMS), is_watched=False).settle(call, at=at)

    assert states() == {State.UNKNOWN: 1}
    assert [record.getMessage() for record in caplog.records] == ["A gateway failed in a way it should not."]


def test_the_sweep_takes_up_what_was_left_and_drains_what_has_work(brand: Brand) -> None:
    (left,) = make_many(brand, 1)
    outbox.claim(Channel.SMS, at=timezone.now(), limit=1)
    let_time_pass(left, 61)
    (mail,) = make_many(brand, 1, channel=Channel.EMAIL)

    tasks.sweep_outbox()
    tasks.drain(channel=Channel.SMS.value)

    left.refresh_from_db()
    mail.refresh_from_db()
    assert (left.state, mail.state) == (State.SENT, State.PENDING)
