"""How long a search goes on: until its time is over, or nobody wants it any longer."""

import time
from collections.abc import Callable
from typing import Final

# How often somebody is told, and asked.
_EVERY_SECONDS: Final = 0.2


class Pace:
    """The time of one search, from the moment this is made.

    ``on_progress`` is told which share of the time is gone, ``is_wanted`` is asked whether to go on; each a few times a
    second at most, from within the search.
    """

    def __init__(
        self,
        seconds: float,
        on_progress: Callable[[float], None] | None = None,
        is_wanted: Callable[[], bool] | None = None,
    ) -> None:
        self.seconds = seconds
        self._began = self._told = time.perf_counter()
        self._on_progress, self._is_wanted = on_progress, is_wanted
        self._is_given_up = False

    @property
    def gone(self) -> float:
        """Return the share of the time that is gone, up to 1."""
        return min(1.0, (time.perf_counter() - self._began) / self.seconds) if self.seconds > 0 else 1.0

    def is_over(self, share: float = 1.0) -> bool:
        """Tell whether to stop: because so much of the time is gone, or because nobody wants more."""
        now = time.perf_counter()
        if now - self._told > _EVERY_SECONDS and not self._is_given_up:
            self._told = now
            if self._on_progress:
                self._on_progress(self.gone)
            self._is_given_up = self._is_wanted is not None and not self._is_wanted()
        return self._is_given_up or now - self._began >= share * self.seconds
