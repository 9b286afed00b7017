"""What a worker does with news for shops' programs, measured from inside it."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from notifications import delivering
from notifications.models import Delivery, DeliveryState, News, Webhook
from notifications.services import webhooks

SHOPS: Final = 10
BODY: Final = json.dumps(
    {
        "type": News.STATUS.value,
        "timestamp": "2026-11-22T12:00:00+00:00",
        "data": {"id": "0" * 36, "brand": "shop", "reference": "ORDER-1001", "status": "at_hub", "version": 2},
    }
)


class Lost(Exception):
    """Not every piece of news was delivered at its first try, so that the figures say nothing."""


class Meter:
    """What was asked of the database, and the processor time of this process at the end of each try."""

    def __init__(self) -> None:
        self.queries = 0
        self.ended: list[float] = []

    def __call__(self, execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        """Count a statement, and let it through."""
        self.queries += 1
        if statement.startswith('INSERT INTO "notifications_try"'):
            self.ended.append(time.process_time())
        return execute(statement, *rest)


def drain(pieces: int, address: str) -> str:
    """Deliver so many pieces of news to a few shops at an address; gives the figures as JSON."""
    _pile_up(pieces, address)
    meter, cpu, began = Meter(), time.process_time(), time.monotonic()
    with connection.execute_wrapper(meter):
        while webhooks.has_due(at=timezone.now()):
            delivering.deliver()
    ended = time.process_time()
    if Delivery.objects.filter(state=DeliveryState.DELIVERED, tries=1).count() != pieces:
        raise Lost
    tenth = pieces // 10
    first, last = (part[-1] - part[0] for part in (meter.ended[:tenth], meter.ended[-tenth:]))
    return json.dumps(
        {
            "news_per_cpu_second": pieces / (ended - cpu),
            "news_per_second": pieces / (time.monotonic() - began),
            "queries_per_piece_of_news": meter.queries / pieces,
            "cpu_of_the_last_tenth_to_the_first": last / first,
        }
    )


def _pile_up(pieces: int, address: str) -> None:
    """Write down news that is due, in turns for each shop. No shop may register such an address: it is put in after."""
    at = timezone.now() - timedelta(minutes=1)
    shops = [webhooks.register("https://shop.example.com/", brand=None, kinds=[], at=at)[0] for _ in range(SHOPS)]
    Webhook.objects.update(url=address)
    Delivery.objects.bulk_create(
        Delivery(
            webhook=shops[number % SHOPS],
            kind=News.STATUS,
            source=f"event:{number}",
            body=BODY,
            created_at=at,
            due_at=at,
        )
        for number in range(pieces)
    )
