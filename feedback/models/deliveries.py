"""Deliveries as reports count them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from tracking.models import Brand, Carrier, Driver, Place, Shipment


class Delivery(models.Model):
    """A finished delivery: who brought what kind of promise where and when, and how that went. One a shipment.

    Written from the shipment's events and written anew when they are corrected; it goes when they no longer say that
    it was delivered. ``day``, ``weekday`` (Monday is 1) and ``hour`` are by the destination's clock. ``area`` and the
    smaller ``block`` are cells of H3, ``lateness_minutes`` counts from the end of the promise (above 0 is late),
    ``stop_seconds`` is how long the driver was at the door, ``asked_at`` when the question how it was went out.
    """

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="delivery")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    driver = models.ForeignKey(Driver, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    hub = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    area = models.CharField(max_length=15, blank=True)
    block = models.CharField(max_length=15, blank=True)

    delivered_at = models.DateTimeField()
    day = models.DateField()
    weekday = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)])
    hour = models.PositiveSmallIntegerField(validators=[MaxValueValidator(23)])
    promised_start = models.DateTimeField(null=True, blank=True)
    promised_end = models.DateTimeField(null=True, blank=True)
    lateness_minutes = models.IntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField()
    is_first_attempt = models.BooleanField(null=True, blank=True)
    stop_seconds = models.PositiveIntegerField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(name="delivery_by_a_clock", condition=Q(weekday__range=(1, 7), hour__range=(0, 23))),
            models.CheckConstraint(
                name="delivery_promised_means_lateness",
                condition=Q(promised_start=None, promised_end=None, lateness_minutes=None)
                | Q(
                    promised_start__isnull=False,
                    promised_end__isnull=False,
                    promised_end__gt=F("promised_start"),
                    lateness_minutes__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="delivery_visited_means_first_or_not",
                condition=Q(attempts=0, is_first_attempt=None) | Q(attempts__gt=0, is_first_attempt__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="delivery_day", fields=["day"]),
            models.Index(name="delivery_unasked", fields=["delivered_at"], condition=Q(asked_at=None)),
        ]

    def __str__(self) -> str:
        return f"delivery of {self.shipment_id}"
