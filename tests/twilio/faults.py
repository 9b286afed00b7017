"""What the stand-in does wrong: nothing, unless told."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus


class Ending(Enum):
    """How a call to send ends that was not refused."""

    ANSWERED = "answered"
    DROPPED = "dropped"
    HUNG = "hung"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What to do wrong, and what to report. ``…_every`` counts attempts to send from when this was set; zero: never.

    A dropped call was taken, and its socket closed without an answer. Every other hung call was taken, the first one
    included. A failed call was taken where ``fail_takes``. ``reports`` are the statuses posted to a message's callback,
    in that order unless ``shuffled``, each twice if ``doubled``, before the call is answered if ``early``.
    """

    drop_every: int = 0
    hang_every: int = 0
    fail_every: int = 0
    fail_takes: bool = False
    hang_seconds: float = 60
    slow_ms: int = 0
    rate_per_s: int = 0
    retry_after_s: int = 1
    listing_lag_s: float = 30
    opted_out: Sequence[str] = ()
    bad_numbers: Sequence[str] = ()
    landlines: Sequence[str] = ()
    reports: Sequence[str] = ()
    report_after_ms: int = 0
    shuffled: bool = False
    doubled: bool = False
    early: bool = False
    undelivered_every: int = 0
    undelivered_code: int = 30003


@dataclass(frozen=True)
class Refusal:
    """A call that was not taken, and why, as Twilio says it."""

    status: HTTPStatus
    code: int
    message: str


@dataclass
class Temper:
    """What has come of the faults so far."""

    faults: Faults = field(default_factory=Faults)
    attempts: int = 0
    hung: int = 0
    recent: deque[float] = field(default_factory=deque)

    def refuse(self, to: str) -> Refusal | None:
        """Judge a recipient and the rate."""
        number = to.removeprefix("whatsapp:")
        if number in self.faults.opted_out:
            return Refusal(HTTPStatus.BAD_REQUEST, 21610, "Attempt to send to unsubscribed recipient")
        if number in self.faults.bad_numbers or not (number.startswith("+") and number[1:].isdecimal()):
            return Refusal(HTTPStatus.BAD_REQUEST, 21211, f"The 'To' number {to} is not a valid phone number.")
        if number in self.faults.landlines:
            return Refusal(HTTPStatus.BAD_REQUEST, 21614, f"'To' number: {to}, is not a valid mobile number")
        if self._is_too_fast():
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, 20429, "Too Many Requests")
        return None

    def ending(self) -> tuple[Ending, bool]:
        """Count an attempt; say how it ends and whether it was taken."""
        self.attempts += 1
        if self._is_turn(self.faults.drop_every):
            return Ending.DROPPED, True
        if self._is_turn(self.faults.hang_every):
            self.hung += 1
            return Ending.HUNG, self.hung % 2 == 1
        if self._is_turn(self.faults.fail_every):
            return Ending.FAILED, self.faults.fail_takes
        return Ending.ANSWERED, True

    def is_undelivered(self, number: int) -> bool:
        """Say whether the message of this number, counted from one, does not reach its recipient."""
        return bool(self.faults.undelivered_every) and number % self.faults.undelivered_every == 0

    def _is_turn(self, every: int) -> bool:
        return bool(every) and self.attempts % every == 0

    def _is_too_fast(self) -> bool:
        """Take part of a second's allowance, or find it used up."""
        now = time.monotonic()
        while self.recent and self.recent[0] <= now - 1:
            self.recent.popleft()
        if self.faults.rate_per_s and len(self.recent) >= self.faults.rate_per_s:
            return True
        self.recent.append(now)
        return False
