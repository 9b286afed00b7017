"""The only writers of this app's tables.

Neighbours above use what is named here; the rest is for this app's own edges.
"""

from notifications.services.by_hand import tell
from notifications.services.considering import notify
from notifications.services.replies import ask

__all__ = ["ask", "notify", "tell"]
