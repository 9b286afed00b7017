"""Messages in the stock admin: the log, what shoppers answered, what brands decide, and how the providers do.

What services write is shown and never edited. What staff do, they do through services, and it is
logged with their name.
"""

from notifications.admin import log, people, replies, rules, templates, webhooks

__all__ = ["log", "people", "replies", "rules", "templates", "webhooks"]
