"""The tables of webhooks: whom shops' programs want news sent to, each piece of news, and each try to deliver it."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.models import Brand


class News(models.TextChoices):
    """What a shop's program may hear of."""

    STATUS = "shipment.status_changed", _("something happened to a shipment")
    WINDOW = "shipment.window_changed", _("the shopper was told another time")
    SURVEY = "survey.answered", _("the shopper said how the delivery was, or changed that")
    TEST = "webhook.test", _("somebody tried it out")


class WebhookState(models.TextChoices):
    """Whether an address is told of news: paused ones are told later, disabled ones never again."""

    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    DISABLED = "disabled", _("disabled")


class Webhook(models.Model):
    """An address that hears of news. Without a brand it hears of all; without ``kinds`` of every kind.

    Secrets are sealed. The one before is signed with too until ``former_until``, so that nobody misses a change.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="webhooks", null=True, blank=True)
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=WebhookState, default=WebhookState.ACTIVE)
    why = models.CharField(max_length=100, blank=True)
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.url} ({self.pk})"

    def hears_of(self, kind: str) -> bool:
        """Say whether such news is for this address; a test always is."""
        return not self.kinds or kind in self.kinds or kind == News.TEST


class DeliveryState(models.TextChoices):
    """Where a piece of news for one address stands."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    DELIVERED = "delivered", _("delivered")
    GIVEN_UP = "given_up", _("given up")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, at: datetime) -> Self:
        """Those to try now: what waits for an active address, and what a worker took and never came back with."""
        waits = Q(state=DeliveryState.WAITING, due_at__lte=at)
        is_abandoned = Q(state=DeliveryState.SENDING, leased_until__lt=at)
        return self.filter(waits | is_abandoned, webhook__state=WebhookState.ACTIVE).order_by("due_at", "id")


class Delivery(models.Model):
    """One piece of news for one address; ``uid`` is the same at each try, so that its reader can tell.

    ``source`` names what it is news of, once an address. ``body`` is what is sent, byte for byte.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40, choices=News)
    source = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(name="delivery_once_per_news", fields=["webhook", "source"]),
            models.CheckConstraint(
                name="delivery_sending_means_leased",
                condition=Q(state="sending", leased_until__isnull=False) | (~Q(state="sending") & Q(leased_until=None)),
            ),
            models.CheckConstraint(
                name="delivery_ended_means_ended_at",
                condition=Q(state__in=["delivered", "given_up"], ended_at__isnull=False)
                | (~Q(state__in=["delivered", "given_up"]) & Q(ended_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="delivery_source", fields=["source"]),
            models.Index(name="delivery_due", fields=["due_at", "id"], condition=Q(state__in=["waiting", "sending"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class Try(models.Model):
    """One attempt to deliver a piece of news: what the address answered, or why it did not."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "tries"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"try {self.pk} of {self.delivery_id}"
