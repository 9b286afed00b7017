"""What the threads of the pool do: call a provider, and tell how that ended. No database, no Redis."""

import time
from concurrent.futures import Future

from notifications.gateways.outcomes import Accepted, Gateway, Message, Refused, Unavailable, Uncertain


class TooLate:
    """Nobody was called, because the thread came to it too late to be sure that the row is still its own."""


SendOutcome = Accepted | Refused | Unavailable | Uncertain | TooLate
FindOutcome = Accepted | Unavailable | None


def send(gateway: Gateway, message: Message, *, begin_by: float) -> SendOutcome:
    """Call a provider with a message, unless the monotonic clock is past ``begin_by``."""
    if time.monotonic() > begin_by:
        return TooLate()
    try:
        return gateway.send(message)
    except (Refused, Unavailable, Uncertain) as outcome:
        return outcome


def find(gateway: Gateway, message: Message) -> FindOutcome:
    """Ask a provider what became of a message."""
    try:
        return gateway.find(message)
    except Unavailable as outcome:
        return outcome


def is_answer(call: Future[SendOutcome] | Future[FindOutcome]) -> bool:
    """Say whether a call that has ended did so with a provider's word about a message."""
    return call.exception() is None and isinstance(call.result(), Accepted | Refused)
