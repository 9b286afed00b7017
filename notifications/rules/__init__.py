"""Which news goes out how, what calls for it, for how long it is true, and what says more. Pure."""

from notifications.rules.calling import Called, called_for, count_rounds
from notifications.rules.defaults import DEFAULTS, NEARNESS, Default, channels_for, is_on_by_default
from notifications.rules.truth import BEFORE_THE_ROUND, Standing, is_late, is_still_true, overtakes

__all__ = [
    "BEFORE_THE_ROUND",
    "DEFAULTS",
    "NEARNESS",
    "Called",
    "Default",
    "Standing",
    "called_for",
    "channels_for",
    "count_rounds",
    "is_late",
    "is_on_by_default",
    "is_still_true",
    "overtakes",
]
