"""The tables of what partners write: each thing byte for byte, and the numbers in it that nobody knows yet."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from carriers.models.accounts import Account


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

    The same bytes again are the same letter (``digest`` is their SHA-256). ``tries`` counts how often somebody began to
    read it since it was last to be read; ``problem`` says why it could not be, or what was strange about it.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="letters")
    via = models.CharField(max_length=10, choices=Via)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=LetterState, default=LetterState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
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
            models.Index(name="letter_of_account", fields=["account", "received_at"]),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk} of {self.account_id}"


class Stray(models.Model):
    """A tracking number in a letter of which no shipment is known: the partner may have been faster than the shop."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="strays")
    number = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(name="stray_once_per_letter", fields=["letter", "number"])]

    def __str__(self) -> str:
        return f"{self.number} in {self.letter_id}"
