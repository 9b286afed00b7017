"""What went wrong and has to be put right: cases, what was said in them, and what a brand promises about them."""

import secrets
from datetime import datetime
from typing import Final, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.reasons import BEST
from tracking.models import Brand, Shipment

LONGEST_MESSAGE: Final = 4000


class CaseKind(models.TextChoices):
    """What a case is about."""

    NOT_RECEIVED = "not_received", _("Not received")
    DAMAGED = "damaged", _("Damaged")
    WRONG_ITEM = "wrong_item", _("Wrong item")
    LOW_SCORE = "low_score", _("Not satisfied")
    DISPUTED_ATTEMPT = "disputed_attempt", _("Attempt disputed")
    MESSAGE = "message", _("A message")
    OTHER = "other", _("Something else")


class CaseState(models.TextChoices):
    """Where a case stands: with us, with the shopper, or done."""

    OPEN = "open", _("with us")
    WAITING = "waiting", _("waiting for the shopper")
    RESOLVED = "resolved", _("resolved")


class Queue(models.TextChoices):
    """Who looks after a kind of cases."""

    SUPPORT = "support", _("Support")
    CLAIMS = "claims", _("Claims")
    CARRIERS = "carriers", _("Carriers")


class Priority(models.IntegerChoices):
    """How soon a case must be answered; a brand's policy says in how many hours."""

    LOW = 1, _("low")
    NORMAL = 2, _("normal")
    HIGH = 3, _("high")


class Outcome(models.TextChoices):
    """How a case ended, for who reports on it and for the shopper."""

    FOUND = "found", _("It was found")
    RESENT = "resent", _("We sent it again")
    REFUNDED = "refunded", _("We paid it back")
    PARTLY_REFUNDED = "partly_refunded", _("We paid part of it back")
    EXPLAINED = "explained", _("We explained what happened")
    NOTHING_WRONG = "nothing_wrong", _("Nothing was wrong in the end")
    NO_ANSWER = "no_answer", _("We heard no more from you")


class Via(models.TextChoices):
    """Which way a message of a case came."""

    PAGE = "page", _("on the page")
    SMS = "sms", _("by text message")
    EMAIL = "email", _("by e-mail")
    DESK = "desk", _("from the desk")
    SURVEY = "survey", _("with the stars")
    EVIDENCE = "evidence", _("by what was measured")


def make_key() -> str:
    """Make what a case or a photo is called in addresses that shoppers see: 128 random bits."""
    return secrets.token_urlsafe(16)


class CasePolicyQuerySet(models.QuerySet["CasePolicy"]):
    def of(self, brand_id: int) -> "CasePolicy":
        """Give what a brand promises: its row, or the defaults. One query."""
        return self.filter(brand=brand_id).first() or CasePolicy(brand_id=brand_id)


class CasePolicy(models.Model):
    """What a brand promises about cases; without a row, the defaults of these fields hold."""

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, related_name="case_policy")
    low_score_up_to = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(0), MaxValueValidator(BEST)]
    )
    high_hours = models.PositiveSmallIntegerField(default=4, validators=[MinValueValidator(1)])
    normal_hours = models.PositiveSmallIntegerField(default=24, validators=[MinValueValidator(1)])
    low_hours = models.PositiveSmallIntegerField(default=72, validators=[MinValueValidator(1)])

    objects = CasePolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "case policies"

    def __str__(self) -> str:
        return f"case policy of {self.brand}"

    @property
    def hours(self) -> dict[Priority, int]:
        """In how many hours a case of each priority is to be answered."""
        return {Priority.HIGH: self.high_hours, Priority.NORMAL: self.normal_hours, Priority.LOW: self.low_hours}


class CaseQuerySet(models.QuerySet["Case"]):
    def unresolved(self) -> Self:
        return self.exclude(state=CaseState.RESOLVED)

    def overdue(self, *, at: datetime) -> Self:
        """Those that wait for us, and for longer than the brand promised."""
        return self.filter(state=CaseState.OPEN, due_at__lt=at)


class Case(models.Model):
    """Something to be put right for one shipment: whose it is, until when, and how it ended.

    Of each kind a shipment has at most one that is not resolved, so that who complains twice is heard once.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="cases")
    key = models.CharField(max_length=24, unique=True, default=make_key, editable=False)
    kind = models.CharField(max_length=20, choices=CaseKind)
    queue = models.CharField(max_length=10, choices=Queue)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    state = models.CharField(max_length=10, choices=CaseState, default=CaseState.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="cases", null=True, blank=True
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="case_one_unresolved_of_a_kind",
                fields=["shipment", "kind"],
                condition=~Q(state="resolved"),
            ),
            models.CheckConstraint(
                name="case_resolved_means_outcome",
                condition=(Q(state="resolved", resolved_at__isnull=False) & ~Q(outcome=""))
                | (~Q(state="resolved") & Q(resolved_at=None, outcome="")),
            ),
        ]
        indexes = [
            models.Index(name="case_queue", fields=["queue", "due_at"], condition=~Q(state="resolved")),
            models.Index(name="case_owner", fields=["owner", "due_at"], condition=~Q(state="resolved")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.shipment_id} ({self.pk})"

    @property
    def is_resolved(self) -> bool:
        return self.state == CaseState.RESOLVED

    @property
    def is_about_an_attempt(self) -> bool:
        return self.kind == CaseKind.DISPUTED_ATTEMPT

    def is_overdue(self, at: datetime) -> bool:
        return self.state == CaseState.OPEN and self.due_at < at


class CaseMessage(models.Model):
    """Something that was said in a case: by the shopper (no ``author``), by staff to them, or among staff.

    Nobody said what came by evidence: it opened the case, and has no words. Written once, never changed.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    is_internal = models.BooleanField(default=False)
    via = models.CharField(max_length=10, choices=Via)
    body = models.TextField(max_length=LONGEST_MESSAGE, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                name="case_message_internal_means_author", condition=Q(is_internal=False) | Q(author__isnull=False)
            )
        ]
        indexes = [models.Index(name="case_message_thread", fields=["case", "at"])]

    def __str__(self) -> str:
        return f"message {self.pk} in {self.case_id}"

    @property
    def is_from_shopper(self) -> bool:
        return self.author_id is None and self.via != Via.EVIDENCE


class CasePhoto(models.Model):
    """A picture that a shopper sent with a message, as we made it anew from theirs: no metadata, no surprises."""

    message = models.ForeignKey(CaseMessage, on_delete=models.CASCADE, related_name="photos")
    key = models.CharField(max_length=24, unique=True, default=make_key, editable=False)
    image = models.FileField(upload_to="cases/")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"photo {self.pk} in {self.message_id}"


class Macro(models.Model):
    """An answer that staff give often, to start from. Placeholders are filled in when it is chosen, then edited."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="macros", null=True, blank=True)
    title = models.CharField(max_length=80)
    body = models.TextField(max_length=LONGEST_MESSAGE)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return f"{self.title} ({self.pk})"
