"""The tables of choosing: what a brand looks at, what carriers can be had for, who is benched, who was chosen and why.

Money is in the currency of the installation.
"""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from carriers.criteria import Criterion
from dispatch.models import VehicleType
from tracking.rounds.models import Carrier, Place
from tracking.shipments.models import Brand, Shipment


class Weighing(models.Model):
    """What a brand looks at when a carrier is chosen: a weight for each criterion, in parts of a hundred.

    ``dear`` is what a delivery costs that gets no point for its cost, and ``dirty_g`` the grams of CO2e of one that
    gets none for those. While it is not ``is_on``, nobody is chosen for the brand unless by hand.
    """

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, related_name="weighing")
    is_on = models.BooleanField(default=False)
    cost = models.PositiveSmallIntegerField(default=30)
    on_window = models.PositiveSmallIntegerField(default=30)
    satisfaction = models.PositiveSmallIntegerField(default=15)
    claims = models.PositiveSmallIntegerField(default=10)
    co2 = models.PositiveSmallIntegerField(default=10)
    capacity = models.PositiveSmallIntegerField(default=5)
    dear = models.DecimalField(
        max_digits=8, decimal_places=2, default=Decimal(20), validators=[MinValueValidator(Decimal("0.01"))]
    )
    dirty_g = models.PositiveIntegerField(default=2_000, validators=[MinValueValidator(1)])
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="weighing_adds_up_to_a_hundred",
                condition=Q(
                    cost=100 - F("on_window") - F("satisfaction") - F("claims") - F("co2") - F("capacity"),
                ),
            ),
            models.CheckConstraint(name="weighing_has_scales", condition=Q(dear__gt=0, dirty_g__gt=0)),
        ]

    def __str__(self) -> str:
        return f"weighing of {self.brand_id}"

    @property
    def weights(self) -> dict[Criterion, int]:
        """The weight of each criterion, in parts of a hundred."""
        return {criterion: getattr(self, criterion) for criterion in Criterion}


class Profile(models.Model):
    """What a carrier can be had for: where, for what, for how many a day, and what its deliveries do to the air.

    ``hub`` is where it sets out from, or else the shipment's own; ``reach_m`` is how far it goes from there as the crow
    flies. ``area`` holds beginnings of postcodes with spaces between, ``levels`` the levels of service; where they are
    empty it goes anywhere, and for any. So many ``deliveries_a_day`` it takes, or as many as its duties have hours
    times ``deliveries_an_hour``; where neither is said, nobody knows.

    A delivery takes its share of the way to the first of ``doors_a_round`` doors and back, and the
    ``metres_between_doors``. Its emissions are those of that way in the ``vehicle_type``, or what the carrier says of
    itself: ``grams_a_parcel``, with its source.
    """

    carrier = models.OneToOneField(Carrier, on_delete=models.CASCADE, related_name="profile")
    is_offered = models.BooleanField(default=True)
    hub = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reach_m = models.PositiveIntegerField(null=True, blank=True)
    area = models.CharField(max_length=500, blank=True)
    levels = models.CharField(max_length=60, blank=True)
    most_mass_g = models.PositiveIntegerField(null=True, blank=True)
    deliveries_a_day = models.PositiveIntegerField(null=True, blank=True)
    deliveries_an_hour = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    vehicle_type = models.ForeignKey(VehicleType, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    doors_a_round = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    metres_between_doors = models.PositiveIntegerField(default=0)
    grams_a_parcel = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="profile_has_rounds", condition=Q(doors_a_round__gt=0)),
            models.CheckConstraint(
                name="profile_grams_have_a_source", condition=Q(grams_a_parcel=None) | ~Q(source="")
            ),
        ]

    def __str__(self) -> str:
        return f"profile of {self.carrier_id}"


class Tariff(models.Model):
    """What a carrier takes for a delivery to postcodes that begin so, or anywhere where none begins better.

    So much for each, and for each kilogram and each kilometre from where it sets out.
    """

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="tariffs")
    postcode = models.CharField(max_length=16, blank=True)
    base = models.DecimalField(max_digits=8, decimal_places=2)
    per_kg = models.DecimalField(max_digits=8, decimal_places=3, default=0)
    per_km = models.DecimalField(max_digits=8, decimal_places=3, default=0)

    class Meta:
        ordering = ["carrier_id", "postcode"]
        constraints = [
            models.UniqueConstraint(name="carrier_tariff_once_a_zone", fields=["carrier", "postcode"]),
            models.CheckConstraint(
                name="carrier_tariff_costs_nothing_or_more", condition=Q(base__gte=0, per_kg__gte=0, per_km__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"tariff of {self.carrier_id} for {self.postcode or 'anywhere'}"


class Floored(models.TextChoices):
    """The criteria on which a carrier can be too bad to be chosen."""

    ON_WINDOW = Criterion.ON_WINDOW.value, Criterion.ON_WINDOW.label
    SATISFACTION = Criterion.SATISFACTION.value, Criterion.SATISFACTION.label
    CLAIMS = Criterion.CLAIMS.value, Criterion.CLAIMS.label


class Floor(models.Model):
    """How bad a carrier may be on a criterion, once its figure rests on ``least_n`` deliveries.

    For claims that is the highest share, for all else the lowest figure. Without a row there is no floor.
    """

    criterion = models.CharField(max_length=20, choices=Floored, unique=True)
    worst = models.DecimalField(max_digits=5, decimal_places=3)
    least_n = models.PositiveIntegerField(default=30)

    class Meta:
        constraints = [
            models.CheckConstraint(name="floor_is_nothing_or_more", condition=Q(worst__gte=0)),
            models.CheckConstraint(name="floor_rests_on_some", condition=Q(least_n__gt=0)),
        ]

    def __str__(self) -> str:
        return f"floor of {self.criterion}"


class BenchQuerySet(models.QuerySet["Bench"]):
    def open(self) -> Self:
        """Those that nobody has lifted."""
        return self.filter(lifted_at=None)


class Bench(models.Model):
    """That a carrier is not chosen since it fell below a floor, until a person lifts it; the figures as they were.

    What it carries already goes on.
    """

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="benches")
    since = models.DateTimeField()
    criterion = models.CharField(max_length=20, choices=Floored)
    figure = models.DecimalField(max_digits=6, decimal_places=4)
    n = models.PositiveIntegerField()
    floor = models.DecimalField(max_digits=5, decimal_places=3)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    lifted_why = models.CharField(max_length=300, blank=True)

    objects = BenchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "benches"
        constraints = [
            models.UniqueConstraint(name="bench_one_per_carrier", fields=["carrier"], condition=Q(lifted_at=None)),
            models.CheckConstraint(
                name="bench_lifted_means_why",
                condition=Q(lifted_at=None, lifted_why="") | (Q(lifted_at__isnull=False) & ~Q(lifted_why="")),
            ),
        ]

    def __str__(self) -> str:
        return f"bench {self.pk} of {self.carrier_id}"


class How(models.TextChoices):
    """Who decided."""

    SUM = "sum", _("by the sum")
    HAND = "hand", _("by hand")


class ChoiceQuerySet(models.QuerySet["Choice"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")


class Choice(models.Model):
    """That a carrier was chosen for a shipment, with the sum as it was. Written once, never changed; the last counts.

    ``account`` is what ``carriers.services.choosing.records`` writes: all that the sums were worked out from, so that
    they can be worked out again. ``day`` is the one on whose room the choice draws.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="choices")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="choices")
    how = models.CharField(max_length=10, choices=How)
    at = models.DateTimeField()
    day = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    account = models.JSONField(default=dict)

    objects = ChoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="choice_once_by_the_sum", fields=["shipment"], condition=Q(how="sum")),
            models.CheckConstraint(
                name="choice_by_hand_means_reason",
                condition=Q(how="sum", reason="", by=None) | (Q(how="hand") & ~Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(name="choice_by_day", fields=["day", "carrier"]),
        ]

    def __str__(self) -> str:
        return f"choice {self.pk} for {self.shipment_id}"
