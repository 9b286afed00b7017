"""Calling partners: one thread that knows the database, and a pool of threads that call."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import cache, partial
from typing import Final

from django.utils import timezone

from carriers import gateways
from carriers.gateways.outcomes import Booked, Gateway, Order, Refused, Unavailable, Uncertain
from carriers.models import BookingTry, TryState
from carriers.services.handing_over import claiming, orders, settling

TAKES_SECONDS: Final = 25
"""How long a run takes in more; what is under way then has twenty seconds to end, within the minute of a task."""

MOST_CALLS: Final = 8

Settle = Callable[..., None]


def work() -> None:
    """Call partners until nothing is due or time is up. Any number may run at once."""
    until = time.monotonic() + TAKES_SECONDS
    calls: dict[Future[Booked | None], BookingTry] = {}
    while True:
        if time.monotonic() < until and len(calls) < MOST_CALLS:
            calls |= _begin(MOST_CALLS - len(calls), at=timezone.now())
        if not calls:
            return
        for done in wait(calls, return_when=FIRST_COMPLETED).done:
            _settle(calls.pop(done), done, at=timezone.now())


def _begin(limit: int, *, at: datetime) -> dict[Future[Booked | None], BookingTry]:
    begun = {}
    for row in claiming.claim(at=at, limit=limit):
        call = _call(gateways.of(row.contract), row, orders.of(row))
        if claiming.begin(row, at=at):
            begun[_pool().submit(call)] = row
    return begun


def _call(gateway: Gateway, row: BookingTry, order: Order) -> Callable[[], Booked | None]:
    if row.state == TryState.UNWANTED:
        return partial(gateway.cancel, order, row.reference)
    return partial(gateway.find if row.state == TryState.UNKNOWN else gateway.book, order)


def _settle(row: BookingTry, call: Future[Booked | None], *, at: datetime) -> None:
    {
        TryState.DUE: _settle_booking,
        TryState.UNKNOWN: _settle_doubt,
        TryState.UNWANTED: _settle_cancelling,
    }[TryState(row.state)](row, call, at)


def _settle_booking(row: BookingTry, call: Future[Booked | None], at: datetime) -> None:
    try:
        found = call.result()
    except Refused as refusal:
        settling.refused(row, str(refusal), at=at)
    except Unavailable as problem:
        settling.unavailable(row, str(problem), at=at, retry_after_seconds=problem.retry_after_seconds)
    except Uncertain as problem:
        settling.uncertain(row, str(problem), at=at)
    else:
        _keep(row, found, at=at)


def _settle_doubt(row: BookingTry, call: Future[Booked | None], at: datetime) -> None:
    try:
        found = call.result()
    except Unavailable as problem:
        settling.still_unknown(row, str(problem), at=at)
    else:
        _keep(row, found, at=at)


def _settle_cancelling(row: BookingTry, call: Future[Booked | None], at: datetime) -> None:
    try:
        call.result()
    except Refused as refusal:
        settling.kept(row, str(refusal))
    except Unavailable as problem:
        settling.still_unwanted(row, str(problem), at=at)
    else:
        settling.cancelled(row)


def _keep(row: BookingTry, found: Booked | None, *, at: datetime) -> None:
    if found is None:
        settling.not_found(row, at=at)
    else:
        settling.booked(row, found, at=at)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="bookings")
