"""The tables of this app: the outbox, what decides over it, whom it reaches, and what they answer."""

from notifications.models.outbox import Cancelled, Considered, Cursor, Notification, Skipped, State
from notifications.models.people import Consent, ConsentSource, Contact, Preference, PushSubscription
from notifications.models.replies import Inbound, Meaning, Question
from notifications.models.rules import Policy, Rule, Template
from notifications.models.webhooks import Delivery, DeliveryState, News, Try, Webhook, WebhookState

__all__ = [
    "Cancelled",
    "Consent",
    "ConsentSource",
    "Considered",
    "Contact",
    "Cursor",
    "Delivery",
    "DeliveryState",
    "Inbound",
    "Meaning",
    "News",
    "Notification",
    "Policy",
    "Preference",
    "PushSubscription",
    "Question",
    "Rule",
    "Skipped",
    "State",
    "Template",
    "Try",
    "Webhook",
    "WebhookState",
]
