"""How fast messages may go, for all workers together: counted in Redis, by Redis' own clock.

A sender (``Lane``) goes at its segments a second without bursts, and slower once its provider has asked for it. A
provider that fails again and again is left alone for a while (a breaker). One worker at a time has its turn on a
channel. While Redis is away nothing may go, and everything here raises one of ``tracking.connection.Away``: tasks
come by the same Redis, so that going on uncounted would gain a few seconds and risk the sender's good name.
"""

from notifications.pacing.lanes import (
    SHUT_FOR,
    Admission,
    Lane,
    admit,
    failing_for,
    hear_answer,
    hear_busy,
    hear_failure,
    shut_for,
)
from notifications.pacing.turns import Turn, TurnIsOver, take_turn

__all__ = [
    "SHUT_FOR",
    "Admission",
    "Lane",
    "Turn",
    "TurnIsOver",
    "admit",
    "failing_for",
    "hear_answer",
    "hear_busy",
    "hear_failure",
    "shut_for",
    "take_turn",
]
