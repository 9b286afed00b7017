"""What calls for messages, and writing them down: each once, whoever is first, however often it is called for.

Each of these gives the channels on which something waits to go out now, for their callers to have them drained.
Whether a recipient wants a message is judged right before it goes out, so that the log says why one did not.
"""

from notifications.services.considering.calendar import calendar
from notifications.services.considering.calls import notify
from notifications.services.considering.codes import code
from notifications.services.considering.events import event, events, sweep_events
from notifications.services.considering.road import road
from notifications.services.considering.windows import sweep_windows, windows

__all__ = ["calendar", "code", "event", "events", "notify", "road", "sweep_events", "sweep_windows", "windows"]
