"""Webhooks: who hears of news, writing each piece down once, and what came of each try.

News is written down for paused addresses too, so that nothing is lost; only disabled ones miss it.
"""

from notifications.services.webhooks.addresses import (
    disable,
    pause,
    register,
    resume,
    rotate,
    secrets_of,
    test,
)
from notifications.services.webhooks.news import Piece, Table, sweep
from notifications.services.webhooks.posts import claim, forget, has_due, replay, settle

__all__ = [
    "Piece",
    "Table",
    "claim",
    "disable",
    "forget",
    "has_due",
    "pause",
    "register",
    "replay",
    "resume",
    "rotate",
    "secrets_of",
    "settle",
    "sweep",
    "test",
]
