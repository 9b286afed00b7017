"""Delivering news to shops' programs: one thread that knows the database, and a pool of threads that call."""

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import cache
from typing import Final

from django.utils import timezone

from notifications.gateways import webhooks as gateway
from notifications.gateways.webhooks import Answered
from notifications.models import Delivery
from notifications.sealing import BrokenSeal
from notifications.services import webhooks

TAKES_SECONDS: Final = 30
"""How long a run takes in more; what is under way then has fifteen seconds to end, within the minute of a task."""

MOST_CALLS: Final = 32


LOOK_SECONDS: Final = 1.0
"""How long it looks for nothing new while addresses keep it waiting."""

Calls = dict[Future[Answered], tuple[Delivery, datetime]]


def deliver() -> None:
    """Deliver what is due until nothing is left or time is up. Any number may run at once.

    An address that hangs keeps its own pieces waiting, and nobody else's. A worker that dies leaves its pieces to
    whoever comes when their lease is over: its readers may get them twice, and tell by the id.
    """
    until = time.monotonic() + TAKES_SECONDS
    calls: Calls = {}
    while True:
        if time.monotonic() < until:
            _fill_up(calls)
        if not calls:
            return
        _settle(calls, at_least=(len(calls) + 1) // 2)


def _fill_up(calls: Calls) -> None:
    """Begin calls until nothing is left to begin, or there is no more room."""
    while len(calls) < MOST_CALLS:
        at, under_way = timezone.now(), Counter(delivery.webhook_id for delivery, _ in calls.values())
        claimed = webhooks.claim(at=at, limit=MOST_CALLS - len(calls), under_way=under_way)
        calls |= {_pool().submit(_post, each, at): (each, at) for each in claimed}
        if not claimed:
            return


def _settle(calls: Calls, *, at_least: int) -> None:
    """Write down what came of calls, of so many at least unless that takes too long."""
    until, ended = time.monotonic() + LOOK_SECONDS, 0
    while calls and ended < at_least and (left := until - time.monotonic()) > 0:
        for done in wait(calls, timeout=left, return_when=FIRST_COMPLETED).done:
            delivery, begun_at = calls.pop(done)
            webhooks.settle(delivery, done.result(), at=begun_at, ended_at=timezone.now())
            ended += 1


def _post(delivery: Delivery, at: datetime) -> Answered:
    """Post a piece; one that cannot be signed has failed, and holds up nobody else's. Asks the database nothing."""
    try:
        secrets = webhooks.secrets_of(delivery.webhook, at=at)
    except BrokenSeal:
        return Answered(None, "a secret that cannot be opened any more")
    return gateway.post(delivery.webhook.url, delivery.body, uid=f"msg_{delivery.uid.hex}", secrets=secrets, at=at)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="webhooks")
