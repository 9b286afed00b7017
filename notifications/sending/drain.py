"""The loop that sends on one channel: take in, let go, write down."""

import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from notifications import gateways, pacing
from notifications.gateways.outcomes import Gateway
from notifications.models import Notification, Skipped
from notifications.pacing import Lane, Turn, TurnIsOver
from notifications.sending import calls, preparing
from notifications.sending.answers import Asking, Flight, Sending
from notifications.sending.preparing import Ready
from notifications.services import outbox
from notifications.triggers import PHONE_CHANNELS, Channel
from tracking.connection import Away

logger = logging.getLogger(__name__)

TAKES_SECONDS: Final = 40
"""How long a drain takes in more; what is under way then has ten seconds to end, within the minute of a task."""

DATABASE_PATIENCE_SECONDS: Final = 15
"""For how much longer a drain tries to write down how its calls ended."""

MOST_CALLS: Final = 32
FIRST_CALLS: Final = 10
"""As many begin before the provider has answered any: no more are in doubt if it has just failed."""

MOST_QUESTIONS: Final = 8
BATCH: Final = 64
TOGETHER: Final = 8
"""As many calls begin together, where there are as many messages, because that costs one query."""

BEGIN_WITHIN_SECONDS: Final = 5.0
LONGEST_HOLD: Final = timedelta(seconds=2)
"""Messages whose sender has to wait for longer make room for others."""

PAUSE_SECONDS: Final = 0.5
FALL_BACK_AFTER: Final = timedelta(seconds=60)
"""How long texts wait for a provider from when it is left alone."""


def drain(channel: Channel, *, hand_over: Callable[[], object]) -> None:
    """Send what is due on a channel, and ask for what is in doubt, until nothing is left or time is up.

    Where time is up first, ``hand_over`` is called as soon as another worker may go on. Does nothing while another
    worker has its turn on the channel, and stops where Redis is away. Any number may run at once.
    """
    with suppress(TurnIsOver, *Away), pacing.take_turn(channel) as turn:
        work, until = Drain(channel, _pool(channel), turn, hand_over), time.monotonic() + TAKES_SECONDS
        is_shut = _least(channel, pacing.shut_for) is not None
        failing_for = _least(channel, pacing.failing_for)
        if failing_for is not None:
            outbox.drop_expired(channel, at=timezone.now())
            work.ask(until=until)
        if channel in PHONE_CHANNELS and failing_for is not None and failing_for >= FALL_BACK_AFTER:
            _fall_back(channel, turn, is_shut=is_shut, until=until)
        if not is_shut:
            work.run(until=until)


@cache
def _pool(channel: Channel) -> ThreadPoolExecutor:
    """Keep the threads of a channel for as long as the process lasts, because they keep their connections."""
    return ThreadPoolExecutor(MOST_CALLS, thread_name_prefix=f"gateway-{channel}")


def _least(channel: Channel, duration: Callable[[str, Channel], timedelta | None]) -> timedelta | None:
    """Give the least of something about all providers of a channel; ``None`` where it does not hold for all."""
    durations = [duration(gateway.name, channel) for gateway in gateways.of(channel)]
    return None if None in durations else min(each for each in durations if each is not None)


def _fall_back(channel: Channel, turn: Turn, *, is_shut: bool, until: float) -> None:
    """Let texts that are due go out as e-mails; those without an address wait for their provider.

    All of them while it is left alone. Where it may be tried again, those at the head of the queue, so that nobody who
    has an address is what it is tried with.
    """
    while time.monotonic() < until:
        turn.prolong()
        at = timezone.now()
        batch = outbox.claim(channel, at=at, limit=BATCH)
        if not batch:
            return
        with transaction.atomic():
            outbox.skip(outbox.fall_back(batch, at=at), Skipped.FELL_BACK, at=at)
            outbox.hand_back(batch, due_at=at + pacing.SHUT_FOR if is_shut else None)
        if not is_shut:
            return


class _Going(NamedTuple):
    """A message that may go now, and by whom."""

    ready: Ready
    gateway: Gateway
    flight: Sending


class Drain:
    """One worker's sending on a channel, for as long as there is something to send."""

    def __init__(self, channel: Channel, pool: ThreadPoolExecutor, turn: Turn, hand_over: Callable[[], object]) -> None:
        self._channel = channel
        self._pool = pool
        self._turn = turn
        self._hand_over = hand_over
        self._gateways = {gateway.name: gateway for gateway in gateways.of(channel)}
        self._waiting: list[Ready] = []
        self._flying: dict[Future[Any], Flight] = {}
        self._slow: dict[int, float] = {}
        """Brands whose sender has to wait, and until when by the monotonic clock."""

        self._look_again_at = 0.0
        self._is_dry = self._is_shut = self._has_answered = False
        self._is_troubled = False
        """Whether the provider has failed since it last answered: then one call begins at a time."""

    def run(self, *, until: float) -> None:
        """Go on until nothing is left or time is up, then let what is under way end."""
        try:
            with suppress(TurnIsOver, *Away):
                while time.monotonic() < until and not (self._is_idle or self._is_shut):
                    self._patiently(self._send)
                if time.monotonic() >= until:
                    self._turn.end()
                    self._hand_over()
        finally:
            last = time.monotonic() + DATABASE_PATIENCE_SECONDS
            while self._flying or self._waiting:
                self._patiently(self._finish, until=last)

    def ask(self, *, until: float) -> None:
        """Only ask for what is in doubt: a provider that takes nothing may well tell what it took before."""
        has_more = True
        while has_more and time.monotonic() < until:
            self._turn.prolong()
            has_more = self._ask_some(at=timezone.now())
            wait(self._flying)
            self._write_down()

    @property
    def _is_idle(self) -> bool:
        return self._is_dry and not self._waiting and not self._flying

    def _patiently(self, step: Callable[[], None], *, until: float = math.inf) -> None:
        """Take a step, and bear that the database is away for a moment: how a call ended is known only here."""
        try:
            step()
        except (InterfaceError, OperationalError):
            connection.close()
            if time.monotonic() > until:
                raise
            logger.warning("The database is away.", exc_info=True)
            time.sleep(PAUSE_SECONDS)

    def _send(self) -> None:
        self._turn.prolong()
        self._write_down()
        if time.monotonic() >= self._look_again_at:
            self._take_in()
        self._wait(self._let_go())

    def _finish(self) -> None:
        outbox.hand_back([ready.notification for ready in self._waiting])
        self._waiting.clear()
        self._wait(PAUSE_SECONDS)
        self._write_down()

    def _wait(self, seconds: float) -> None:
        if self._flying:
            wait(self._flying, timeout=seconds, return_when=FIRST_COMPLETED)
        elif self._waiting:
            time.sleep(seconds)

    def _write_down(self) -> None:
        for call in [call for call in self._flying if call.done()]:
            flight = self._flying[call]
            flight.settle(call, at=timezone.now())
            self._has_answered |= isinstance(flight, Sending) and calls.is_answer(call)
            del self._flying[call]

    def _take_in(self) -> None:
        """Claim and prepare as much as there is room for, and ask for what is in doubt."""
        room = BATCH - len(self._waiting)
        if room < BATCH // 2:
            return
        at, now = timezone.now(), time.monotonic()
        slow = [brand_id for brand_id, until in self._slow.items() if until > now]
        claimed = outbox.claim(self._channel, at=at, limit=room, without_brands=slow)
        self._waiting += preparing.prepare(claimed, at=at)
        self._waiting.sort(key=lambda ready: ready.urgency)
        self._is_dry = not self._ask_some(at=at) and len(claimed) < room
        if self._is_dry:
            self._look_again_at = now + PAUSE_SECONDS

    def _ask_some(self, *, at: datetime) -> bool:
        """Ask for as much of what is in doubt as there is room for; says whether there may be more."""
        questions = MOST_QUESTIONS - sum(isinstance(flight, Asking) for flight in self._flying.values())
        in_doubt = outbox.claim_unknown(self._channel, at=at, limit=questions)
        for notification in in_doubt:
            self._ask(notification, at=at)
        return len(in_doubt) == questions

    def _ask(self, notification: Notification, *, at: datetime) -> None:
        gateway = self._gateways.get(notification.provider)
        if gateway is None or not gateway.can_be_asked:
            outbox.leave_unknown(notification, at=at)
            return
        call = self._pool.submit(calls.find, gateway, preparing.question(notification))
        self._flying[call] = Asking(notification)

    def _let_go(self) -> float:
        """Begin as many calls as may begin now; gives the seconds until more may."""
        free = self._count_free()
        if not free:
            return PAUSE_SECONDS
        pause, going = PAUSE_SECONDS, list[_Going]()
        for sender, queue in self._queues().items():
            if len(going) == free:
                break
            admitted, wait_for = self._admit(sender, queue[: free - len(going)])
            going += admitted
            if len(admitted) < len(queue):
                pause = min(pause, wait_for.total_seconds())
            if not admitted and wait_for > LONGEST_HOLD:
                self._make_room(queue, wait_for)
        if going:
            self._begin(going)
        return PAUSE_SECONDS if self._is_troubled else pause

    def _count_free(self) -> int:
        """Say how many calls may begin: several at once or none, and one where the provider has just failed."""
        most = MOST_CALLS if self._has_answered else FIRST_CALLS
        free = max(0, most - len(self._flying))
        if self._is_troubled:
            return min(free, 1)
        return free if free >= min(TOGETHER, len(self._waiting)) else 0

    def _queues(self) -> dict[str, list[Ready]]:
        """Sort what waits by who it is from: each sender has a pace of its own."""
        queues: dict[str, list[Ready]] = defaultdict(list)
        for ready in self._waiting:
            queues[ready.sender].append(ready)
        return queues

    def _admit(self, sender: str, heads: Sequence[Ready]) -> tuple[list[_Going], timedelta]:
        """Let the first of a queue go, by the first provider that is not left alone; gives them, and the wait."""
        segments = [ready.segments for ready in heads]
        for gateway in self._gateways.values():
            lane = Lane(gateway.name, self._channel, sender)
            admission = pacing.admit(lane, segments)
            if admission.shut_for is None:
                self._is_troubled = admission.is_troubled
                going = [
                    _Going(ready, gateway, Sending(ready.notification, lane, admission.is_troubled))
                    for ready in heads[: admission.count]
                ]
                return going, admission.wait
        self._is_shut = True
        return [], timedelta(0)

    def _make_room(self, queue: Sequence[Ready], wait_for: timedelta) -> None:
        """Put back what has to wait for long, and take in no more of these brands meanwhile."""
        outbox.hand_back([ready.notification for ready in queue], due_at=timezone.now() + wait_for)
        until = time.monotonic() + wait_for.total_seconds()
        self._slow |= {ready.notification.brand_id: until for ready in queue}
        self._drop(queue)

    def _begin(self, going: Sequence[_Going]) -> None:
        """Write down that calls begin, and let them: those that somebody stopped meanwhile do not."""
        at, begin_by = timezone.now(), time.monotonic() + BEGIN_WITHIN_SECONDS
        for ready, gateway, _ in going:
            ready.write_words(provider=gateway.name)
        rows = [ready.notification for ready, _, _ in going]
        begun = {notification.id for notification in outbox.begin(rows, at=at)}
        self._drop([ready for ready, _, _ in going])
        for ready, gateway, flight in going:
            if ready.notification.id in begun:
                call = self._pool.submit(calls.send, gateway, ready.message(called_at=at), begin_by=begin_by)
                self._flying[call] = flight
        outbox.hand_back([row for row in rows if row.id not in begun])

    def _drop(self, gone: Sequence[Ready]) -> None:
        ids = {ready.notification.id for ready in gone}
        self._waiting = [ready for ready in self._waiting if ready.notification.id not in ids]
