"""Writing down how calls ended, and what follows from that: for the row, and for the pace of those after it."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from notifications import pacing
from notifications.gateways.outcomes import Accepted, Refused, Unavailable, Uncertain
from notifications.models import Notification
from notifications.pacing import Lane
from notifications.sending.calls import FindOutcome, SendOutcome, TooLate
from notifications.services import outbox, refusals, reports
from notifications.services.reports import UnknownNotification
from tracking import connection

logger = logging.getLogger(__name__)


class Flight(Protocol):
    """A call that is under way."""

    def settle(self, call: Future[Any], *, at: datetime) -> None:
        """Write down how the call, which has ended, did so. Twice is harmless."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A call with a message. ``is_watched`` where its provider has failed of late, so that an answer is news."""

    notification: Notification
    lane: Lane
    is_watched: bool

    def settle(self, call: Future[SendOutcome], *, at: datetime) -> None:
        """Write down what became of the message, then tell the pacing of it."""
        match _outcome(call):
            case Accepted() as accepted:
                outbox.settle_sent(self.notification, accepted, at=at)
                self._hear(pacing.hear_answer if self.is_watched else None)
            case Refused(code=code):
                with transaction.atomic():
                    if outbox.settle_failed(self.notification, code, at=at):
                        refusals.answer(self.notification, code, at=at)
                self._hear(pacing.hear_answer if self.is_watched else None)
            case Unavailable() as unavailable:
                self._wait(unavailable, at=at)
            case TooLate():
                outbox.hand_back([self.notification])
            case _:
                outbox.settle_uncertain(self.notification, at=at)
                self._hear(pacing.hear_failure)

    def _wait(self, unavailable: Unavailable, *, at: datetime) -> None:
        wait_seconds = unavailable.retry_after_seconds
        if unavailable.is_busy:
            outbox.settle_unavailable(self.notification, at=at, retry_after_seconds=wait_seconds, is_busy=True)
            self._hear(lambda lane: pacing.hear_busy(lane, retry_after_seconds=wait_seconds))
            return
        with transaction.atomic():
            if outbox.settle_unavailable(self.notification, at=at, retry_after_seconds=wait_seconds):
                outbox.fall_back([self.notification], at=at)
        self._hear(pacing.hear_failure)

    def _hear(self, hear: Callable[[Lane], None] | None) -> None:
        """Tell the pacing; without Redis nothing goes, so that there is nothing to tell."""
        if hear is not None:
            with suppress(*connection.Away):
                hear(self.lane)


@dataclass(frozen=True, slots=True)
class Asking:
    """A call to ask what became of a message in doubt. While the provider cannot say, it is asked again later."""

    notification: Notification

    def settle(self, call: Future[FindOutcome], *, at: datetime) -> None:
        """Write down what the provider knows of the message, which may be that it has failed since."""
        match _outcome(call):
            case Accepted() as accepted:
                outbox.settle_sent(self.notification, accepted, at=at)
                with suppress(UnknownNotification):
                    reports.report(
                        self.notification.id,
                        provider_id=accepted.provider_id,
                        status=accepted.status,
                        error_code=accepted.error_code,
                        at=at,
                    )
            case None:
                with transaction.atomic():
                    if outbox.settle_not_found(self.notification, at=at):
                        outbox.fall_back([self.notification], at=at)


def _outcome(call: Future[Any]) -> Any:
    """Give the outcome of a call; a mistake of ours in a gateway leaves it in doubt, and is said in the log."""
    mistake = call.exception()
    if mistake is not None:
        logger.error("A gateway failed in a way it should not.", exc_info=mistake)
        return Uncertain()
    return call.result()
