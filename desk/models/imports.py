"""Lists of shipments that staff bring in."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tracking.models import Brand


class Import(models.Model):
    """A CSV file of shipments: read and judged row by row first, taken in by a second click, once.

    ``rows`` are as they were read; ``mistakes`` name the line, the column and what is wrong there.
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    rows = models.JSONField(default=list)
    mistakes = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    taken_in_at = models.DateTimeField(null=True, blank=True)
    taken_in = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_counts_what_it_took_in", condition=Q(taken_in=0) | Q(taken_in_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"
