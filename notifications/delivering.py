"""Delivering news to shops' programs: one thread that knows the database, and a pool of threads that call."""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import cache
from typing import Final

from django.utils import timezone

from notifications.gateways import webhooks as gateway
from notifications.gateways.webhooks import Answered
from notifications.models import Delivery
from notifications.services import webhooks

TAKES_SECONDS: Final = 30
"""How long a run takes in more; what is under way then has fifteen seconds to end, within the minute of a task."""

MOST_CALLS: Final = 32


def deliver() -> None:
    """Deliver what is due until nothing is left or time is up. Any number may run at once.

    A worker that dies leaves its pieces to whoever comes when their lease is over: its readers may get them twice, and
    tell by the id.
    """
    until = time.monotonic() + TAKES_SECONDS
    calls: dict[Future[Answered], tuple[Delivery, datetime]] = {}
    while True:
        if time.monotonic() < until and len(calls) < MOST_CALLS:
            calls |= _begin(MOST_CALLS - len(calls))
        if not calls:
            return
        for done in wait(calls, return_when=FIRST_COMPLETED).done:
            delivery, begun_at = calls.pop(done)
            webhooks.settle(delivery, done.result(), at=begun_at, ended_at=timezone.now())


def _begin(limit: int) -> dict[Future[Answered], tuple[Delivery, datetime]]:
    at = timezone.now()
    return {
        _pool().submit(_post, delivery, _secrets(delivery, at), at): (delivery, at) for delivery in _claim(at, limit)
    }


def _claim(at: datetime, limit: int) -> list[Delivery]:
    return webhooks.claim(at=at, limit=limit)


def _secrets(delivery: Delivery, at: datetime) -> list[str]:
    return webhooks.secrets_of(delivery.webhook, at=at)


def _post(delivery: Delivery, secrets: list[str], at: datetime) -> Answered:
    return gateway.post(delivery.webhook.url, delivery.body, uid=f"msg_{delivery.uid.hex}", secrets=secrets, at=at)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="webhooks")
