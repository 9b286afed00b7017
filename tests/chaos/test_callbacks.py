import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from notifications.models import Notification, Skipped, State
from notifications.triggers import Channel
from tests.chaos import scene
from tests.chaos.fleet import Fleet
from tests.chaos.sizes import Report, Size, sized
from tests.twilio.client import Twilio

REPORTED = {State.SENT: 1, State.DELIVERED: 2, State.FAILED: 2}
EXPECTED = {"delivered": State.DELIVERED, "undelivered": State.FAILED}
STOPPED_WITHIN_SECONDS = 2


@sized(short=(42, 1), full=(5000, 1))
def test_shuffled_and_doubled_reports_end_in_the_same_state(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages, has_email=True)
    twilio.faults(reports=["queued", "sent", "delivered"], shuffled=True, doubled=True, undelivered_every=7)
    fleet.run(size)

    with _moves() as made, fleet.drive("record", shipment_ids):
        fleet.until(lambda: len(twilio.reports()) == 6 * size.messages, seconds=600, what="reported")
        fleet.until(lambda: not scene.is_open(), seconds=60, what="settled")

    ledger = twilio.ledger()
    found = scene.tally(ledger, scene.numbers(shipment_ids).values())
    texts = {text.provider_id: text for text in Notification.objects.filter(channel=Channel.SMS)}
    wrong = [row["sid"] for row in ledger if texts[row["sid"]].state != EXPECTED[row["status"]]]
    backward = [move for move in made if _is_backward(*move)]
    mails = Counter(Notification.objects.filter(channel=Channel.EMAIL).values_list("shipment", flat=True))
    undelivered = sum(row["status"] == "undelivered" for row in ledger)
    report("CHAOS-13", wrong=len(wrong), backward=len(backward), mails=mails.total(), undelivered=undelivered)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert wrong == []
    assert backward == []
    assert (len(mails), mails.total()) == (undelivered, undelivered)


@sized(short=(20, 1), full=(1000, 1))
def test_a_report_that_comes_before_the_answer_is_attached(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(reports=["sent", "delivered"], early=True)
    fleet.run(size)

    with fleet.drive("record", shipment_ids):
        delivered = Notification.objects.filter(state=State.DELIVERED)
        fleet.until(lambda: delivered.count() == size.messages, seconds=300, what="delivered")

    ledger = twilio.ledger()
    found = scene.tally(ledger, scene.numbers(shipment_ids).values())
    attached_at = scene.moments("settled_at")
    longest = max(attached_at[row["sid"]] - row["at"] for row in ledger)
    unheard = sum(not 200 <= report["answer"] < 300 for report in twilio.reports())
    report("CHAOS-14", attached_after_s=round(longest, 1), unheard=unheard, **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert unheard == 0
    assert longest <= 10


@sized(short=(100, 1), full=(500, 1))
def test_a_stop_stops_what_is_queued(fleet: Fleet, twilio: Twilio, report: Report, size: Size) -> None:
    maija = "+358401234567"
    shipment_ids = scene.make_shipments(size.messages, phone=maija)
    twilio.faults(slow_ms=1500)
    fleet.run(size)
    fleet.pile_up(shipment_ids)

    fleet.until(lambda: _are_queued(size), seconds=60, what="queued")
    answer = twilio.inbound(fleet.site, sender=maija, body="Stop")
    stopped_at = time.time()
    fleet.until_settled(size.messages)

    ledger = twilio.ledger()
    waited = [row["at"] - stopped_at for row in ledger]
    last_after = max(waited, default=0)
    after = sum(seconds > 0 for seconds in waited)
    skipped = Notification.objects.filter(state=State.SKIPPED, reason=Skipped.OPTED_OUT).count()
    report("CHAOS-15", sent_before=len(ledger) - after, sent_after=after, last_after_s=round(last_after, 1))
    assert answer.status_code == 200
    assert last_after <= STOPPED_WITHIN_SECONDS
    assert skipped == size.messages - len(ledger) > 0


def _are_queued(size: Size) -> bool:
    """Say whether all messages are written, or half of them sent before they could be."""
    return Notification.objects.count() == size.messages or scene.settled() >= size.messages // 2


def _is_backward(before: str, after: str) -> bool:
    """Say whether a message, once it was reported on, became something that says less."""
    return State(before) in REPORTED and REPORTED.get(State(after), 0) <= REPORTED[State(before)]


@contextmanager
def _moves() -> Iterator[list[tuple[str, str]]]:
    """Let the database write down every change of a message's state; gives them, before and after, at the end."""
    made: list[tuple[str, str]] = []
    with connection.cursor() as cursor:
        cursor.execute(BEGIN)
        try:
            yield made
            cursor.execute("SELECT before, after FROM chaos_moves ORDER BY id")
            made += cursor.fetchall()
        finally:
            cursor.execute(END)


BEGIN = """
    CREATE TABLE chaos_moves (id serial, before text, after text);
    CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO chaos_moves (before, after) VALUES (OLD.state, NEW.state); RETURN NULL; END $$;
    CREATE TRIGGER chaos_note AFTER UPDATE OF state ON notifications_notification
        FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION chaos_note();
"""
END = """
    DROP TRIGGER chaos_note ON notifications_notification;
    DROP FUNCTION chaos_note;
    DROP TABLE chaos_moves;
"""
