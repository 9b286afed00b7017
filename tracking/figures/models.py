"""The tables of what past deliveries taught."""

from django.db import models
from django.db.models import Q

from tracking.rounds.models import Carrier, Driver


class CarrierScore(models.Model):
    """How a carrier did from ``since`` to ``until``, both days included.

    ``on_window`` is the share of its deliveries that came within the window promised, from 0 to 1; ``stars`` the mean
    of what shoppers gave them, from 1 to 5; ``claims`` the share of all that it was given that was damaged, lost or not
    received. Each goes with the number it rests on, and is ``None`` where that is 0.
    """

    carrier = models.OneToOneField(Carrier, on_delete=models.CASCADE, related_name="score")
    since = models.DateField()
    until = models.DateField()
    on_window = models.FloatField(null=True, blank=True)
    on_window_n = models.PositiveIntegerField(default=0)
    stars = models.FloatField(null=True, blank=True)
    stars_n = models.PositiveIntegerField(default=0)
    claims = models.FloatField(null=True, blank=True)
    claims_n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="carrier_score_on_window_is_a_share_of_some",
                condition=Q(on_window=None, on_window_n=0)
                | Q(on_window__isnull=False, on_window__range=(0, 1), on_window_n__gt=0),
            ),
            models.CheckConstraint(
                name="carrier_score_stars_are_one_to_five_of_some",
                condition=Q(stars=None, stars_n=0) | Q(stars__isnull=False, stars__range=(1, 5), stars_n__gt=0),
            ),
            models.CheckConstraint(
                name="carrier_score_claims_are_a_share_of_some",
                condition=Q(claims=None, claims_n=0) | Q(claims__isnull=False, claims__range=(0, 1), claims_n__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"score of {self.carrier_id}"


class FreshStart(models.Model):
    """The first day from which on a carrier's deliveries count, because a person has forgiven it those before."""

    carrier = models.OneToOneField(Carrier, on_delete=models.CASCADE, related_name="fresh_start")
    day = models.DateField()

    def __str__(self) -> str:
        return f"fresh start of {self.carrier_id}"


class DriverScore(models.Model):
    """What shoppers gave a driver's deliveries from ``since`` to ``until``, both days included: a mean of ``stars_n``.

    A driver whom nobody has rated in that time has none.
    """

    driver = models.OneToOneField(Driver, on_delete=models.CASCADE, related_name="score")
    since = models.DateField()
    until = models.DateField()
    stars = models.FloatField()
    stars_n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="driver_score_stars_are_one_to_five_of_some", condition=Q(stars__range=(1, 5), stars_n__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"score of driver {self.driver_id}"


class StopHint(models.Model):
    """How long a driver usually stays at a door of a block: the median of ``n`` stops, in seconds.

    ``block`` is a cell of H3, of the resolution ``figures.services.BLOCK_RESOLUTION``.
    """

    block = models.CharField(max_length=15, unique=True)
    seconds = models.PositiveIntegerField()
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="stop_hint_rests_on_some", condition=Q(n__gt=0))]

    def __str__(self) -> str:
        return f"{self.seconds} s in {self.block}"
