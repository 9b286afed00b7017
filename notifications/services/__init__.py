"""The only writers of this app's tables.

Neighbours above use what is named here; the rest is for this app's own edges.
"""

from notifications.services.by_hand import AlreadyHandled, Letter, handle, tell
from notifications.services.considering import notify
from notifications.services.letters import text
from notifications.services.replies import Busy, NoNumber, ask, ask_at

__all__ = ["AlreadyHandled", "Busy", "Letter", "NoNumber", "ask", "ask_at", "handle", "notify", "tell", "text"]
