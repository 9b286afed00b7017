"""What shoppers thought, as they say it now and as they said it before."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.reasons import BEST, LOW_UP_TO, Reason
from tracking.models import Shipment

EDITABLE_FOR: Final = timedelta(hours=24)
MOST_RECOMMENDED: Final = 10
LONGEST_WORDS: Final = 2000


class Source(models.TextChoices):
    """How an answer reached us."""

    PAGE = "page", _("on the page")
    SMS = "sms", _("by text message")


class Opinion(models.Model):
    """What somebody thinks of a delivery: stars from 1 to 5, and as much more as they care to say.

    ``recommends`` is how likely they are to recommend the shop, from 0 to 10.
    """

    score = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list, blank=True)
    words = models.TextField(max_length=LONGEST_WORDS, blank=True)
    recommends = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_has_one_to_five_stars", condition=Q(score__range=(1, BEST))),
            models.CheckConstraint(
                name="%(class)s_recommends_from_zero_to_ten",
                condition=Q(recommends=None) | Q(recommends__range=(0, MOST_RECOMMENDED)),
            ),
        ]


class Rating(Opinion):
    """What a shopper thinks of their delivery now: one a shipment, theirs to change for a day."""

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="rating")
    rated_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.score} for {self.shipment_id}"

    @property
    def open_until(self) -> datetime:
        """The moment from which it stays as it is."""
        return self.rated_at + EDITABLE_FOR

    @property
    def is_good(self) -> bool:
        return self.score > LOW_UP_TO

    @property
    def given_reasons(self) -> list[Reason]:
        return [Reason(reason) for reason in self.reasons]


class RatingVersion(Opinion):
    """What a shopper said at one moment. Written once, never changed: a later one replaces it, and both are kept."""

    rating = models.ForeignKey(Rating, on_delete=models.CASCADE, related_name="versions")
    at = models.DateTimeField()

    class Meta(Opinion.Meta):
        indexes = [models.Index(name="rating_version_history", fields=["rating", "at"])]

    def __str__(self) -> str:
        return f"{self.score} in {self.rating_id} at {self.at:%Y-%m-%d %H:%M:%S}"
