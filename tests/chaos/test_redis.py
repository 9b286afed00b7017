import random
import time

import pytest
from django.utils import timezone

from tests.chaos import reading, scene
from tests.chaos.fleet import Fleet
from tests.chaos.sizes import Report, Size, sized
from tests.twilio.client import Twilio
from tracking.links import services as links
from tracking.shipments.models import Shipment

AWAY_SECONDS = 1


@sized(short=(100, 1), full=(10_000, 3))
def test_a_redis_that_is_killed_and_comes_back_loses_and_doubles_nothing(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(slow_ms=size.slow_ms, listing_lag_s=size.lag_seconds)
    fleet.run(size)
    pauses = []

    with fleet.drive("record", shipment_ids):
        for kill in range(1, size.times + 1):
            fleet.until_settled(size.messages * kill // (size.times + 1))
            fleet.redis.kill()
            time.sleep(AWAY_SECONDS)
            fleet.redis.start()
            pauses.append(fleet.until_settled(scene.settled() + 1))
        fleet.until_settled(size.messages)

    found = scene.tally(twilio.ledger(), scene.numbers(shipment_ids).values())
    report("CHAOS-4", kills=size.times, resumed_after_s=round(max(pauses), 1), **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert max(pauses) <= 15


@pytest.mark.parametrize("is_restarted", [False, True], ids=["flushed", "restarted"])
@sized(short=(100, 1), full=(10_000, 1))
def test_a_redis_that_forgets_everything_loses_nothing_and_pages_answer(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size, *, is_restarted: bool
) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    link = links.issue(Shipment.objects.get(id=shipment_ids[0]), at=timezone.now())
    twilio.faults(slow_ms=size.slow_ms, listing_lag_s=size.lag_seconds)
    fleet.run(size)
    fleet.pile_up(shipment_ids)

    with reading.reading(f"{fleet.site}/t/{link.token}/") as statuses:
        fleet.until_settled(size.messages // 2)
        if is_restarted:
            fleet.redis.kill(and_forget=True)
            time.sleep(AWAY_SECONDS)
            fleet.redis.start()
        else:
            fleet.redis.flush()
        seconds = fleet.until_settled(size.messages)

    found = scene.tally(twilio.ledger(), scene.numbers(shipment_ids).values())
    report("CHAOS-5", restarted=is_restarted, all_sent_after_s=round(seconds, 1), pages=len(statuses), **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert set(statuses) == {200}
    assert seconds <= 60


@sized(short=(100, 1), full=(5000, 10))
def test_cut_connections_and_a_redis_that_flaps_silence_no_worker(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(slow_ms=size.slow_ms, listing_lag_s=size.lag_seconds)
    fleet.run(size)
    before = sum(worker.starts for worker in fleet.workers)
    silences = []

    with fleet.drive("record", shipment_ids):
        for storm in range(1, size.times + 1):
            fleet.until_settled(size.messages * storm // (size.times + 1))
            _cut(fleet, times=20, seconds=6 if size.is_full else 1)
            _flap(fleet, times=4, seconds=3)
            silences.append(fleet.until_heard())
        fleet.until_settled(size.messages)

    found = scene.tally(twilio.ledger(), scene.numbers(shipment_ids).values())
    restarts = sum(worker.starts for worker in fleet.workers) - before
    report("CHAOS-7", storms=size.times, longest_silence_s=round(max(silences), 1), worker_restarts=restarts, **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}


def _cut(fleet: Fleet, *, times: int, seconds: float) -> None:
    for _ in range(times):
        fleet.redis.cut()
        time.sleep(random.uniform(0, 2 * seconds / times))


def _flap(fleet: Fleet, *, times: int, seconds: float) -> None:
    for _ in range(times):
        fleet.redis.kill()
        time.sleep(random.uniform(0, seconds / times))
        fleet.redis.start()
