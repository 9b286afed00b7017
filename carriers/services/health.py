"""How a partner's program and ours get on, read off what it wrote: nothing is counted as it writes.

A row that each letter would have to touch would be locked two hundred times a second (decision 0153).
"""

from datetime import datetime, timedelta
from typing import Final

from carriers.models import Account, Letter, LetterState

RECENT: Final = timedelta(days=1)


def heard_at(account: Account) -> datetime | None:
    """Give when a partner was last heard of: when it last wrote, or answered, be it that there was nothing new."""
    wrote_at = _last(account)
    answered_at = None if account.failures else account.asked_at
    return max((moment for moment in (wrote_at, answered_at) if moment), default=None)


def read_at(account: Account) -> datetime | None:
    """Give when the last came that we could read."""
    return _last(account, state=LetterState.READ)


def unreadable(account: Account, *, at: datetime) -> int:
    """Count what came in the last day and could not be read."""
    return Letter.objects.filter(account=account, received_at__gt=at - RECENT, state=LetterState.UNREADABLE).count()


def _last(account: Account, **states: LetterState) -> datetime | None:
    letters = Letter.objects.filter(account=account, **states).order_by("-received_at")
    return letters.values_list("received_at", flat=True).first()
