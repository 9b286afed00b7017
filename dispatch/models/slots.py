"""The tables of slots: the times of day a hub offers at a price, how many may have each, and who has one."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dispatch.models.fleet import Hub
from tracking.shipments.models import Shipment


class SlotKind(models.TextChoices):
    """The part of the day or week, as people ask for it."""

    MORNING = "morning", _("Morning")
    MIDDAY = "midday", _("Midday")
    AFTERNOON = "afternoon", _("Afternoon")
    EVENING = "evening", _("Evening")
    WEEKEND = "weekend", _("Weekend")


class Slot(models.Model):
    """A time of day that a hub offers, on these days of the week, at a price.

    ``weekdays`` are ISO numbers, Monday first: "12345". ``area`` holds beginnings of postcodes with spaces between;
    where it is empty the slot is offered wherever the hub goes. Ordering ends at ``until``, local time, ``days_before``
    days before. ``room`` is how many may have it on a day that nobody has planned yet, and the most on any.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="slots")
    kind = models.CharField(max_length=10, choices=SlotKind)
    weekdays = models.CharField(
        max_length=7, default="12345", validators=[RegexValidator(r"^[1-7]+$", _("Days are 1 (Monday) to 7."))]
    )
    starts = models.TimeField()
    ends = models.TimeField()
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0, validators=[MinValueValidator(0)])
    days_before = models.PositiveSmallIntegerField(default=0)
    until = models.TimeField()
    area = models.CharField(max_length=200, blank=True)
    is_on_holidays = models.BooleanField(default=False)
    room = models.PositiveSmallIntegerField(default=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="slot_once", fields=["hub", "kind", "starts", "ends", "weekdays", "area"]),
            models.CheckConstraint(name="slot_ends_after_it_starts", condition=Q(ends__gt=F("starts"))),
            models.CheckConstraint(name="slot_costs_nothing_or_more", condition=Q(price__gte=0)),
            models.CheckConstraint(name="slot_has_weekdays", condition=Q(weekdays__regex=r"^[1-7]+$")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts:%H:%M}–{self.ends:%H:%M} of hub {self.hub_id} ({self.pk})"


class SlotDay(models.Model):
    """A slot on one day: how many may have it, and how many do."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="slot_day_once", fields=["slot", "day"]),
            models.CheckConstraint(name="slot_day_holds_no_more_than_it_can", condition=Q(taken__lte=F("capacity"))),
        ]

    def __str__(self) -> str:
        return f"slot {self.slot_id} on {self.day}"

    @property
    def left(self) -> int:
        return self.capacity - self.taken


class Booking(models.Model):
    """A place in a slot that a shipment has, or had until ``released_at``."""

    slot_day = models.ForeignKey(SlotDay, on_delete=models.PROTECT, related_name="bookings")
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="bookings")
    price = models.DecimalField(max_digits=8, decimal_places=2)
    booked_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="booking_one_per_shipment", fields=["shipment"], condition=Q(released_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"booking {self.pk} of {self.shipment_id}"
