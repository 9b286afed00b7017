from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Cancelled, Notification, Skipped, State
from notifications.triggers import Channel
from tests.chaos import scene
from tests.chaos.fleet import FAST, PACED, STEADY, Fleet
from tests.chaos.sizes import Report, Size, sized
from tests.twilio.client import Twilio

CALL_SECONDS = 10
HEARD_SECONDS = 0.1  # by then whoever has a call under way knows how another one was answered
PROBE_SECONDS = 29  # after which a provider that was left alone may be tried again


@sized(short=(40, 1), full=(1000, 1))
def test_what_was_taken_without_an_answer_is_found_and_not_sent_again(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(drop_every=10, listing_lag_s=size.lag_seconds)
    fleet.run(size)

    with fleet.drive("record", shipment_ids):
        _until_decided(fleet, size)
        fleet.until_settled(size.messages)

    ledger = twilio.ledger()
    found = scene.tally(ledger, scene.numbers(shipment_ids).values())
    dropped = sum(call["status"] == 0 for call in twilio.calls())
    found_at = scene.moments("sent_at")
    longest = max(found_at[row["sid"]] - row["at"] for row in ledger)
    report("CHAOS-9", dropped=dropped, settled_after_s=round(longest, 1), **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert dropped == size.messages // 10
    assert longest <= 120


@sized(short=(40, 1), full=(2000, 1))
def test_a_provider_that_hangs_holds_up_nobody_else(fleet: Fleet, twilio: Twilio, report: Report, size: Size) -> None:
    usual_per_s, _ = _send(fleet, twilio, size, hang_every=0) if size.is_full else (0.0, [])
    twilio.forget()
    Notification.objects.all().delete()
    per_s, shipment_ids = _send(fleet, twilio, size, hang_every=50 if size.is_full else 20)

    found = scene.tally(twilio.ledger(), scene.numbers(shipment_ids).values())
    hung = [call["lasted_s"] for call in twilio.calls() if call["status"] == 0]
    report(
        "CHAOS-10",
        hung=len(hung),
        longest_call_s=round(max(hung), 1),
        usual_per_s=round(usual_per_s, 1),
        per_s=round(per_s, 1),
        **found,
    )
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert max(hung) <= CALL_SECONDS
    assert per_s >= 0.8 * usual_per_s


@sized(short=(30, 1), full=(1000, 1))
def test_a_provider_that_wants_it_slower_gets_it_slower_and_hardly_so(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(rate_per_s=5, retry_after_s=1)
    fleet.run(size, PACED)

    with fleet.drive("record", shipment_ids):
        fleet.until_settled(size.messages, seconds=600)

    found = scene.tally(twilio.ledger(), scene.numbers(shipment_ids).values())
    calls = twilio.calls()
    refused = [call for call in calls if call["status"] == 429]
    per_s = _per_second([call for call in calls if call["status"] == 201])
    early = sum(any(HEARD_SECONDS < call["at"] - other["at"] < 1 for other in refused) for call in calls)
    report("CHAOS-11", per_s=round(per_s, 2), refused=len(refused), in_retry_after=early, **found)
    assert found == {"sent": size.messages, "lost": 0, "doubled": 0, "unasked": 0}
    assert len(refused) <= 0.2 * size.messages
    assert early == 0
    assert per_s >= 4.5 or not size.is_full


@sized(short=(20, 1), full=(300, 1))
def test_while_a_provider_fails_texts_go_by_mail_and_nothing_goes_late(
    fleet: Fleet, twilio: Twilio, report: Report, size: Size
) -> None:
    mailed_ids = scene.make_shipments(size.messages, status=size.status, has_email=True)
    waiting_ids = scene.make_shipments(size.messages, status=size.status, first_number=size.messages + 1)
    late_ids = waiting_ids[: size.messages // 2]
    twilio.faults(fail_every=1, listing_lag_s=size.lag_seconds)
    fleet.run(size)

    with fleet.drive("record", [*mailed_ids, *waiting_ids]):
        fleet.until(lambda: _texts().count() == 2 * size.messages, seconds=120, what="written")
    fleet.until(fleet.redis.is_breaker_open, seconds=30, what="left alone")
    _let_a_minute_pass(fleet, size)
    fleet.until(lambda: _are_mailed(size), seconds=180, what="mailed")
    _texts().filter(shipment__in=late_ids).update(expires_at=timezone.now())
    calls = twilio.calls()
    twilio.faults(listing_lag_s=size.lag_seconds)
    _let_a_minute_pass(fleet, size)
    fleet.until_settled(3 * size.messages)

    found = scene.tally(twilio.ledger(), scene.numbers(waiting_ids[len(late_ids) :]).values())
    mailed_after = _longest_until_mailed()
    failures = sum(call["at"] < calls[0]["at"] + PROBE_SECONDS for call in calls)
    report("CHAOS-12", failures=failures, calls=len(calls), mailed_after_s=round(mailed_after, 1), **found)
    assert found == {"sent": size.messages - len(late_ids), "lost": 0, "doubled": 0, "unasked": 0}
    assert _ends(late_ids) == {(State.CANCELLED, Cancelled.EXPIRED): len(late_ids)}
    assert _ends(mailed_ids) == {(State.SKIPPED, Skipped.FELL_BACK): size.messages, (State.SENT, ""): size.messages}
    assert failures <= 20
    assert mailed_after <= 120


def _texts() -> QuerySet[Notification]:
    return Notification.objects.filter(channel=Channel.SMS)


def _mails() -> QuerySet[Notification]:
    return Notification.objects.filter(channel=Channel.EMAIL, state=State.SENT)


def _are_mailed(size: Size) -> bool:
    """Say whether everybody who has an address has their mail; a short test does not wait to ask Twilio meanwhile."""
    if not size.is_full:
        scene.let_a_minute_pass(scene.in_doubt())
    return _mails().count() == size.messages


def _longest_until_mailed() -> float:
    written_at = dict(_texts().values_list("shipment__reference", "created_at"))
    mailed_at = dict(_mails().values_list("shipment__reference", "sent_at"))
    return max((at - written_at[reference]).total_seconds() for reference, at in mailed_at.items() if at)


def _let_a_minute_pass(fleet: Fleet, size: Size) -> None:
    """Let a short test not wait for listings to be complete and a breaker to have been open for long."""
    if not size.is_full:
        fleet.redis.let_a_minute_pass()
        scene.let_a_minute_pass(scene.in_doubt() + scene.put_off())


def _until_decided(fleet: Fleet, size: Size) -> None:
    """Wait until every message has had its first call; short tests then let the time pass until Twilio can tell."""
    fleet.until(
        lambda: scene.settled() + len(scene.in_doubt()) == size.messages, seconds=300, what="every message decided"
    )
    if not size.is_full:
        scene.let_a_minute_pass(scene.in_doubt())


def _send(fleet: Fleet, twilio: Twilio, size: Size, *, hang_every: int) -> tuple[float, Sequence[int]]:
    """Send a backlog; gives how many a second were taken at their first call, and the shipments."""
    shipment_ids = scene.make_shipments(size.messages)
    twilio.faults(hang_every=hang_every, listing_lag_s=size.lag_seconds)
    fleet.run(size, STEADY if size.is_full else FAST)
    fleet.pile_up(shipment_ids)
    _until_decided(fleet, size)
    fleet.until_settled(size.messages)
    first_calls = {call["to"]: call for call in reversed(twilio.calls())}
    return _per_second([call for call in first_calls.values() if call["status"] == 201]), shipment_ids


def _per_second(calls: Sequence[dict[str, Any]]) -> float:
    begun_at: list[float] = [call["at"] for call in calls]
    return (len(calls) - 1) / (max(begun_at) - min(begun_at))


def _ends(shipment_ids: Sequence[int]) -> Counter[tuple[str, str]]:
    return Counter(Notification.objects.filter(shipment__in=shipment_ids).values_list("state", "reason"))
