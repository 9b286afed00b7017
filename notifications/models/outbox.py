"""The outbox: a row for each message, from the moment it is called for to what became of it."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.rules import Rule
from notifications.triggers import Channel, Trigger
from tracking.models import Brand, Shipment

MARKER_BYTES = 5


class State(models.TextChoices):
    """Where a message stands.

    ``pending`` waits for ``due_at``. ``sending`` is leased by a worker until ``leased_until``. ``unknown`` may or may
    not have been accepted; the provider is asked before anything else. The rest are ends, of which ``sent`` may still
    become ``delivered`` or ``failed``, as the provider reports.
    """

    PENDING = "pending", _("waiting")
    SENDING = "sending", _("being sent")
    UNKNOWN = "unknown", _("not known whether sent")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("not delivered")
    SKIPPED = "skipped", _("not sent, on purpose")
    CANCELLED = "cancelled", _("no longer needed")
    DEAD = "dead", _("given up")


class Skipped(models.TextChoices):
    """Why a message was not sent on purpose."""

    OPTED_OUT = "opted_out", _("the recipient does not want messages on this channel")
    UNWANTED = "unwanted", _("the recipient does not want to be told of this")
    DAILY_CAP = "daily_cap", _("the recipient has had enough messages today")
    HOURLY_CAP = "hourly_cap", _("too many messages within the hour")
    COUNTRY = "country", _("we do not send to this country")
    BAD_ADDRESS = "bad_address", _("the address cannot be reached")
    NO_TEMPLATE = "no_template", _("the channel has no approved text for this")
    FELL_BACK = "fell_back", _("it went out on another channel")


class Cancelled(models.TextChoices):
    """Why a message was no longer needed."""

    UNTRUE = "untrue", _("it was no longer true")
    OVERTAKEN = "overtaken", _("a later message says more")
    EXPIRED = "expired", _("it would have come too late")
    WITHDRAWN = "withdrawn", _("somebody took it back")


def make_marker() -> str:
    """Make the few characters by which a message is found again among those that a provider has accepted."""
    return secrets.token_hex(MARKER_BYTES)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def due(self, *, at: datetime) -> Self:
        """Those that wait and may go out now, the urgent ones first."""
        return self.filter(state=State.PENDING, due_at__lte=at).order_by("priority", "due_at", "id")

    def abandoned(self, *, at: datetime) -> Self:
        """Those whose worker has not come back within its lease."""
        return self.filter(state=State.SENDING, leased_until__lt=at)

    def in_doubt(self, *, at: datetime) -> Self:
        """Those of which nobody knows whether they were sent, and whose provider can be asked by now."""
        return self.filter(state=State.UNKNOWN, settled_at=None, due_at__lte=at)

    def uncalled(self) -> Self:
        """Those that wait, or that a worker has taken without having called anybody: they can still be stopped.

        Whoever changes their state ends the lease (``leased_until=None``); the worker then leaves them alone.
        """
        return self.filter(state__in=[State.PENDING, State.SENDING], called_at=None)

    def counted(self) -> Self:
        """Those that reached, or may have reached, their recipient: what a cap counts."""
        return self.filter(state__in=[State.SENDING, State.UNKNOWN, State.SENT, State.DELIVERED, State.FAILED])


class Notification(models.Model):
    """One message to one recipient on one channel. Written once, by whoever is first; sent at most once.

    ``recipient`` is a phone number in E.164, an e-mail address, or the id of a push subscription. ``version`` tells
    apart what may come more than once, like a second failed attempt. ``called_at`` is set while a provider may hold
    the message without our knowing; ``sealed`` is a secret that the text needs and that nobody may read here.
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="notifications")
    shipment = models.ForeignKey(
        Shipment, on_delete=models.CASCADE, related_name="notifications", null=True, blank=True
    )
    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    trigger = models.CharField(max_length=20, choices=Trigger)
    channel = models.CharField(max_length=10, choices=Channel)
    recipient = models.CharField(max_length=254)
    version = models.PositiveBigIntegerField(default=0)
    language = models.CharField(max_length=12)
    details = models.JSONField(default=dict, blank=True)
    sealed = models.TextField(blank=True)
    marker = models.CharField(max_length=16, unique=True, default=make_marker, editable=False)

    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=20, blank=True, choices=[*Skipped.choices, *Cancelled.choices])
    priority = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(max_length=100, blank=True)
    provider_status = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    cost = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notification_once",
                fields=["shipment", "trigger", "channel", "recipient", "version"],
            ),
            models.CheckConstraint(
                name="notification_sending_is_leased",
                condition=Q(state="sending", leased_until__isnull=False) | (~Q(state="sending") & Q(leased_until=None)),
            ),
            models.CheckConstraint(
                name="notification_reason_says_why_not",
                condition=(Q(state__in=["skipped", "cancelled"]) & ~Q(reason=""))
                | (~Q(state__in=["skipped", "cancelled"]) & Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(
                name="notification_due",
                fields=["channel", "priority", "due_at", "id"],
                condition=Q(state="pending"),
            ),
            models.Index(
                name="notification_open", fields=["leased_until"], condition=Q(state__in=["sending", "unknown"])
            ),
            models.Index(name="notification_recipient", fields=["recipient", "channel", "created_at"]),
            models.Index(name="notification_hour", fields=["channel", "sent_at", "brand"]),
            models.Index(name="notification_provider_id", fields=["provider_id"], condition=~Q(provider_id="")),
            models.Index(name="notification_trouble", fields=["settled_at"], condition=Q(state__in=["failed", "dead"])),
        ]
        permissions = [("see_recipients", "Can see numbers and addresses in full")]

    def __str__(self) -> str:
        return f"{self.trigger} by {self.channel} ({self.pk})"


class Considered(models.Model):
    """That the messages which an event calls for have been written, or that it calls for none."""

    event_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"event {self.event_id}"


class Cursor(models.Model):
    """How far a sweep has read a table; what was written before ``position`` has been considered for certain.

    Rows become visible in another order than their ids: ``ahead`` becomes the position only a while after it was seen.
    """

    name = models.CharField(max_length=30, primary_key=True)
    position = models.BigIntegerField(default=0)
    ahead = models.BigIntegerField(default=0)
    ahead_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
