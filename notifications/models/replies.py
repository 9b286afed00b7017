"""What people answer, and what they were asked."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.triggers import Channel
from tracking.models import Shipment


class Question(models.Model):
    """A question that a number has open: who asked, what may be answered, until when. At most one at a time.

    ``choices`` are the words that count as an answer; without any, whatever is written is one. Without a shipment it
    was asked of somebody who waits for none: a courier.
    """

    address = models.CharField(max_length=20)
    asker = models.CharField(max_length=30)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="questions", null=True, blank=True)
    choices = models.JSONField(default=list, blank=True)
    asked_at = models.DateTimeField()
    open_until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="question_one_open_per_number", fields=["address"], condition=Q(closed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"question {self.pk} by {self.asker}"


class Meaning(models.TextChoices):
    """What a message from a shopper was taken for."""

    STOP = "stop", _("no more messages")
    START = "start", _("messages again")
    HELP = "help", _("asks who we are")
    STATUS = "status", _("asks where it is")
    ANSWER = "answer", _("answers a question")
    KEPT = "kept", _("for the support desk")


class InboundQuerySet(models.QuerySet["Inbound"]):
    def unread(self) -> Self:
        return self.filter(meaning=Meaning.KEPT, handled_at=None)


class Inbound(models.Model):
    """One message from a shopper, kept as it came."""

    provider_id = models.CharField(max_length=100, unique=True)
    channel = models.CharField(max_length=10, choices=Channel)
    sender = models.CharField(max_length=20)
    body = models.TextField()
    received_at = models.DateTimeField()
    meaning = models.CharField(max_length=10, choices=Meaning)
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    question = models.ForeignKey(Question, on_delete=models.SET_NULL, related_name="answers", null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    objects = InboundQuerySet.as_manager()

    class Meta:
        verbose_name = _("received message")
        indexes = [
            models.Index(name="inbound_latest", fields=["sender", "received_at"]),
            models.Index(
                name="inbound_unread", fields=["received_at"], condition=Q(meaning=Meaning.KEPT, handled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} ({self.pk})"
