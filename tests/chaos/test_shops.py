"""News for shops whose programs fail, are gone, hang or send us elsewhere, delivered by workers and beat as they run.

``tests/notifications/test_bad_shops.py`` shows the same call by call. Waits of minutes and hours are let pass rather
than waited for; each is held against the schedule before.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from notifications import retries
from notifications.models import Delivery, DeliveryState, Try, Webhook, WebhookState
from notifications.services import webhooks
from tests.chaos.fleet import FAST, Fleet
from tests.chaos.sizes import Report, Size, sized
from tests.notifications.sink import Sink, sink

NEXT_DOOR = {**FAST, "WEBHOOKS_TO_PRIVATE_ADDRESSES": "1"}
METADATA = "169.254.169.254"
LED_INSIDE = (302, {"Location": f"http://{METADATA}/latest/meta-data/"})
DIALLED = re.compile(r"dials ([0-9a-f.:]+)")
FAILURES = 6
FOR_ONE = 8  # so many pieces for one address are under way at once
LONGEST_CALL_MS = 30_000
MILLISECOND = 0.001 / retries.AFTER[0].total_seconds()  # to which the length of a try is kept, of the shortest wait


@sized(short=(4, 1), full=(24, 1))
def test_who_fails_six_times_hears_the_same_by_the_schedule(fleet: Fleet, report: Report, size: Size) -> None:
    with sink() as shop:
        addresses = [_webhook(shop) for _ in range(0, size.messages, FOR_ONE)]
        pieces = [_news(addresses[number // FOR_ONE]) for number in range(size.messages)]
        fleet.run(size, NEXT_DOOR)
        parts = [part for _ in range(FAILURES) for part in _fail(fleet, shop, addresses, pieces)]
        for webhook in addresses:
            webhooks.resume(webhook)
        _until(fleet, lambda: _now(pieces, DeliveryState.DELIVERED).count() == len(pieces), "delivered")

    calls = Counter(headers["webhook-id"] for headers, _ in shop.came)
    waits = {"shortest": round(min(parts), 3), "longest": round(max(parts), 3)}
    report("CHAOS-23", pieces=len(pieces), calls=calls.total(), ids=len(calls), waits_to_the_schedule=waits)
    assert calls == {f"msg_{piece.uid.hex}": FAILURES + 1 for piece in pieces}
    assert len({(headers["webhook-id"], body) for headers, body in shop.came}) == len(pieces)
    assert len(parts) == FAILURES * len(pieces)
    assert min(parts) >= 1 - retries.SPREAD
    assert max(parts) <= 1 + retries.SPREAD + MILLISECOND
    assert max(parts) - min(parts) > retries.SPREAD / 2


@sized(short=(1, 1), full=(8, 1))
def test_who_is_gone_hangs_or_leads_inside_is_left_alone(fleet: Fleet, report: Report, size: Size) -> None:
    with sink() as gone, sink() as leading, sink() as hanging:
        gone.answers.append((410, {}))
        leading.answers.extend([LED_INSIDE] * 2 * size.messages)
        hanging.may_answer.clear()
        ended, led, hung = _webhook(gone), _webhook(leading), _webhook(hanging)
        _news(ended)
        for _ in range(size.messages):
            _news(led)
            _news(hung)
        fleet.run(size, NEXT_DOOR)
        _until(fleet, lambda: Webhook.objects.filter(id=ended.id, state=WebhookState.DISABLED).exists(), "disabled")
        _news(ended)
        _until(fleet, lambda: _tries(hung).count() >= size.messages, "cut off")
        _until(fleet, lambda: _tries(led).count() >= 2 * size.messages, "led inside twice")
        hanging.may_answer.set()

    dialled = {address for worker in fleet.workers for address in DIALLED.findall(worker.log)}
    cut = list(_tries(hung).order_by("id")[: size.messages])
    report(
        "CHAOS-23",
        calls_to_who_is_gone=len(gone.came),
        longest_hang_ms=max(known.milliseconds for known in cut),
        led_inside=len(leading.came),
        metadata_dialled=METADATA in dialled,
    )
    assert len(gone.came) == 1
    assert {known.status for known in cut} == {None}
    assert max(known.milliseconds for known in cut) <= LONGEST_CALL_MS
    assert {known.status for known in _tries(led)} == {302}
    assert dialled == {"127.0.0.1"}


def _fail(fleet: Fleet, shop: Sink, addresses: Sequence[Webhook], pieces: Sequence[Delivery]) -> Iterator[float]:
    """Let each piece be refused once and its addresses pause; gives each wait as a part of what the schedule has."""
    heard = len(shop.came)
    shop.answers.extend([(500, {})] * len(pieces))
    shop.may_answer.clear()
    for webhook in addresses:
        webhooks.resume(webhook)
    _until(fleet, lambda: len(shop.came) == heard + len(pieces), "called")
    for webhook in addresses:
        webhooks.pause(webhook)
    shop.may_answer.set()
    waiting = _now(pieces, DeliveryState.WAITING)
    _until(fleet, lambda: waiting.count() == len(pieces), "refused")
    for piece in waiting.prefetch_related("log"):
        last = max(piece.log.all(), key=lambda known: known.id)
        wait = piece.due_at - last.at - timedelta(milliseconds=last.milliseconds)
        yield wait / retries.AFTER[piece.tries - 1]
    waiting.update(due_at=timezone.now())


def _webhook(shop: Sink) -> Webhook:
    """Make a webhook that leads to a sink, whose port nobody may register."""
    webhook, _ = webhooks.register("https://shop.example.com/", brand=None, kinds=[], at=timezone.now())
    Webhook.objects.filter(id=webhook.id).update(url=shop.url)
    return webhook


def _news(webhook: Webhook) -> Delivery:
    return webhooks.test(webhook, at=timezone.now())


def _tries(webhook: Webhook) -> QuerySet[Try]:
    return Try.objects.filter(delivery__webhook=webhook)


def _now(pieces: Sequence[Delivery], state: DeliveryState) -> QuerySet[Delivery]:
    return Delivery.objects.filter(id__in=[piece.id for piece in pieces], state=state)


def _until(fleet: Fleet, is_done: Callable[[], bool], what: str) -> None:
    fleet.until(is_done, seconds=120, what=what)
