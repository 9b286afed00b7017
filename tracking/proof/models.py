"""The tables of what was proved at a door, of what speaks for an attempt, and of tries at PINs."""

import secrets
from typing import Final, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.rounds.models import Driver
from tracking.shipments.models import Shipment, StatusEvent

NEAR_ENOUGH_M: Final = 100.0
LONG_ENOUGH_SECONDS: Final = 60
"""Whoever was farther from the door, or there for a shorter time, has not tried (FEATURES F4, V1)."""

BAD: Final = Q(distance_m__gt=NEAR_ENOUGH_M) | Q(dwell_seconds__lt=LONG_ENOUGH_SECONDS)


class Kind(models.TextChoices):
    """What a proof is."""

    PHOTO = "photo", _("photo")
    SIGNATURE = "signature", _("signature")
    NAME = "name", _("name of who took it")
    PLACE = "place", _("where it was left")
    PIN = "pin", _("PIN")


class Flag(models.TextChoices):
    """What is wrong with a proof that was accepted without a signal."""

    WRONG = "wrong", _("the PIN was wrong")
    LOCKED = "locked", _("there had been too many wrong PINs")
    MISSING = "missing", _("no PIN was given")


class Measure(models.TextChoices):
    """Who measured how near a driver was to a door."""

    POSITIONS = "positions", _("by the positions of the day")
    PHONE = "phone", _("by the driver's phone")
    NOBODY = "nobody", _("by nobody")


def make_key() -> str:
    """Make what a picture is called in addresses that shoppers see: 128 random bits."""
    return secrets.token_urlsafe(16)


class ProofQuerySet(models.QuerySet["Proof"]):
    def of(self, shipment: Shipment) -> Self:
        return self.filter(event__shipment=shipment)

    def pictures(self) -> Self:
        return self.filter(kind__in=[Kind.PHOTO, Kind.SIGNATURE])

    def flagged(self) -> Self:
        return self.exclude(flag="")


class Proof(models.Model):
    """One thing that a driver took down at a door, for the event that it proves. Written once, never changed.

    ``words`` is a name or a place, never a PIN. Degrees are where the phone was; ``device`` is what the driver's page
    calls it, ``source_key`` what it calls this proof. A picture is known by the digest of its bytes (SHA-256).
    """

    event = models.ForeignKey(StatusEvent, on_delete=models.CASCADE, related_name="proofs")
    kind = models.CharField(max_length=10, choices=Kind)
    taken_at = models.DateTimeField()
    received_at = models.DateTimeField()
    driver = models.ForeignKey(Driver, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    device = models.CharField(max_length=40, blank=True)
    source_key = models.CharField(max_length=64)
    words = models.CharField(max_length=200, blank=True)
    flag = models.CharField(max_length=10, choices=Flag, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    key = models.CharField(max_length=24, unique=True, default=make_key, editable=False)
    image = models.FileField(upload_to="proofs/", blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    objects = ProofQuerySet.as_manager()

    class Meta:
        ordering = ["taken_at", "id"]
        constraints = [
            models.UniqueConstraint(name="proof_once_per_source_key", fields=["event", "source_key"]),
            models.CheckConstraint(
                name="proof_picture_means_image",
                condition=(
                    Q(kind__in=[Kind.PHOTO, Kind.SIGNATURE], width__isnull=False, height__isnull=False)
                    & ~Q(image="")
                    & ~Q(digest="")
                )
                | (~Q(kind__in=[Kind.PHOTO, Kind.SIGNATURE]) & Q(image="", digest="", width=None, height=None)),
            ),
            models.CheckConstraint(
                name="proof_words_are_names_and_places",
                condition=(Q(kind__in=[Kind.NAME, Kind.PLACE]) & ~Q(words=""))
                | (~Q(kind__in=[Kind.NAME, Kind.PLACE]) & Q(words="")),
            ),
            models.CheckConstraint(name="proof_flag_is_of_a_pin", condition=Q(flag="") | Q(kind=Kind.PIN)),
            models.CheckConstraint(
                name="proof_lies_on_earth",
                condition=Q(latitude=None, longitude=None)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
            ),
        ]
        indexes = [models.Index(name="proof_flagged", fields=["received_at"], condition=~Q(flag=""))]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} of {self.event_id}"

    @property
    def is_picture(self) -> bool:
        return self.kind in {Kind.PHOTO, Kind.SIGNATURE}


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def calling_for_a_case(self) -> Self:
        """Those that a shopper disputed, and those that are bad by themselves."""
        return self.filter(BAD | Q(disputed_at__isnull=False))


class Evidence(models.Model):
    """What speaks for it that somebody was at a door and tried: how near, how long, and by whose measure.

    ``dwell_seconds`` counts only within a hundred metres of the door. Where nobody measured, both are unknown.
    """

    event = models.OneToOneField(StatusEvent, on_delete=models.CASCADE, related_name="evidence")
    measured_by = models.CharField(max_length=10, choices=Measure)
    distance_m = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0)])
    dwell_seconds = models.PositiveIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    disputed_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                name="evidence_unknown_means_nobody_measured",
                condition=Q(measured_by=Measure.NOBODY, distance_m=None, dwell_seconds=None)
                | (
                    ~Q(measured_by=Measure.NOBODY)
                    & Q(distance_m__isnull=False, dwell_seconds__isnull=False, distance_m__gte=0)
                ),
            )
        ]
        indexes = [
            models.Index(
                name="evidence_for_cases", fields=["recorded_at"], condition=BAD | Q(disputed_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"evidence of {self.event_id}"

    @property
    def is_bad(self) -> bool:
        """Whether the driver was too far away, or there for too short a time, to have tried."""
        is_far = self.distance_m is not None and self.distance_m > NEAR_ENOUGH_M
        return is_far or (self.dwell_seconds is not None and self.dwell_seconds < LONG_ENOUGH_SECONDS)


class PinDay(models.Model):
    """One day of a shipment's PIN: how often it was wrong, and when it was right."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="pin_days")
    day = models.DateField()
    wrong = models.PositiveSmallIntegerField(default=0)
    right_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="pin_day_once", fields=["shipment", "day"])]

    def __str__(self) -> str:
        return f"PIN of {self.shipment_id} on {self.day}"
