"""What shoppers answer: the words that everybody may send, questions and who asked them, and what we say back."""

from notifications.services.replies.answering import reply
from notifications.services.replies.questions import Busy, NoNumber, ReservedWord, ask, ask_at
from notifications.services.replies.receiving import receive

__all__ = ["Busy", "NoNumber", "ReservedWord", "ask", "ask_at", "receive", "reply"]
