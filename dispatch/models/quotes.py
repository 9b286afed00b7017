"""The tables of checkout quotes: what a level costs, what was offered before there was a shipment, what was taken."""

import secrets

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from dispatch.models.fleet import Hub, Level
from tracking.shipments.models import Brand, Shipment


def make_token() -> str:
    """Make a token of 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


class Tariff(models.Model):
    """What a level costs from a hub, and within how many working days after it left it is promised.

    Slots have their own prices.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="tariffs")
    level = models.CharField(max_length=10, choices=[(level, level.label) for level in Level if level != Level.SLOT])
    price = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(0)])
    days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="tariff_one_per_level", fields=["hub", "level"]),
            models.CheckConstraint(name="tariff_costs_nothing_or_more", condition=Q(price__gte=0)),
            models.CheckConstraint(name="tariff_is_not_of_slots", condition=~Q(level=Level.SLOT)),
        ]

    def __str__(self) -> str:
        return f"{self.level} from hub {self.hub_id}"


class Quote(models.Model):
    """What was offered to a basket, and which of it was taken by which shipment.

    ``offers`` are objects as ``services.quotes.Offer`` writes them. An offer is not a reservation: the last place in a
    slot goes to who orders first.
    """

    token = models.CharField(max_length=40, unique=True, default=make_token, editable=False)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="quotes")
    latitude = models.FloatField()
    longitude = models.FloatField()
    mass_g = models.PositiveIntegerField()
    volume_ml = models.PositiveIntegerField()
    offers = models.JSONField(default=list)
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="quote", null=True, blank=True)
    taken = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quote_taken_means_by_whom_what_and_when",
                condition=Q(shipment=None, taken="", taken_at=None)
                | (Q(shipment__isnull=False, taken_at__isnull=False) & ~Q(taken="")),
            ),
        ]

    def __str__(self) -> str:
        return f"quote {self.pk}"
