"""When something happened that a phone tells of later: its clock is believed as far as it can be. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SLOW_UPLOAD: Final = timedelta(minutes=2)
"""A phone's clock that seems to be off by less is not corrected: so long may the sending of a photo take."""

TOLERANCE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """The moment that counts, and whether the phone's own could be believed."""

    at: datetime
    is_plausible: bool


def judge(device_at: datetime, *, sent_at: datetime | None, at: datetime, not_before: datetime) -> Judged:
    """Say when something happened that the phone dates ``device_at``, and that arrived ``at``.

    ``sent_at`` is what the phone's clock said when it sent it: what that differs from ours is taken off. Nothing
    happens after it is told, nor before ``not_before``, which counts instead.
    """
    skew = sent_at - at if sent_at is not None else timedelta()
    corrected = device_at - skew if abs(skew) > SLOW_UPLOAD else device_at
    counts = max(min(corrected, at), min(not_before, at))
    return Judged(counts, abs(counts - corrected) <= TOLERANCE)
