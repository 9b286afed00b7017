"""What the tests of tracking share: a clock that stands still until a test moves it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories import NOON


class Clock:
    """The time at the edges of the program; everything below is told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def pass_by(self, **duration: float) -> datetime:
        """Let some time go by; gives the time after it."""
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop Django's clock at noon."""
    stopped = Clock(NOON)
    monkeypatch.setattr(timezone, "now", lambda: stopped.now)
    return stopped
