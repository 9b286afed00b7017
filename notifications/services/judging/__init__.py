"""Whether a message that is due may go out: asked right before it does, so that it goes by what holds then."""

from notifications.services.judging.court import judge
from notifications.services.judging.verdicts import Cancel, Defer, Send, Skip, Verdict

__all__ = ["Cancel", "Defer", "Send", "Skip", "Verdict", "judge"]
