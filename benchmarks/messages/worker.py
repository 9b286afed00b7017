"""What a worker does with messages, measured from inside it."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from benchmarks.messages import scene
from notifications import sending
from notifications.gateways.outcomes import Accepted
from notifications.models import Notification, State
from notifications.services import considering, outbox
from notifications.triggers import Channel
from tracking.shipments.models import Brand

SETTLED_FOR: Final = timedelta(seconds=15)
"""So long ago things happened, so that what they call for need wait no longer."""

BEGUN_TOGETHER: Final = 32
BATCH: Final = 64
TEXT: Final = (
    "Shop: your parcel has been delivered. https://deliveries.example.com/t/0123456789abcdefghijkl/#0123456789"
)


class Lost(Exception):
    """Not every message has been sent, so that the figures say nothing."""


class Queries:
    """A counter of what this process asks the database."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Count a statement, and let it through."""
        self.count += 1
        return execute(*arguments)


def send(turns: int, orders: int) -> str:
    """Send a text for each of so many orders, from its event to the provider, in turns; gives the figures as JSON."""
    brand = scene.make_shop()
    _send(brand, orders // 10)
    return json.dumps([_send(brand, orders) for _ in range(turns)])


def _send(brand: Brand, orders: int) -> dict[str, float]:
    at = timezone.now() - SETTLED_FOR
    events = scene.deliver(brand, orders, at=at)
    queries, cpu, began = Queries(), time.process_time(), time.monotonic()
    with connection.execute_wrapper(queries):
        for event_id in events:
            considering.event(event_id, at=at)
        considered, cpu_between = queries.count, time.process_time()
        sending.drain(Channel.SMS, hand_over=_complain)
    ended = time.process_time()
    if (sent := Notification.objects.filter(state=State.SENT, created_at=at).count()) != orders:
        raise Lost(f"{sent} of {orders}; {Counter(Notification.objects.values_list('state', flat=True))}")
    return {
        "messages_per_cpu_second": orders / (ended - cpu),
        "messages_considered_per_cpu_second": orders / (cpu_between - cpu),
        "messages_sent_per_cpu_second": orders / (ended - cpu_between),
        "messages_per_second": orders / (time.monotonic() - began),
        "queries_per_message_considered": considered / orders,
        "queries_per_message_sent": (queries.count - considered) / orders,
    }


def _complain() -> None:
    raise Lost("It took too long.")


def drain_queue(texts: int, compared: int) -> str:
    """Claim, begin and settle all of a long queue; gives what claiming the first and the last took, as JSON."""
    scene.queue(Brand.objects.get(), texts, at=timezone.now())
    seconds: list[float] = []
    began = time.monotonic()
    while batch := _claim(seconds):
        for first in range(0, len(batch), BEGUN_TOGETHER):
            outbox.begin(batch[first : first + BEGUN_TOGETHER], at=timezone.now())
        for row in batch:
            outbox.settle_sent(row, Accepted(f"SM{row.id}", "queued"), at=timezone.now())
    claims = compared // BATCH
    first_ms, last_ms = (statistics.median(part) * 1000 for part in (seconds[:claims], seconds[-claims - 1 : -1]))
    return json.dumps(
        {
            f"claim_ms_of_{BATCH}_among_the_first_{compared}": first_ms,
            f"claim_ms_of_{BATCH}_among_the_last_{compared}": last_ms,
            "claims_last_to_first": last_ms / first_ms,
            "rows_claimed_and_settled_per_second": texts / (time.monotonic() - began),
        }
    )


def _claim(seconds: list[float]) -> list[Notification]:
    began = time.perf_counter()
    batch = outbox.claim(Channel.SMS, at=timezone.now(), limit=BATCH)
    seconds.append(time.perf_counter() - began)
    for row in batch:
        row.provider, row.body, row.segments = "twilio", f"{TEXT}{row.marker}", 1
    return batch
