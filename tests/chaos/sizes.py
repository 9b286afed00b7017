"""How big a test is: short among the other tests, full where ``-m chaos`` asks for it; and how it tells its figures."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tracking.shipments.lifecycle import Status

Report = Callable[..., None]


@dataclass(frozen=True)
class Size:
    """``messages`` in all, ``times`` that something is broken meanwhile, ``workers`` to do it.

    A short test does not wait for the minute of a lease, nor for a listing that lags: it lets them pass. Nor does it
    wait for the next sweep for long.
    """

    messages: int
    times: int = 1
    workers: int = 2
    is_full: bool = False

    @property
    def lag_seconds(self) -> float:
        return 30 if self.is_full else 0

    @property
    def sweep_seconds(self) -> float:
        """How long no sweep takes to come round again; in full each comes when it does in an installation."""
        return 60 if self.is_full else 1

    @property
    def status(self) -> Status:
        """Where shipments stand: what is told of the next step from the hub waits for a moment, the rest is urgent."""
        return Status.AT_HUB if self.is_full else Status.OUT_FOR_DELIVERY

    @property
    def slow_ms(self) -> int:
        """How long calls take, so that some are under way whenever something breaks."""
        return 50 if self.is_full else 400


def sized(short: tuple[int, int], full: tuple[int, int]) -> pytest.MarkDecorator:
    """Run a test in both sizes; each is a number of messages and of times."""
    return pytest.mark.parametrize(
        "size",
        [
            pytest.param(Size(*short), id="short"),
            pytest.param(Size(*full, workers=4, is_full=True), id="full", marks=pytest.mark.chaos),
        ],
    )
