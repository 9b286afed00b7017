"""The tables of partners: how we speak with each, and each thing that one wrote to us."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.rounds.models import Carrier


class Format(models.TextChoices):
    """The ways in which partners write."""

    EASYPOST = "easypost", "EasyPost"
    AFTERSHIP = "aftership", "AfterShip"
    SHIPPO = "shippo", "Shippo"
    SEVENTEEN_TRACK = "17track", "17TRACK"
    KARRIO = "karrio", "Karrio"
    GENERIC = "generic", _("Doorstep's own, signed")
    CSV = "csv", _("table (CSV)")


class Account(models.Model):
    """A partner whose program we speak with: one carrier's, or one that passes on the news of many.

    It may say something of the shipments of its ``carriers`` only. Secrets are sealed; the signing secret before still
    counts until ``former_until``, so that nothing is lost in a change. ``api_url`` is where the partner is asked and
    booked with ``api_key``; both are empty where that is not possible. It is silent after ``silent_after_hours``
    without a word while shipments of its carriers are on their way.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    format = models.CharField(max_length=20, choices=Format)
    carriers = models.ManyToManyField(Carrier, related_name="accounts", blank=True)
    is_active = models.BooleanField(default=True)
    secret = models.TextField(blank=True, editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True)
    api_url = models.CharField(max_length=500, blank=True)
    api_key = models.TextField(blank=True, editable=False)
    poll_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    silent_after_hours = models.PositiveSmallIntegerField(default=24)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Via(models.TextChoices):
    """How something that a partner wrote came to us."""

    WEBHOOK = "webhook", _("sent by the partner")
    POLL = "poll", _("asked for")
    FILE = "file", _("from a file")


class LetterState(models.TextChoices):
    """Where something that a partner wrote stands."""

    WAITING = "waiting", _("to be read")
    READING = "reading", _("being read")
    READ = "read", _("read")
    UNREADABLE = "unreadable", _("could not be read")


class LetterQuerySet(models.QuerySet["Letter"]):
    def due(self, *, at: datetime) -> Self:
        """Those to read now: what waits, and what a worker took and never came back with."""
        is_abandoned = Q(state=LetterState.READING, leased_until__lt=at)
        return self.filter(Q(state=LetterState.WAITING) | is_abandoned).order_by("received_at", "id")


class Letter(models.Model):
    """One thing that a partner wrote, byte for byte, kept so that it can be read again when an adapter is mended.

    The same bytes again are the same letter (``digest`` is their SHA-256).
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="letters")
    via = models.CharField(max_length=10, choices=Via)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=LetterState, default=LetterState.WAITING)
    leased_until = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="letter_once_per_account", fields=["account", "digest"]),
            models.CheckConstraint(
                name="letter_reading_means_leased",
                condition=Q(state="reading", leased_until__isnull=False) | (~Q(state="reading") & Q(leased_until=None)),
            ),
        ]
        indexes = [
            models.Index(
                name="letter_due", fields=["received_at", "id"], condition=Q(state__in=["waiting", "reading"])
            ),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk} of {self.account_id}"
