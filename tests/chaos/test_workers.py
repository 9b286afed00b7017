import json
import time

from notifications.models import Notification
from tests.chaos import scene
from tests.chaos.fleet import Fleet
from tests.chaos.sizes import Report, Size, sized
from tests.twilio.client import Twilio
from tracking.shipments.models import Shipment

LATEST_SECONDS = 15


@sized(short=(100, 1), full=(10_000, 10))
def test_killed_workers_lose_and_double_nothing(fleet: Fleet, twilio: Twilio, report: Report, size: Size) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(slow_ms=size.slow_ms, listing_lag_s=size.lag_seconds)
    fleet.run(size)
    begun_at = time.monotonic()

    with fleet.drive("record", shipment_ids):
        for kill in range(1, size.times + 1):
            fleet.until_settled(size.messages * kill // (size.times + 1))
            fleet.kill()
            if not size.is_full:
                scene.let_a_minute_pass(scene.stranded())
        fleet.until_settled(size.messages)

    found = scene.tally(twilio.ledger(), scene.numbers(shipment_ids).values())
    report("CHAOS-1", kills=size.times, seconds=round(time.monotonic() - begun_at), **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}


@sized(short=(3, 1), full=(100, 10))
def test_a_status_whose_process_died_at_the_commit_is_told_all_the_same(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages, status=size.status)
    fleet.run(size)

    with fleet.drive("die", shipment_ids, every_seconds=0.3) as driver:
        fleet.until(lambda: not driver.is_running, seconds=120, what="dead")
        died_at = json.loads(driver.log.read_text())
    fleet.until_settled(size.messages)

    taken_at = {row["to"]: row["at"] for row in twilio.ledger()}
    number_of = scene.numbers(shipment_ids)
    waited = [taken_at[number_of[int(shipment_id)]] - at for shipment_id, at in died_at.items()]
    found = scene.tally(twilio.ledger(), number_of.values())
    report("CHAOS-2", deaths=len(died_at), longest_seconds=round(max(waited), 1), **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert max(waited) <= LATEST_SECONDS


@sized(short=(20, 1), full=(1000, 1))
def test_what_is_rolled_back_is_not_told(fleet: Fleet, twilio: Twilio, report: Report, size: Size) -> None:
    *undone_ids, done_id = scene.make_shipments(size.messages + 1)
    fleet.run(size)

    with fleet.drive("roll_back", undone_ids) as driver:
        fleet.until(lambda: not driver.is_running, seconds=120, what="rolled back")
    with fleet.drive("record", [done_id]):
        fleet.until_settled(1)
    time.sleep(LATEST_SECONDS if size.is_full else 0)

    found = scene.tally(twilio.ledger(), [Shipment.objects.get(id=done_id).phone])
    report("CHAOS-3", rolled_back=len(undone_ids), **found)
    assert found == {"sent": 1, "lost": 0, "doubled": 0, "unasked": 0}
    assert Notification.objects.count() == 1
